//! Events forwarded by the edge, every one named in the receipt; and what the edge is sent, until it has acknowledged it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::profile::{Event, Identity};
use acquaint_core::time::parse_instant;
use acquaint_core::wire::{Bundle, Forward, ForwardedEvent, ProjectionBatch, Receipt, open, seal, signature};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::json;

use crate::server::{
    EDGE, NOW, Server, buy, documents, publishing_to, publishing_to_several, send, until, with_definitions,
};

fn event(id: &str, datastream: &str) -> ForwardedEvent {
    let fields = [("eventType".to_owned(), acquaint_core::value::Value::String("buy".into()))];
    ForwardedEvent {
        datastream: datastream.into(),
        dataset: None,
        identities: vec![Identity { namespace: "crm".into(), id: "1".into() }],
        event: Event { id: id.into(), timestamp_ms: parse_instant(NOW).unwrap(), fields: fields.into() },
    }
}

async fn forward(server: &Server, events: Vec<ForwardedEvent>) -> Receipt {
    forward_from(server, "or2", events).await
}

async fn forward_from(server: &Server, region: &str, events: Vec<ForwardedEvent>) -> Receipt {
    let events = events.into_iter().map(Into::into).collect();
    let forward = Forward { region: region.into(), events };
    let request = server.request(Method::POST, "/edge/v1/events").bearer_auth(EDGE);
    let response = request.body(seal(&forward).unwrap()).send().await.unwrap();
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

const BUNDLE: &str = "/_acquaint/v1/bundle";
const PROJECTIONS: &str = "/_acquaint/v1/projections";

/// What an edge has been sent, and how often it has refused.
#[derive(Default)]
struct Seen {
    refusals_left: u32,
    bundle: Option<Bundle>,
    identities: BTreeSet<Identity>,
}

type Shared = Arc<Mutex<Seen>>;

/// What it answers, if it does not take the body: as often as it has to, and to what the edge token does not vouch for.
fn refusal(seen: &mut Seen, path: &str, headers: &HeaderMap, body: &[u8]) -> Option<StatusCode> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let signature = headers.get(signature::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match signature::verify(EDGE, path, signature, i64::try_from(now_ms).unwrap()) {
        Ok(signed) if signed.is(body) => {}
        Ok(_) | Err(_) => return Some(StatusCode::UNAUTHORIZED),
    }
    let refuses = seen.refusals_left > 0;
    seen.refusals_left = seen.refusals_left.saturating_sub(1);
    refuses.then_some(StatusCode::SERVICE_UNAVAILABLE)
}

async fn fake_edge(refusals: u32) -> (String, Shared) {
    let seen: Shared = Arc::new(Mutex::new(Seen { refusals_left: refusals, ..Seen::default() }));
    let bundle = |State(seen): State<Shared>, headers: HeaderMap, body: Bytes| async move {
        let mut seen = seen.lock().unwrap();
        if let Some(refusal) = refusal(&mut seen, BUNDLE, &headers, &body) {
            return refusal;
        }
        seen.bundle = Some(open(&body).unwrap());
        StatusCode::NO_CONTENT
    };
    let projections = |State(seen): State<Shared>, headers: HeaderMap, body: Bytes| async move {
        let mut seen = seen.lock().unwrap();
        if let Some(refusal) = refusal(&mut seen, PROJECTIONS, &headers, &body) {
            return refusal;
        }
        let batch: ProjectionBatch = open(&body).unwrap();
        assert!(batch.projections.len() <= 50);
        seen.identities.extend(batch.projections.into_iter().map(|(identity, _)| identity));
        StatusCode::NO_CONTENT
    };
    let routes = axum::Router::new()
        .route(BUNDLE, axum::routing::put(bundle))
        .route(PROJECTIONS, axum::routing::post(projections))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_gets_the_bundle_and_every_projection_although_it_refuses_at_first() {
    let (url, seen) = fake_edge(2).await;
    let server = publishing_to(&url).await;
    let mut documents = documents();
    documents[2]["edge"] = json!(true);
    server.apply(&documents).await.ok();
    let who: Vec<String> = (0..120).map(|number| format!("{number}")).collect();
    let events: Vec<_> = who.iter().map(|who| buy(&format!("m-{who}"), who)).collect();
    server.batch(&events).await.ok();
    until("the edge has everything", async || {
        let owed = server.settle().await["projections_owed"] != 0;
        (!owed && seen.lock().unwrap().bundle.is_some()).then_some(())
    })
    .await;
    let seen = seen.lock().unwrap();
    assert_eq!((seen.bundle.as_ref().unwrap().version, seen.refusals_left), (1, 0));
    assert_eq!(
        seen.identities,
        who.iter().map(|id| Identity { namespace: "crm".into(), id: id.clone() }).collect()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_edges_is_told_of_those_it_has_seen_though_another_is_away() {
    let (here, there) = (fake_edge(0).await, fake_edge(u32::MAX).await);
    let server = publishing_to_several(&[("or2", &here.0), ("irl1", &there.0)]).await;
    let datastream = json!({"kind": "datastream", "id": "shop", "org": "A@AdobeOrg", "dataset": "deeds"});
    server.apply(&[documents(), vec![datastream]].concat()).await.ok();
    for (region, people) in [("or2", ["1", "2"]), ("irl1", ["2", "3"]), ("nowhere", ["4", "5"])] {
        let of = |who: &str| {
            let identities = vec![Identity { namespace: "crm".into(), id: who.into() }];
            ForwardedEvent { identities, ..event(&format!("{who} in {region}"), "shop") }
        };
        forward_from(&server, region, people.map(of).into()).await;
    }
    let seen = |of: &Shared| -> Vec<String> {
        of.lock().unwrap().identities.iter().map(|identity| identity.id.clone()).collect()
    };
    until("one edge has all of its own, and the other is owed the rest", async || {
        let owed = server.settle().await["projections_owed"] == 2;
        (owed && seen(&here.1) == ["1", "2"]).then_some(())
    })
    .await;
    assert!(here.1.lock().unwrap().bundle.is_some() && there.1.lock().unwrap().bundle.is_none());
    there.1.lock().unwrap().refusals_left = 0;
    until("the other has come back", async || (server.settle().await["projections_owed"] == 0).then_some(()))
        .await;
    assert_eq!((seen(&here.1), seen(&there.1)), (vec!["1".into(), "2".into()], vec!["2".into(), "3".into()]));
    assert!(there.1.lock().unwrap().bundle.is_some());
}
