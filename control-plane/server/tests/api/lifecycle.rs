//! The life of an audience: draft, published, inactive, archived; who may go where, and what that does to its members.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, buy, with_definitions};

const PATH: &str = "/data/core/ups/audiences";
const RULE: &str = "xEvent[eventType = \"buy\" and timestamp occurs <= 1 hours before now].count() >= 1";

fn audience(id: &str, state: &str, rule: &str) -> Value {
    json!({"kind": "audience", "id": id, "name": id, "lifecycle": state, "expression": {"value": rule},
        "evaluationInfo": {"continuous": {"enabled": true}}})
}

async fn go(server: &Server, id: &str, state: &str) -> Answer {
    server.with_body(Method::PATCH, &format!("{PATH}/{id}"), &json!({"lifecycleState": state})).await
}

fn refused(problem: &Value) -> (&Value, &Value, &Value) {
    let found = &problem["diagnostics"][0];
    (&found["code"], &found["kind"], &found["id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_checked_and_nobody_is_in_it_until_it_is_published() {
    let server = with_definitions().await;
    server.apply(&[audience("d", "draft", "nonsense = 1")]).await.problem(400, "bad-definition");
    server.apply(&[audience("d", "draft", RULE)]).await.ok();
    let shown = server.get(&format!("{PATH}/d")).await.ok();
    assert_eq!(
        (&shown["lifecycleState"], &shown["verdicts"]["native"]["streaming"]["verdict"]),
        (&json!("draft"), &json!("ok"))
    );
    server.batch(&[buy("a", "ada")]).await.ok();
    assert_eq!(
        (server.status_in("ada", "d").await, server.status_in("ada", "buyers").await),
        (Value::Null, json!("realized"))
    );
    let job = server
        .post("/data/core/ups/segment/jobs", &json!([{"segmentId": "d"}]))
        .await
        .problem(400, "bad-job");
    assert_eq!(job["detail"], "audience `d` is draft: nobody can be in it");
    assert_eq!(go(&server, "d", "published").await.ok()["lifecycleState"], "published");
    assert_eq!(server.status_in("ada", "d").await, "realized", "what happened before counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_leaves_an_audience_that_becomes_inactive_and_comes_back_with_it() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "ada")]).await.ok();
    assert_eq!(server.status_in("ada", "buyers").await, "realized");
    let before = server.settle().await["changes_end"].as_u64().unwrap();
    go(&server, "buyers", "inactive").await.ok();
    assert_eq!(server.status_in("ada", "buyers").await, Value::Null);
    assert_eq!(server.settle().await["changes_end"].as_u64().unwrap(), before + 1, "one exit is told");
    server.batch(&[buy("b", "bob")]).await.ok();
    assert_eq!(server.status_in("bob", "buyers").await, Value::Null);
    go(&server, "buyers", "published").await.ok();
    for who in ["ada", "bob"] {
        assert_eq!(server.status_in(who, "buyers").await, "realized");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_reached_is_refused_and_says_which_can() {
    let server = with_definitions().await;
    let problem = go(&server, "buyers", "draft").await.problem(400, "bad-audience");
    assert_eq!(refused(&problem), (&json!("bad-transition"), &json!("audience"), &json!("buyers")));
    assert_eq!(problem["diagnostics"][0]["help"], "it can become inactive");
    go(&server, "buyers", "archived").await.problem(400, "bad-audience");
    go(&server, "buyers", "gone").await.problem(400, "bad-audience");
    go(&server, "buyers", "inactive").await.ok();
    go(&server, "buyers", "archived").await.ok();
    assert_eq!(server.get(&format!("{PATH}/buyers")).await.ok()["lifecycleState"], "archived");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_in_use_stays_published_and_its_users_are_named() {
    let server = with_definitions().await;
    let flow = json!({"kind": "dataflow", "id": "f", "destination": "d", "audiences": ["berliners"]});
    let files =
        json!({"kind": "destination", "id": "d", "connection": {"type": "csvFile", "directory": "out"}});
    server.apply(&[files, flow, audience("both", "published", "inSegment(\"buyers\")")]).await.ok();
    let problem = go(&server, "berliners", "inactive").await.problem(400, "bad-audience");
    assert_eq!(refused(&problem), (&json!("not-published"), &json!("dataflow"), &json!("f")));
    let problem = go(&server, "buyers", "inactive").await.problem(400, "bad-audience");
    assert_eq!(refused(&problem), (&json!("not-published"), &json!("audience"), &json!("both")));
    // A draft uses nothing yet, and cannot be used.
    server.apply(&[audience("draft", "draft", "inSegment(\"both\")")]).await.ok();
    go(&server, "both", "inactive").await.ok();
    let problem = go(&server, "draft", "published").await.problem(400, "bad-audience");
    assert_eq!(refused(&problem), (&json!("not-published"), &json!("audience"), &json!("draft")));
}
