//! Audiences over HTTP: verdicts in the answer, and everything that is wrong with one said before it is saved.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

const PATH: &str = "/data/core/ups/audiences";

fn audience(id: &str, rule: &str, mode: &str) -> Value {
    json!({"id": id, "name": id, "expression": {"type": "PQL", "format": "pql/text", "value": rule},
        "evaluationInfo": {mode: {"enabled": true}}})
}

async fn refused(server: &Server, audience: &Value) -> Value {
    let problem = server.post(PATH, audience).await.problem(400, "bad-audience");
    problem["diagnostics"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_is_made_changed_and_removed() {
    let server = with_definitions().await;
    let made = server.post(PATH, &audience("adults", "age >= 18", "synchronous")).await.ok();
    assert_eq!(made["mode"], "edge");
    assert_eq!(made["verdicts"]["native"]["edge"]["verdict"], "ok");
    assert_eq!(made["verdicts"]["adobe"]["streaming"]["verdict"], "ok");
    server.post(PATH, &audience("adults", "age >= 18", "batch")).await.problem(409, "exists");
    let one = format!("{PATH}/adults");
    let changed = server.with_body(Method::PATCH, &one, &json!({"description": "of age"})).await.ok();
    assert_eq!((&changed["description"], &changed["mode"]), (&json!("of age"), &json!("edge")));
    let replaced = server.with_body(Method::PUT, &one, &audience("adults", "age >= 21", "batch")).await.ok();
    assert_eq!((&replaced["mode"], &replaced["description"]), (&json!("batch"), &Value::Null));
    let listed = server.get("/data/core/ups/segment/definitions?limit=2").await.ok();
    assert_eq!(listed["segments"].as_array().unwrap().len(), 2);
    assert_eq!(listed["page"]["totalCount"], 3);
    assert_eq!(server.with_body(Method::DELETE, &one, &Value::Null).await.status, 204);
    server.get(&one).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_does_not_type_check_is_refused_with_its_place() {
    let server = with_definitions().await;
    let found = refused(&server, &audience("a", "age > 3 and\n  cty = \"Berlin\"", "batch")).await;
    assert_eq!(
        (&found["line"], &found["column"], &found["width"]),
        (&json!(2), &json!(3), &json!(3)),
        "{found}"
    );
    assert_eq!((&found["span"]["start"], &found["pointer"]), (&json!(14), &json!("/expression/value")));
    assert!(found["code"].as_str().unwrap().starts_with("PQL03"), "{found}");
    let found = refused(&server, &audience("a", "age = \"old\"", "batch")).await;
    assert!(found["code"].as_str().unwrap().starts_with("PQL04"), "{found}");
    let found = refused(&server, &audience("a", "age >", "batch")).await;
    assert!(found["code"].as_str().unwrap().starts_with("PQL02"), "{found}");
    server.get(&format!("{PATH}/a")).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn audiences_in_a_circle_and_unknown_ones_are_refused() {
    let server = with_definitions().await;
    let found = refused(&server, &audience("a", "inSegment(\"nobody\")", "batch")).await;
    assert!(found["message"].as_str().unwrap().contains("nobody"), "{found}");
    server.post(PATH, &audience("a", "inSegment(\"berliners\")", "batch")).await.ok();
    let circle = json!({"expression": {"value": "inSegment(\"a\")"}});
    let problem = server.with_body(Method::PATCH, &format!("{PATH}/berliners"), &circle).await;
    let problem = problem.problem(400, "bad-audience");
    assert_eq!(problem["diagnostics"][0]["code"], "PQL0310", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_that_a_rule_cannot_run_in_is_refused_with_the_reason() {
    let server = with_definitions().await;
    let rule = "xEvent[eventType = \"buy\"].price.distinct().count() >= 3";
    let found = refused(&server, &audience("a", rule, "synchronous")).await;
    assert!(found["code"].as_str().unwrap().starts_with("PQL06"), "{found}");
    assert_eq!(found["pointer"], "/evaluationInfo");
    assert!(!found["help"].as_str().unwrap().is_empty());
    server.post(PATH, &audience("a", rule, "batch")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_wrong_types_and_two_modes_are_refused_by_field() {
    let server = with_definitions().await;
    let with = |name: &str, value: Value| {
        let mut sent = audience("a", "age > 3", "batch");
        sent[name] = value;
        sent
    };
    let cases = [
        (with("nmae", json!("x")), "/nmae"),
        (with("name", json!(7)), "/name"),
        (with("expression", json!({"value": "age > 3", "lang": "x"})), "/expression/lang"),
        (
            with("evaluationInfo", json!({"batch": {"enabled": true}, "continuous": {"enabled": true}})),
            "/evaluationInfo",
        ),
        (with("name", json!("Buyers")), "/name"),
    ];
    for (sent, pointer) in cases {
        assert_eq!(refused(&server, &sent).await["pointer"], pointer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_in_use_stays() {
    let server = with_definitions().await;
    server.post(PATH, &audience("a", "inSegment(\"berliners\")", "batch")).await.ok();
    let answer = server.with_body(Method::DELETE, &format!("{PATH}/berliners"), &Value::Null).await;
    answer.problem(409, "in-use");
}

#[tokio::test(flavor = "multi_thread")]
async fn administration_needs_the_token() {
    let server = with_definitions().await;
    for path in [PATH, "/catalog", "/status", "/quarantine", "/flows", "/data/core/ups/segment/jobs"] {
        let answer = crate::server::send(server.request(Method::GET, path)).await;
        answer.problem(401, "unauthorized");
        let wrong = server.request(Method::GET, path).bearer_auth("wrong");
        crate::server::send(wrong).await.problem(401, "unauthorized");
    }
    assert_eq!(crate::server::send(server.request(Method::GET, "/healthz")).await.status, 200);
    server.get("/nowhere").await.problem(404, "not-found");
    server.with_body(Method::DELETE, "/status", &Value::Null).await.problem(405, "method-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_only_a_decision_could_answer_is_refused_in_every_mode() {
    let server = with_definitions().await;
    for mode in ["synchronous", "continuous", "batch"] {
        let found = refused(&server, &audience("a", "city = @{visit;version=1}.city", mode)).await;
        assert_eq!(
            (&found["code"], &found["pointer"]),
            (&json!("PQL0603"), &json!("/expression/value")),
            "{found}"
        );
    }
}
