//! XDM messages over a streaming connection: one, several, and who may send them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, KEY, NOW, Server, send, with_definitions};

fn event(id: &str, more: &Value) -> Value {
    let mut entity = json!({"_id": id, "timestamp": NOW, "eventType": "buy", "price": 5,
        "identityMap": {"crm": [{"id": "1", "primary": true}]}});
    entity.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let header = json!({"schemaRef": {"id": "deed", "contentType": "application/vnd.adobe.xed-full+json;version=1"},
        "imsOrgId": "A@AdobeOrg", "datasetId": "deeds"});
    json!({"header": header, "body": {"xdmMeta": {"schemaRef": {"id": "deed"}}, "xdmEntity": entity}})
}

/// Without any header that says who is sending.
async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    send(server.request(Method::POST, path).body(body.to_string())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_is_answered_with_what_it_can_be_asked_after_by() {
    let server = with_definitions().await;
    let answer = post(&server, &format!("/collection/{KEY}"), &event("e1", &json!({}))).await.ok();
    let record = server.get("/records").await.ok()["records"][0].clone();
    let received_ms = acquaint_core::time::parse_instant(NOW).unwrap();
    let action = format!("{received_ms}:{}", record["position"]);
    let expected = json!({"inletId": KEY, "xactionId": action, "receivedTimeMs": received_ms});
    assert_eq!(answer, expected);
    let path = format!("/collection/{KEY}?synchronousValidation=true");
    let again = post(&server, &path, &event("e1", &json!({}))).await.ok();
    assert_eq!((&again["xactionId"], &again["syncValidation"]["status"]), (&json!(action), &json!("pass")));
    assert_eq!(server.profile("1").await["eventCount"], 1);
    let problem =
        post(&server, &path, &event("e2", &json!({"price": "dear"}))).await.problem(400, "bad-record");
    assert_eq!((&problem["code"], &problem["field"]), (&json!("schema"), &json!("price")));
    let kept = server.quarantine().await;
    assert_eq!((kept.len(), &kept[0]["origin"]), (1, &json!("xdm")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_each_message_with_its_own_status() {
    let server = with_definitions().await;
    let attributes = json!({"header": {"schemaRef": {"id": "person"}},
        "body": {"xdmEntity": {"city": "Berlin", "identityMap": {"crm": [{"id": "1"}]}}}});
    let messages = json!({"messages": [event("a", &json!({})), {"header": {}}, attributes,
        event("b", &json!({"identityMap": {}})), event("a", &json!({}))]});
    let answer = post(&server, &format!("/collection/batch/{KEY}"), &messages).await;
    assert_eq!(answer.status, 207);
    let responses = answer.body["responses"].as_array().unwrap();
    let statuses: Vec<&Value> = responses.iter().map(|response| &response["statusCode"]).collect();
    assert_eq!(statuses, [&json!(null), &json!(400), &json!(null), &json!(400), &json!(null)]);
    assert_eq!(responses[0]["xactionId"], responses[4]["xactionId"], "the same message");
    let message = responses[1]["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("inletId: [{KEY}] ")) && message.contains("body.xdmEntity"),
        "{message}"
    );
    assert!(answer.body["batchId"].is_string());
    let profile = server.profile("1").await;
    assert_eq!((&profile["eventCount"], &profile["entity"]["city"]), (&json!(1), &json!("Berlin")));
    assert_eq!(server.quarantine().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inlet_is_known_by_its_key_or_by_its_name_with_a_token() {
    let server = with_definitions().await;
    let message = event("e", &json!({}));
    post(&server, "/collection/web", &message).await.problem(401, "unauthorized");
    post(&server, "/collection/batch/wrong", &json!({"messages": []})).await.problem(401, "unauthorized");
    let named = |token: &str| {
        let request = server.request(Method::POST, "/collection/web").bearer_auth(token);
        send(request.body(message.to_string()))
    };
    named(KEY).await.ok();
    named(crate::server::ADMIN).await.ok();
    server.post("/collection/nowhere", &message).await.problem(404, "not-found");
    let foreign = server.request(Method::POST, "/collection/deeds-file").bearer_auth(KEY);
    send(foreign.body(message.to_string())).await.problem(401, "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_or_too_large_is_refused_as_a_whole() {
    let server = with_definitions().await;
    let path = format!("/collection/batch/{KEY}");
    post(&server, &path, &json!([])).await.problem(400, "wrong-shape");
    post(&server, &path, &json!({"messages": 5})).await.problem(400, "wrong-shape");
    post(&server, &path, &json!({"messages": vec![json!({}); 2_501]})).await.problem(413, "too-large");
    let long = event("e", &json!({"properties": {"x": "x".repeat(1_100_000)}}));
    post(&server, &path, &json!({"messages": [long]})).await.problem(413, "too-large");
    post(&server, &format!("/collection/{KEY}"), &long).await.problem(413, "too-large");
    assert!(server.quarantine().await.is_empty());
}
