//! Computed attributes: made, read, windowed, and used where attributes are.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

const PATH: &str = "/data/core/ca/attributes";

fn attribute(name: &str, expression: &str, count: u32, unit: &str) -> Value {
    json!({"id": name, "name": name, "expression": {"type": "PQL", "format": "pql/text", "value": expression},
        "duration": {"count": count, "unit": unit}})
}

fn spent() -> Value {
    attribute("spent", r#"xEvent[eventType = "buy"].properties.price.sum()"#, 1, "HOURS")
}

/// A purchase at a minute past eleven.
fn purchase(id: &str, minute: u32, price: f64, sku: &str) -> Value {
    json!({"type": "track", "event": "buy", "messageId": id, "userId": "1",
        "properties": {"price": price, "sku": sku}, "timestamp": format!("2018-01-01T11:{minute}:00Z")})
}

async fn with(attributes: &[Value]) -> Server {
    let server = with_definitions().await;
    for attribute in attributes {
        server.post(PATH, attribute).await.ok();
    }
    server
}

async fn values(server: &Server) -> Value {
    server.profile("1").await["entity"]["computedAttributes"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_is_made_shown_changed_and_removed() {
    let server = with(&[]).await;
    let made = server.post(PATH, &spent()).await.ok();
    assert_eq!(
        (&made["path"], &made["mergeFunction"]["value"], &made["keepCurrent"]),
        (&json!("computedAttributes.spent"), &json!("SUM"), &json!(false))
    );
    server.settle().await;
    let shown = server.get(&format!("{PATH}/spent")).await.ok();
    assert_eq!(
        (&shown["status"], &shown["duration"]),
        (&json!("PROCESSED"), &json!({"count": 1, "unit": "HOURS"}))
    );
    assert_eq!(shown["lastEvaluationTs"], "2018-01-01T12:00:00.000Z");
    server.post(PATH, &spent()).await.problem(409, "exists");
    let patch = json!({"displayName": "Spent", "duration": {"count": 2}});
    let changed = server.with_body(Method::PATCH, &format!("{PATH}/spent"), &patch).await.ok();
    assert_eq!((&changed["displayName"], &changed["duration"]["count"]), (&json!("Spent"), &json!(2)));
    // What was answered can be sent back.
    let same = server.with_body(Method::PUT, &format!("{PATH}/spent"), &changed).await.ok();
    assert_eq!(same["updateTime"], changed["updateTime"]);
    let listed = server.get(PATH).await.ok();
    assert_eq!(
        (&listed["_page"]["totalCount"], &listed["computedAttributes"][0]["id"]),
        (&json!(1), &json!("spent"))
    );
    let removed = server.with_body(Method::DELETE, &format!("{PATH}/spent"), &json!({})).await;
    assert_eq!(removed.status, 204);
    server.get(&format!("{PATH}/spent")).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_computed_is_refused_where_it_stands() {
    let server = with(&[]).await;
    let check = async |attribute: Value, pointer: &str, code: &str| {
        let problem = server.post(PATH, &attribute).await.problem(400, "bad-attribute");
        let found = &problem["diagnostics"][0];
        assert_eq!((&found["pointer"], &found["code"]), (&json!(pointer), &json!(code)), "{problem}");
    };
    let with = |expression: &str| attribute("a", expression, 1, "DAYS");
    check(with("city"), "/expression/value", "PQL0413").await;
    check(with("xEvent.prices.sum()"), "/expression/value", "PQL0301").await;
    check(with("xEvent.price.average()"), "/expression/value", "PQL0413").await;
    check(attribute("a", "xEvent.count()", 25, "HOURS"), "/duration/count", "bad-duration").await;
    check(attribute("a-b", "xEvent.count()", 1, "DAYS"), "/name", "bad-name").await;
    let misspelt = json!({"name": "a", "expression": {"value": "xEvent.count()"}, "duraton": {}});
    server.post(PATH, &misspelt).await.problem(400, "bad-attribute");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_is_computed_and_exact_at_the_end_of_its_window() {
    let buys = r#"xEvent[eventType = "buy"]"#;
    let server = with(&[
        spent(),
        attribute("bought", &format!("{buys}.count()"), 1, "HOURS"),
        attribute("least", &format!("{buys}.properties.price.min()"), 1, "HOURS"),
        attribute("most", &format!("{buys}.properties.price.max()"), 1, "HOURS"),
        attribute("dear", r#"xEvent[eventType = "buy" and properties.price > 5].count() > 0"#, 1, "HOURS"),
        attribute("last", &format!("{buys}.topN(timestamp, 1).head().properties.sku"), 1, "HOURS"),
    ])
    .await;
    let none = json!({"spent": 0, "bought": 0, "dear": false});
    server.batch(&[json!({"type": "identify", "userId": "1", "traits": {"age": 5}})]).await.ok();
    assert_eq!(values(&server).await, none);
    server.batch(&[purchase("a", 20, 9.5, "x"), purchase("b", 40, 2.25, "y")]).await.ok();
    let both = json!({"spent": 11.75, "bought": 2, "least": 2.25, "most": 9.5, "dear": true, "last": "y"});
    assert_eq!(values(&server).await, both);
    // A late event that is older is not the most recent.
    server.batch(&[purchase("c", 30, 1.25, "z")]).await.ok();
    assert_eq!((&values(&server).await["last"], &values(&server).await["bought"]), (&json!("y"), &json!(3)));
    server.move_clock("2018-01-01T12:20:00Z").await;
    assert_eq!(values(&server).await["bought"], 3);
    server.move_clock("2018-01-01T12:20:00.001Z").await;
    let later = json!({"spent": 3.5, "bought": 2, "least": 1.25, "most": 2.25, "dear": false, "last": "y"});
    assert_eq!(values(&server).await, later);
    server.move_clock("2018-01-01T12:40:00.001Z").await;
    assert_eq!(values(&server).await, none);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_comes_after_the_events_counts_them_and_so_after_a_restart() {
    let server = with(&[]).await;
    server.batch(&[purchase("a", 20, 9.5, "x")]).await.ok();
    server.settle().await;
    server.post(PATH, &spent()).await.ok();
    // Whether or not the profile has been visited yet.
    let path = "/data/core/ups/access/entities?entityId=1&entityIdNS=crm&fields=computedAttributes.spent";
    let at_once = server.get(path).await.ok();
    let reply = at_once.as_object().unwrap().values().next().unwrap();
    assert_eq!(reply["entity"], json!({"computedAttributes": {"spent": 9.5}}));
    assert_eq!(values(&server).await["spent"], 9.5);
    let server = server.restart().await;
    assert_eq!(values(&server).await["spent"], 9.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_not_computed_until_it_is_published() {
    let mut draft = spent();
    draft["status"] = json!("DRAFT");
    let server = with(&[draft]).await;
    server.batch(&[purchase("a", 20, 9.5, "x")]).await.ok();
    assert_eq!(values(&server).await, Value::Null);
    assert_eq!(server.get(&format!("{PATH}/spent")).await.ok()["status"], "DRAFT");
    server.with_body(Method::PATCH, &format!("{PATH}/spent"), &json!({"status": "NEW"})).await.ok();
    assert_eq!(values(&server).await["spent"], 9.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_reads_an_attribute_and_is_left_when_its_window_ends() {
    let server = with(&[spent()]).await;
    let audience = json!({"kind": "audience", "id": "big", "name": "Big", "expression": {"value": "computedAttributes.spent > 10"},
        "evaluationInfo": {"continuous": {"enabled": true}}});
    server.apply(&[audience]).await.ok();
    server.batch(&[purchase("a", 20, 9.5, "x"), purchase("b", 40, 2.25, "y")]).await.ok();
    assert_eq!(server.status_in("1", "big").await, "realized");
    let explained = server.get("/data/core/ups/audiences/big/explain?entityId=1&entityIdNS=crm").await.ok();
    assert_eq!((&explained["answer"], &explained["agrees"]), (&json!(true), &json!(true)), "{explained}");
    server.move_clock("2018-01-01T12:21:00Z").await;
    let membership = server.profile("1").await["entity"]["segmentMembership"]["ups"]["big"].clone();
    let left = json!({"status": "exited", "lastQualificationTime": "2018-01-01T12:20:00.001Z"});
    assert_eq!(membership, left);
    let refused = server.with_body(Method::DELETE, &format!("{PATH}/spent"), &json!({})).await;
    refused.problem(409, "in-use");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_recent_is_for_batch_audiences_and_others_are_told_why_not() {
    let last = r#"xEvent[eventType = "buy"].topN(timestamp, 1).head().properties.sku"#;
    let server = with(&[attribute("last", last, 1, "DAYS")]).await;
    let audience = |mode: &str| {
        json!({"kind": "audience", "id": mode, "name": mode, "evaluationInfo": {mode: {"enabled": true}},
            "expression": {"value": "computedAttributes.last = \"y\""}})
    };
    let refused = server.apply(&[audience("continuous")]).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.to_string().contains("PQL0601"), "{}", refused.body);
    server.apply(&[audience("batch")]).await.ok();
    server.batch(&[purchase("a", 20, 9.5, "x"), purchase("b", 40, 2.25, "y")]).await.ok();
    server.settle().await;
    let explained = server.get("/data/core/ups/audiences/batch/explain?entityId=1&entityIdNS=crm").await.ok();
    assert_eq!((&explained["answer"], &explained["agrees"]), (&json!(true), &json!(false)), "{explained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_delivers_an_attribute() {
    let server = with(&[spent()]).await;
    let documents = [
        json!({"kind": "destination", "id": "files", "connection": {"type": "csvFile", "directory": "out"}}),
        json!({"kind": "dataflow", "id": "mail", "destination": "files", "audiences": ["buyers"], "mapping": [
            {"from": "identityMap.crm", "to": "id", "mandatory": true},
            {"from": "computedAttributes.spent", "to": "spent"},
            {"calculated": "computedAttributes.spent * 2", "to": "twice"}]}),
    ];
    server.apply(&documents).await.ok();
    server.batch(&[purchase("a", 20, 9.5, "x"), purchase("b", 40, 2.25, "y")]).await.ok();
    server.settle().await;
    let run = server.post("/flows/mail/export", &json!({})).await.ok();
    let path = server.folder.path().join("data").join(run["files"][0]["path"].as_str().unwrap());
    assert_eq!(std::fs::read_to_string(path).unwrap().lines().nth(1), Some("1,11.75,23.5"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_an_audience_are_listed_page_by_page() {
    let server = with(&[]).await;
    let buys: Vec<Value> =
        (1..=5).map(|who| crate::server::buy(&format!("b{who}"), &who.to_string())).collect();
    server.batch(&buys).await.ok();
    server.settle().await;
    let (mut seen, mut start) = (Vec::new(), String::new());
    loop {
        let page =
            server.get(&format!("/data/core/ups/audiences/buyers/members?limit=2&start={start}")).await.ok();
        let children = page["children"].as_array().unwrap();
        seen.extend(
            children.iter().map(|one| one["identityMap"]["crm"][0]["id"].as_str().unwrap().to_owned()),
        );
        start = page["_page"]["next"].as_str().unwrap().to_owned();
        if start.is_empty() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    let exited = server.get("/data/core/ups/audiences/buyers/members?status=exited").await.ok();
    assert_eq!(exited["children"], json!([]));
    server.get("/data/core/ups/audiences/nobody/members").await.problem(404, "not-found");
    server.get("/data/core/ups/audiences/buyers/members?status=x").await.problem(400, "bad-query");
    server.get("/data/core/ups/audiences/buyers/members?start=7").await.problem(400, "bad-query");
}
