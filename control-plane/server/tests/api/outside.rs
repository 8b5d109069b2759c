//! What is outside of a server under test: an edge and a webhook in one.

use std::sync::{Arc, Mutex};

use acquaint_core::wire::{ProjectionBatch, open};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// What the rest of the world has heard.
#[derive(Default)]
pub(crate) struct Heard {
    edge_refuses: bool,
    /// Identities that the edge was told to forget.
    pub(crate) forgotten: Vec<String>,
    /// What the webhook was sent.
    pub(crate) messages: Vec<Value>,
}

pub(crate) type World = Arc<Mutex<Heard>>;

/// An edge and a webhook in one.
pub(crate) async fn outside(edge_refuses: bool) -> (String, World) {
    let heard: World = Arc::new(Mutex::new(Heard { edge_refuses, ..Heard::default() }));
    let projections = |State(heard): State<World>, body: Bytes| async move {
        let mut heard = heard.lock().unwrap();
        if heard.edge_refuses {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let batch: ProjectionBatch = open(&body).unwrap();
        heard.forgotten.extend(batch.forgotten.into_iter().map(|identity| identity.id));
        StatusCode::OK
    };
    let hook = |State(heard): State<World>, body: Bytes| async move {
        heard.lock().unwrap().messages.push(serde_json::from_slice(&body).unwrap());
        StatusCode::NO_CONTENT
    };
    let routes = axum::Router::new()
        .route("/_acquaint/v1/bundle", axum::routing::put(|| async { StatusCode::OK }))
        .route("/_acquaint/v1/projections", axum::routing::post(projections))
        .route("/hook", axum::routing::post(hook))
        .with_state(Arc::clone(&heard));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (url, heard)
}

/// The connection of a destination that leads to the webhook.
pub(crate) fn hook_at(url: &str) -> Value {
    json!({"type": "httpApi", "url": format!("{url}/hook"), "secret": "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
        "allowPrivateNetwork": true})
}
