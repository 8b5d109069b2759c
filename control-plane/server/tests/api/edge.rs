//! Events forwarded by the edge: every one is named in the receipt.

use acquaint_core::profile::{Event, Identity};
use acquaint_core::time::parse_instant;
use acquaint_core::wire::{Forward, ForwardedEvent, Receipt, open, seal};
use reqwest::Method;
use serde_json::json;

use crate::server::{EDGE, NOW, Server, send, with_definitions};

fn event(id: &str, datastream: &str) -> ForwardedEvent {
    let fields = [("eventType".to_owned(), acquaint_core::value::Value::String("buy".into()))];
    ForwardedEvent {
        datastream: datastream.into(),
        identities: vec![Identity { namespace: "crm".into(), id: "1".into() }],
        event: Event { id: id.into(), timestamp_ms: parse_instant(NOW).unwrap(), fields: fields.into() },
    }
}

async fn forward(server: &Server, events: Vec<ForwardedEvent>) -> Receipt {
    let request = server.request(Method::POST, "/edge/v1/events").bearer_auth(EDGE);
    let response = request.body(seal(&Forward { events }).unwrap()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    open(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_names_accepted_known_and_refused_events() {
    let server = with_definitions().await;
    server
        .apply(&[json!({"kind": "datastream", "id": "shop", "org": "A@AdobeOrg", "dataset": "deeds"})])
        .await
        .ok();
    let first = forward(&server, vec![event("a", "shop"), event("x", "nowhere"), event("b", "shop")]).await;
    let accepted: Vec<&str> = first.accepted.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!((accepted, first.refused[0].0.as_str()), (vec!["a", "b"], "x"));
    let again = forward(&server, vec![event("a", "shop")]).await;
    assert_eq!(again.accepted, first.accepted[..1]);
    assert_eq!(server.profile("1").await["eventCount"], 2);
    assert_eq!(server.quarantine().await[0]["origin"], "edge");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_edge_may_forward_and_only_what_is_sealed() {
    let server = with_definitions().await;
    let request = || server.request(Method::POST, "/edge/v1/events");
    send(request().body("{}")).await.problem(401, "unauthorized");
    send(request().bearer_auth(EDGE).body("{}")).await.problem(400, "bad-forward");
}
