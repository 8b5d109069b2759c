//! A rule is changed without a gap: staged, evaluated beside the one in force, compared, and put in force at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, buy, until, with_definitions};

const VERSIONS: &str = "/data/core/ups/audiences/buyers/versions";

fn rule(count: u32) -> Value {
    let text =
        format!("xEvent[eventType = \"buy\" and timestamp occurs <= 1 hours before now].count() >= {count}");
    json!({"expression": {"value": text}})
}

/// Two who have bought once, one who has twice, and one who has not.
async fn shop() -> Server {
    let server = with_definitions().await;
    server.batch(&[buy("a", "ada"), buy("b", "bob"), buy("c", "cyd"), buy("d", "cyd")]).await.ok();
    server
        .batch(&[json!({"type": "identify", "messageId": "e", "userId": "dan", "traits": {"city": "Bonn"}})])
        .await
        .ok();
    server.settle().await;
    server
}

async fn ready(server: &Server) -> Value {
    until("the staged rule is evaluated", async || {
        let diff = server.get(&format!("{VERSIONS}/diff")).await.ok();
        (diff["ready"] == true).then_some(diff)
    })
    .await
}

async fn statuses(server: &Server, audience: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for who in ["ada", "bob", "cyd"] {
        found.push(server.status_in(who, audience).await);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_rule_changes_nothing_until_it_is_switched_to_and_then_everything_once() {
    let server = shop().await;
    let staged = server.post(VERSIONS, &rule(2)).await.ok();
    assert_eq!((&staged["inForce"]["version"], &staged["staged"]["version"]), (&json!(1), &json!(2)));
    let diff = ready(&server).await;
    assert_eq!(
        (&diff["staying"], &diff["entering"]["count"], &diff["leaving"]["count"]),
        (&json!(1), &json!(0), &json!(2))
    );
    assert_eq!(diff["leaving"]["sample"].as_array().unwrap().len(), 2, "{diff}");
    assert_eq!(statuses(&server, "buyers").await, ["realized"; 3]);
    // What happens meanwhile counts in both.
    server.batch(&[buy("f", "bob")]).await.ok();
    server.settle().await;
    assert_eq!(ready(&server).await["leaving"]["count"], 1);
    let before = server.settle().await["changes_end"].as_u64().unwrap();
    let switched = server.post(&format!("{VERSIONS}/switch"), &json!({})).await.ok();
    assert_eq!((&switched["inForce"]["version"], &switched["staged"]), (&json!(2), &Value::Null));
    assert_eq!(statuses(&server, "buyers").await, ["exited", "realized", "realized"]);
    assert_eq!(server.settle().await["changes_end"].as_u64().unwrap(), before + 1, "one exit is told");
    let counts = server.get("/data/core/ups/audiences/buyers/counts").await.ok();
    assert_eq!((&counts["realized"], &counts["exited"]), (&json!(2), &json!(1)));
    server.post(&format!("{VERSIONS}/switch"), &json!({})).await.problem(409, "nothing-staged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_rule_leaves_no_trace() {
    let server = shop().await;
    let before = server.settle().await["changes_end"].clone();
    server.post(VERSIONS, &rule(2)).await.ok();
    ready(&server).await;
    server.with_body(Method::DELETE, VERSIONS, &Value::Null).await.ok();
    assert_eq!(server.settle().await["changes_end"], before);
    assert_eq!(statuses(&server, "buyers").await, ["realized"; 3]);
    let memberships = server.profile("ada").await["entity"]["segmentMembership"]["ups"].clone();
    assert_eq!(memberships.as_object().unwrap().keys().collect::<Vec<_>>(), ["buyers"]);
    server.get(&format!("{VERSIONS}/diff")).await.problem(409, "nothing-staged");
    // The next one has a number of its own.
    assert_eq!(server.post(VERSIONS, &rule(3)).await.ok()["staged"]["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_audience_is_compared_after_a_job_and_switched_without_one() {
    let server = shop().await;
    let path = "/data/core/ups/audiences/berliners/versions";
    server.post(path, &json!({"expression": {"value": "city = \"Bonn\""}})).await.ok();
    server.settle().await;
    assert_eq!(server.get(&format!("{path}/diff")).await.ok()["ready"], false);
    server.post(&format!("{path}/switch"), &json!({})).await.problem(409, "not-ready");
    server.post("/data/core/ups/segment/jobs", &json!([])).await.ok();
    let diff = until("a job has decided", async || {
        let diff = server.get(&format!("{path}/diff")).await.ok();
        (diff["ready"] == true && diff["entering"]["count"] == 1).then_some(diff)
    });
    assert_eq!(diff.await["leaving"]["count"], 0);
    assert_eq!(server.status_in("dan", "berliners").await, Value::Null);
    server.post(&format!("{path}/switch"), &json!({})).await.ok();
    assert_eq!(server.status_in("dan", "berliners").await, "realized");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_rule_survives_the_end_of_the_process() {
    let server = shop().await;
    server.post(VERSIONS, &rule(2)).await.ok();
    let server = server.restart().await;
    assert_eq!(ready(&server).await["leaving"]["count"], 2);
    server.post(&format!("{VERSIONS}/switch"), &json!({})).await.ok();
    let server = server.restart().await;
    assert_eq!(statuses(&server, "buyers").await, ["exited", "exited", "realized"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_staged_is_refused() {
    let server = shop().await;
    let wrong = json!({"expression": {"value": "nonsense = 1"}});
    let problem = server.post(VERSIONS, &wrong).await.problem(400, "bad-audience");
    assert!(problem["diagnostics"][0]["code"].as_str().unwrap().starts_with("PQL03"), "{problem}");
    server.post("/data/core/ups/audiences/nobody/versions", &rule(1)).await.problem(404, "not-found");
    server
        .with_body(Method::PATCH, "/data/core/ups/audiences/buyers", &json!({"lifecycleState": "inactive"}))
        .await
        .ok();
    server.post(VERSIONS, &rule(2)).await.problem(409, "not-published");
}
