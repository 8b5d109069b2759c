//! The profile access API: one profile and many, their events page by page, and what is refused.

use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

const PATH: &str = "/data/core/ups/access/entities";
const EVENTS: &str = "/data/core/ups/access/entities?schema.name=_xdm.context.experienceevent\
    &relatedEntityId=1&relatedEntityIdNS=crm";

/// Five purchases of customer 1, a minute apart, at prices from 1 to 5.
async fn with_purchases() -> Server {
    let server = with_definitions().await;
    let purchase = |number: u32| {
        json!({"type": "track", "event": "buy", "messageId": format!("e{number}"), "userId": "1",
            "properties": {"price": number, "tags": [format!("t{number}"), "all"]},
            "timestamp": format!("2018-01-01T11:0{number}:00Z")})
    };
    let purchases: Vec<Value> = (1..=5).map(purchase).collect();
    server.batch(&purchases).await.ok();
    let traits = json!({"type": "identify", "messageId": "i", "userId": "1", "traits": {"city": "Berlin"}});
    server.batch(&[traits]).await.ok();
    server.settle().await;
    server
}

fn ids(page: &Value) -> Vec<&str> {
    let children = page["children"].as_array().unwrap();
    children.iter().map(|child| child["entityId"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_answered_in_the_documented_form() {
    let server = with_purchases().await;
    let found = server.get(&format!("{PATH}?entityId=1&entityIdNS=crm&mergePolicyId=default")).await.ok();
    let (xid, reply) = found.as_object().unwrap().iter().next().unwrap();
    assert_eq!(reply["entityId"], json!(xid));
    assert_eq!(reply["mergePolicy"]["id"], "default");
    assert_eq!((&reply["sources"], &reply["tags"]), (&json!(["people"]), &json!([])));
    assert_eq!(reply["identityGraph"], json!([{"namespace": "crm", "id": "1"}]));
    assert_eq!(reply["lastModifiedAt"], "2018-01-01T12:00:00.000Z");
    assert_eq!(
        reply["entity"],
        json!({
            "city": "Berlin",
            "identityMap": {"crm": [{"id": "1"}]},
            "segmentMembership": {"ups": {"buyers": {
                "status": "realized", "lastQualificationTime": "2018-01-01T12:00:00.000Z",
            }}},
        })
    );
    let by_xid = server.get(&format!("{PATH}?entityId={xid}&fields=city")).await.ok();
    assert_eq!(by_xid[xid]["entity"], json!({"city": "Berlin"}));
    server.get(&format!("{PATH}?entityId=ffffffffffffffff")).await.problem(404, "not-found");
    server.get(&format!("{PATH}?entityId=1&entityIdNS=crm&mergePolicyId=x")).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_events_follow_each_other_in_both_orders() {
    let server = with_purchases().await;
    for (order, expected) in
        [("timestamp", ["e1", "e2", "e3", "e4", "e5"]), ("-timestamp", ["e5", "e4", "e3", "e2", "e1"])]
    {
        let mut seen = Vec::new();
        let mut next = Some(format!("{EVENTS}&orderby={order}&limit=2&fields=eventType"));
        while let Some(path) = next {
            let page = server.get(&path).await.ok();
            assert_eq!(page["_page"]["totalCount"], 5);
            assert_eq!(page["children"][0]["entity"], json!({"eventType": "buy"}));
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
            assert_eq!(next.is_none(), page["_page"]["next"] == "", "{page}");
        }
        assert_eq!(seen, expected, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_between_two_pages_neither_repeats_nor_hides_others() {
    let server = with_purchases().await;
    let first = server.get(&format!("{EVENTS}&limit=2")).await.ok();
    let late = json!({"type": "track", "event": "buy", "messageId": "late", "userId": "1",
        "timestamp": "2018-01-01T10:00:00Z"});
    server.batch(&[late]).await.ok();
    server.settle().await;
    let second = server.get(first["_links"]["next"]["href"].as_str().unwrap()).await.ok();
    assert_eq!((ids(&first), ids(&second)), (vec!["e1", "e2"], vec!["e3", "e4"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_narrowed_down_by_time_and_by_what_they_say() {
    let server = with_purchases().await;
    let check = async |query: &str, expected: &[&str]| {
        let page = server.get(&format!("{EVENTS}&{query}")).await.ok();
        assert_eq!(ids(&page), expected, "{query}");
    };
    check("startTime=2018-01-01T11:02:00Z&endTime=2018-01-01T11:04:00Z", &["e2", "e3", "e4"]).await;
    check("startTime=1514804640000", &["e4", "e5"]).await;
    check("property=properties.price%3E%3D4", &["e4", "e5"]).await;
    check(
        "property=properties.price%3E1&property=properties.price%3C4&property=eventType%3Dbuy",
        &["e2", "e3"],
    )
    .await;
    check("property=properties.tags%3Dt3", &["e3"]).await;
    check("property=properties.price%21%3D3&orderby=%2Btimestamp&limit=1", &["e1"]).await;
    check("property=missing%3D1", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_make_no_sense_are_refused_by_name() {
    let server = with_purchases().await;
    let check = async |path: String, field: &str| {
        let problem = server.get(&path).await.problem(400, "bad-query");
        assert_eq!(problem["field"], field, "{path}");
    };
    check(format!("{PATH}?entityId=1"), "entityIdNS").await;
    check(format!("{PATH}?entityIdNS=crm"), "entityId").await;
    check(format!("{PATH}?entityId=1&entityIdNS=crm&property=a%3D1"), "property").await;
    check(format!("{EVENTS}&orderby=price"), "orderby").await;
    check(format!("{EVENTS}&limit=many"), "limit").await;
    check(format!("{EVENTS}&startTime=soon"), "startTime").await;
    check(format!("{EVENTS}&start=7"), "start").await;
    check(format!("{EVENTS}&property=price"), "property").await;
    check(format!("{EVENTS}{}", "&property=a%3D1".repeat(4)), "property").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_profiles_are_asked_for_at_once_and_missing_ones_are_named() {
    let server = with_purchases().await;
    server.batch(&[json!({"type": "identify", "userId": "2", "traits": {"city": "Bonn"}})]).await.ok();
    server.settle().await;
    let who = |id: &str| json!({"entityId": id, "entityIdNS": {"code": "crm"}});
    let asked = json!({"schema": {"name": "_xdm.context.profile"}, "fields": ["city"],
        "identities": [who("1"), who("2")]});
    let all = server.post(PATH, &asked).await;
    assert_eq!(all.status, 200);
    let all = all.ok();
    let cities: Vec<_> = all.as_object().unwrap().values().map(|reply| &reply["entity"]["city"]).collect();
    assert_eq!(cities, ["Berlin", "Bonn"]);

    let asked = json!({"identities": [who("1"), who("9"), {"entityId": "x"}]});
    let some = server.post(PATH, &asked).await;
    assert_eq!(some.status, 207);
    let some = some.ok();
    assert_eq!(some.as_object().unwrap().len(), 2, "{some}");
    let errors = some["errors"].as_array().unwrap();
    let said: Vec<_> = errors.iter().map(|error| (&error["status"], &error["entityId"])).collect();
    assert_eq!(said, [(&json!(404), &json!("9")), (&json!(400), &json!("x"))]);

    let check = async |body: Value, status: u16, code: &str| {
        server.post(PATH, &body).await.problem(status, code);
    };
    check(json!({"identities": []}), 400, "bad-query").await;
    check(json!({"identities": vec![who("1"); 101]}), 413, "too-large").await;
    check(json!({"identities": [who("1")], "limit": 5}), 400, "bad-query").await;
    check(json!({"identities": [who("1")], "surprise": 5}), 400, "wrong-shape").await;
    check(json!({"identities": [who("1")], "schema": {"name": "x"}}), 400, "bad-query").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_many_profiles_come_in_pages_of_their_own() {
    let server = with_purchases().await;
    let who = json!({"relatedEntityId": "1", "relatedEntityIdNS": {"code": "crm"}});
    let asked = json!({"schema": {"name": "_xdm.context.experienceevent"},
        "relatedSchema": {"name": "_xdm.context.profile"}, "identities": [who], "limit": 3, "orderby": "-timestamp",
        "timeFilter": {"startTime": 1_514_804_520_000_i64, "endTime": "2018-01-01T12:00:00Z"}});
    let mut seen: Vec<Vec<String>> = Vec::new();
    let mut next = Some(asked);
    while let Some(asked) = next {
        let answer = server.post(PATH, &asked).await.ok();
        let page = answer.as_object().unwrap().values().next().unwrap().clone();
        seen.push(ids(&page).into_iter().map(str::to_owned).collect());
        next = page["_links"]["next"].get("payload").cloned();
    }
    assert_eq!(seen, [vec!["e5", "e4", "e3"], vec!["e2"]]);
}
