//! What becomes of records: profiles, memberships with exact exits, batch jobs, exports.

use serde_json::json;

use crate::server::{buy, until, with_definitions};

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_begins_with_the_event_and_ends_with_its_window() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "1")]).await.ok();
    assert_eq!(server.status_in("1", "buyers").await, "realized");
    let counts = server.get("/data/core/ups/audiences/buyers/counts").await.ok();
    assert_eq!(counts, json!({"id": "buyers", "realized": 1, "exited": 0}));
    server.move_clock("2018-01-01T12:30:00Z").await;
    assert_eq!(server.status_in("1", "buyers").await, "realized");
    server.move_clock("2018-01-01T12:31:00Z").await;
    let profile = server.profile("1").await;
    let membership = &profile["entity"]["segmentMembership"]["ups"]["buyers"];
    assert_eq!(membership, &json!({"status": "exited", "lastQualificationTime": "2018-01-01T12:30:00.001Z"}));
    server.post("/admin/clock", &json!({"now": "2018-01-01T00:00:00Z"})).await.problem(409, "clock");
    server.post("/admin/clock", &json!({"now": "later"})).await.problem(400, "bad-instant");
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_are_linked_and_profiles_found_by_each() {
    let server = with_definitions().await;
    let identify = json!({"type": "identify", "messageId": "i", "userId": "1", "anonymousId": "anon",
        "traits": {"city": "Berlin", "age": 40}});
    let before = json!({"type": "track", "event": "buy", "messageId": "t", "anonymousId": "anon"});
    server.batch(&[before, identify]).await.ok();
    let profile = server.profile("1").await;
    assert_eq!((&profile["entity"]["city"], &profile["eventCount"]), (&json!("Berlin"), &json!(1)));
    assert_eq!(profile["entity"]["identityMap"]["anonymousId"][0]["id"], "anon");
    let path = "/data/core/ups/access/entities?entityId=anon&entityIdNS=anonymousId&fields=age";
    let found = server.get(path).await.ok();
    let xid = profile["entityId"].as_str().unwrap();
    assert_eq!(found[xid]["entity"], json!({"age": 40}));
    let path = "/data/core/ups/access/entities?schema.name=_xdm.context.experienceevent\
        &relatedEntityId=anon&relatedEntityIdNS=anonymousId";
    let events = server.get(path).await.ok();
    assert_eq!(
        (&events["children"][0]["entityId"], &events["_page"]["totalCount"]),
        (&json!("t"), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_finds_nobody_or_asks_wrongly_says_so() {
    let server = with_definitions().await;
    let path = "/data/core/ups/access/entities";
    server.get(&format!("{path}?entityId=9&entityIdNS=crm")).await.problem(404, "not-found");
    server.get(&format!("{path}?entityId=9")).await.problem(400, "bad-query");
    server.get(&format!("{path}?schema.name=x&entityId=9&entityIdNS=crm")).await.problem(400, "bad-query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_job_decides_batch_audiences() {
    let server = with_definitions().await;
    server.batch(&[json!({"type": "identify", "userId": "1", "traits": {"city": "Berlin"}})]).await.ok();
    assert!(server.status_in("1", "berliners").await.is_null());
    let jobs = "/data/core/ups/segment/jobs";
    server.post(jobs, &json!([{"segmentId": "nobody"}])).await.problem(400, "bad-job");
    let job = server.post(jobs, &json!([{"segmentId": "*"}])).await.ok();
    let path = format!("{jobs}/{}", job["id"].as_str().unwrap());
    let done = until("the job is applied", async || {
        let job = server.get(&path).await.ok();
        (job["applied"] == true).then_some(job)
    })
    .await;
    assert_eq!(done["status"], "SUCCEEDED");
    assert_eq!(done["metrics"]["segmentedProfileByStatusCounter"]["berliners"]["realized"], 1);
    assert_eq!(server.status_in("1", "berliners").await, "realized");
    assert_eq!(server.get(jobs).await.ok()["page"]["totalCount"], 1);
    server.get(&format!("{jobs}/batch-9")).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_exported_on_demand() {
    let server = with_definitions().await;
    let documents = [
        json!({"kind": "destination", "id": "files", "connection": {"type": "csvFile", "directory": "out"}}),
        json!({"kind": "dataflow", "id": "mail", "destination": "files", "audiences": ["buyers"],
            "mapping": [{"from": "identityMap.crm", "to": "id", "mandatory": true}]}),
    ];
    server.apply(&documents).await.ok();
    server.batch(&[buy("a", "1"), buy("b", "2")]).await.ok();
    server.settle().await;
    let run = server.post("/flows/mail/export", &json!({})).await.ok();
    assert_eq!(run["rows"], 2, "{run}");
    let path = server.folder.path().join("data").join(run["files"][0]["path"].as_str().unwrap());
    assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 3);
    assert_eq!(server.get("/flows/mail/status").await.ok()["delivered"], 2);
    assert_eq!(server.get("/flows/mail/runs").await.ok()["runs"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/flows/mail/deadletters").await.ok()["deadLetters"], json!([]));
    server.get("/flows/none/status").await.problem(404, "not-found");
    server.post("/flows/none/export", &json!({})).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_and_deduplication_survive_a_restart() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "1")]).await.ok();
    let server = server.restart().await;
    server.batch(&[buy("a", "1"), buy("b", "1")]).await.ok();
    assert_eq!(server.profile("1").await["eventCount"], 2);
    assert_eq!(server.status_in("1", "buyers").await, "realized");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_is_explained_term_by_term() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "1")]).await.ok();
    server.settle().await;
    let path = "/data/core/ups/audiences/buyers/explain?entityId=1&entityIdNS=crm";
    let explained = server.get(path).await.ok();
    assert_eq!(
        (&explained["answer"], &explained["membership"]["status"]),
        (&json!(true), &json!("realized"))
    );
    assert_eq!(
        (&explained["because"]["value"], &explained["because"]["found"]),
        (&json!(true), &json!(1)),
        "{explained}"
    );
    let nobody = "/data/core/ups/audiences/nobody/explain?entityId=1&entityIdNS=crm";
    server.get(nobody).await.problem(404, "not-found");
    server.get("/data/core/ups/audiences/buyers/explain").await.problem(400, "bad-query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_is_shown_explained_and_split() {
    let server = with_definitions().await;
    let identify = json!({"type": "identify", "messageId": "i", "userId": "1", "anonymousId": "anon",
        "traits": {"city": "Berlin"}});
    let before = json!({"type": "track", "event": "buy", "messageId": "t", "anonymousId": "anon",
        "timestamp": "2018-01-01T11:30:00Z"});
    server.batch(&[before, identify]).await.ok();
    assert_eq!(server.status_in("1", "buyers").await, "realized");
    let path = "/data/core/identity/cluster?ns=crm&id=1";
    let graph = server.get(path).await.ok();
    assert_eq!(
        (graph["nodes"].as_array().unwrap().len(), &graph["edges"][0]["kind"]),
        (2, &json!("attributes"))
    );
    assert_eq!(graph["edges"][0]["first"]["at"], "2018-01-01T12:00:00.000Z");
    let picture = server.get(&format!("{path}&format=mermaid")).await.ok();
    assert!(picture.as_str().unwrap().starts_with("graph LR\n"), "{picture}");
    server.get(&format!("{path}&format=gif")).await.problem(400, "bad-query");
    server.get("/data/core/identity/cluster?ns=crm&id=9").await.problem(404, "not-found");

    let links = "/data/core/identity/links";
    let pair = |other: &str| json!({"identities": [{"namespace": "crm", "id": "1"}, {"namespace": "anonymousId", "id": other}]});
    let remove =
        async |body: &serde_json::Value| server.with_body(reqwest::Method::DELETE, links, body).await;
    remove(&json!({"identities": []})).await.problem(400, "bad-link");
    remove(&pair("other")).await.problem(404, "not-found");
    let taken = remove(&pair("anon")).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    assert_eq!(server.status_in("1", "buyers").await, "exited");
    assert_eq!(server.profile("1").await["eventCount"], 0);
    let history = server.get("/data/core/identity/cluster/history?ns=anonymousId&id=anon").await.ok();
    let whats: Vec<_> = history["changes"].as_array().unwrap().iter().map(|change| &change["what"]).collect();
    assert_eq!(whats, ["linked", "cut"]);
    assert_eq!(history["changes"][1]["who"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_stand_for_nobody_never_link() {
    let server = with_definitions().await;
    let zeros = "00000000-0000-0000-0000-000000000000";
    for (number, who) in ["1", "2"].into_iter().enumerate() {
        let message = json!({"type": "track", "event": "buy", "messageId": format!("m{number}"), "userId": who,
            "anonymousId": zeros, "timestamp": "2018-01-01T11:30:00Z"});
        server.batch(&[message]).await.ok();
    }
    assert_ne!(server.profile("1").await["entityId"], server.profile("2").await["entityId"]);
    let alone = json!({"type": "track", "event": "buy", "messageId": "m", "anonymousId": zeros});
    server.batch(&[alone]).await.ok();
    assert_eq!(server.quarantine().await[0]["code"], "bad_identity");
}
