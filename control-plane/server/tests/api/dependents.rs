//! Audiences that refer to audiences: when one changes, so does what is said of those that refer to it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

const PATH: &str = "/data/core/ups/audiences";
const RECENT: &str = "xEvent[eventType = \"buy\" and timestamp occurs <= 1 hours before now].count() >= 1";

async fn put(server: &Server, id: &str, rule: &str, mode: &str) -> Value {
    let audience =
        json!({"name": id, "expression": {"value": rule}, "evaluationInfo": {mode: {"enabled": true}}});
    server.with_body(Method::PUT, &format!("{PATH}/{id}"), &audience).await.ok()
}

fn code<'a>(audience: &'a Value, rules: &str, mode: &str) -> &'a Value {
    &audience["verdicts"][rules][mode]["code"]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verdicts_of_a_dependent_are_those_of_now() {
    let server = with_definitions().await;
    put(&server, "base", "age >= 18", "continuous").await;
    let rule =
        "inSegment(\"base\") and xEvent[eventType = \"buy\" and timestamp occurs <= 1 hours before now]";
    let made = put(&server, "dependent", rule, "continuous").await;
    assert_eq!(code(&made, "adobe", "streaming"), &Value::Null, "{made}");
    // A base that reads events is none that the documented rules allow beside an event.
    put(&server, "base", RECENT, "continuous").await;
    let now = server.get(&format!("{PATH}/dependent")).await.ok();
    assert_eq!(code(&now, "adobe", "streaming"), "PQL0614", "{now}");
    assert_eq!(now["verdicts"]["native"]["streaming"]["verdict"], "ok");
    let listed = server.get(PATH).await.ok();
    let listed = listed["children"].as_array().unwrap().iter().find(|one| one["id"] == "dependent").unwrap();
    assert_eq!(code(listed, "adobe", "streaming"), "PQL0614");
    put(&server, "base", "age >= 21", "continuous").await;
    let again = server.get(&format!("{PATH}/dependent")).await.ok();
    assert_eq!(code(&again, "adobe", "streaming"), &Value::Null, "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_a_dependent_cannot_take_is_refused_and_names_it() {
    let server = with_definitions().await;
    put(&server, "base", "age >= 18", "continuous").await;
    put(&server, "dependent", "inSegment(\"base\")", "synchronous").await;
    let circle = json!({"name": "base", "expression": {"value": "inSegment(\"dependent\")"}});
    let problem =
        server.with_body(Method::PUT, &format!("{PATH}/base"), &circle).await.problem(400, "bad-audience");
    let message = problem["diagnostics"][0]["message"].as_str().unwrap();
    assert!(message.contains("dependent") && message.contains("base"), "{problem}");
    let problem =
        server.with_body(Method::DELETE, &format!("{PATH}/base"), &Value::Null).await.problem(409, "in-use");
    let found = &problem["diagnostics"][0];
    assert_eq!((&found["kind"], &found["id"]), (&json!("audience"), &json!("dependent")), "{problem}");
    // Nothing of it has come into force.
    assert_eq!(server.get(&format!("{PATH}/base")).await.ok()["expression"]["value"], "age >= 18");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependent_moves_with_the_mode_of_what_it_refers_to() {
    let server = with_definitions().await;
    let related = "exists a from xEvent, b from xEvent where b.price > a.price";
    let refused = json!({"name": "base", "expression": {"value": related},
        "evaluationInfo": {"continuous": {"enabled": true}}});
    put(&server, "base", "age >= 18", "continuous").await;
    put(&server, "dependent", "inSegment(\"base\")", "continuous").await;
    let problem =
        server.with_body(Method::PUT, &format!("{PATH}/base"), &refused).await.problem(400, "bad-audience");
    let named: Vec<_> = problem["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (&found["id"], &found["code"]))
        .collect();
    assert_eq!(
        named,
        [(&json!("base"), &json!("PQL0601")), (&json!("dependent"), &json!("PQL0602"))],
        "{problem}"
    );
    // As batch, its last answer is used.
    put(&server, "base", related, "batch").await;
    let now = server.get(&format!("{PATH}/dependent")).await.ok();
    assert_eq!(now["verdicts"]["native"]["streaming"]["verdict"], "ok", "{now}");
}
