//! CloudEvents over HTTP: the three ways of writing them, what is refused, and the handshake.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::server::{Answer, KEY, Server, send, with_definitions};

const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";
const BATCH: &str = "application/cloudevents-batch+json";

fn event(id: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "/shop", "type": "buy", "time": "2018-01-01T11:30:00Z",
        "subject": "1", "datacontenttype": "application/json", "data": {"price": 5}})
}

async fn post(server: &Server, content_type: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, "/cloudevents").bearer_auth(KEY);
    send(request.header(CONTENT_TYPE, content_type).body(body.to_string())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn structured_binary_and_batched_events_are_the_same_events() {
    let server = with_definitions().await;
    let counts = |accepted: u32, duplicates: u32| json!({"accepted": accepted, "duplicates": duplicates, "quarantined": 0});
    let answer = post(&server, STRUCTURED, &event("a")).await;
    assert_eq!((answer.status.as_u16(), answer.body), (202, counts(1, 0)));
    let binary = server.request(Method::POST, "/cloudevents").bearer_auth(KEY);
    let binary = binary.header(CONTENT_TYPE, "application/json").header("ce-specversion", "1.0");
    let binary = binary.header("ce-id", "a").header("ce-source", "/shop").header("ce-type", "buy");
    let binary = binary.header("ce-time", "2018-01-01T11:30:00Z").header("ce-subject", "%31");
    assert_eq!(send(binary.body("{\"price\": 5}")).await.ok(), counts(0, 1));
    assert_eq!(post(&server, BATCH, &json!([event("a"), event("b")])).await.ok(), counts(1, 1));
    assert_eq!(server.profile("1").await["eventCount"], 2);
    assert_eq!(server.status_in("1", "buyers").await, "realized");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_cloud_event_is_told_apart_from_one_that_is_wrong() {
    let server = with_definitions().await;
    post(&server, "application/json", &event("a")).await.problem(415, "unsupported-format");
    post(&server, "application/cloudevents+avro", &event("a")).await.problem(415, "unsupported-format");
    let problem = post(&server, STRUCTURED, &json!({"specversion": "1.0", "id": "a"})).await;
    let problem = problem.problem(400, "bad-record");
    assert_eq!((&problem["code"], &problem["field"]), (&json!("bad_attribute"), &json!("source")));
    let mut wrong = event("b");
    wrong["data"]["price"] = "dear".into();
    let answer = post(&server, BATCH, &json!([wrong, event("c")])).await.ok();
    assert_eq!(answer, json!({"accepted": 1, "duplicates": 0, "quarantined": 1}));
    let kept = server.quarantine().await;
    assert_eq!((kept.len(), &kept[0]["origin"]), (2, &json!("cloudEvent")));
    let many = vec![json!({}); 2_501];
    post(&server, BATCH, &json!(many)).await.problem(413, "too-large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_known_by_its_key_wherever_it_can_put_it() {
    let server = with_definitions().await;
    let post = |path: &str| {
        let request = server.request(Method::POST, path).header(CONTENT_TYPE, STRUCTURED);
        request.body(event("a").to_string())
    };
    send(post("/cloudevents")).await.problem(401, "unauthorized");
    send(post("/cloudevents?access_token=wrong")).await.problem(401, "unauthorized");
    send(post(&format!("/cloudevents?access_token={KEY}"))).await.ok();
    send(post("/cloudevents").basic_auth(KEY, Some(""))).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_may_ask_whether_and_how_fast_it_may_send() {
    let server = with_definitions().await;
    let ask = |key: &str| {
        let request = server.request(Method::OPTIONS, "/cloudevents").bearer_auth(key);
        request.header("WebHook-Request-Origin", "sender.example").header("WebHook-Request-Rate", "120")
    };
    let answer = send(ask(KEY)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["webhook-allowed-origin"], "sender.example");
    assert_eq!(
        (&answer.headers["webhook-allowed-rate"], &answer.headers["allow"]),
        (&"*".parse().unwrap(), &"POST, OPTIONS".parse().unwrap())
    );
    send(ask("wrong")).await.problem(401, "unauthorized");
    let without =
        server.request(Method::OPTIONS, "/cloudevents").header("WebHook-Request-Origin", "a.example");
    assert_eq!(send(without).await.headers["webhook-allowed-origin"], "a.example");
    let unnamed = server.request(Method::OPTIONS, "/cloudevents").bearer_auth(KEY);
    send(unnamed).await.problem(400, "bad-handshake");
    let limited = json!({"kind": "source", "id": "slow", "writeKey": "slow-key", "eventDataset": "deeds",
        "rateLimit": {"perSecond": 2}});
    server.apply(&[limited]).await.ok();
    assert_eq!(send(ask("slow-key")).await.headers["webhook-allowed-rate"], "120");
}
