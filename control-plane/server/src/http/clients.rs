//! What browser clients ask before they send anything (`ingest-api.md` section 1): their settings. Fixed answers that
//! point back here.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::auth;
use super::slash::BothWays as _;
use crate::app::Shared;
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .both_ways("/v1/projects/{write_key}/settings", get(settings))
        .both_ways("/sourceConfig", get(source_config))
}

async fn settings(
    State(app): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    known(&app, &key)?;
    let (scheme, host) = here(&headers);
    Ok(Json(json!({
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": format!("{host}/v1"), "protocol": scheme}},
        "plan": {"track": {"__default": {"enabled": true}}},
    })))
}

async fn source_config(
    State(app): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let key = auth::basic_write_key(&headers).or_else(|| query.get("writeKey").cloned());
    let Some(key) = key else {
        return Err(auth::unauthorized(
            "a write key is needed: as the user of Basic authentication, or as `writeKey`",
        ));
    };
    let id = known(&app, &key)?;
    let off = json!({"enabled": false});
    Ok(Json(json!({"source": {
        "id": id, "name": id, "writeKey": key, "enabled": true, "workspaceId": "acquaint",
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "connections": [], "destinations": [], "dataplanes": {},
    }})))
}

fn known(app: &Shared, key: &str) -> Result<String, Problem> {
    match app.in_force().rules.source_of_key(key) {
        Some(source) => Ok(source.id.clone()),
        None => Err(auth::unauthorized("the write key is not known")),
    }
}

/// How the client reached us; a proxy in front says so.
fn here(headers: &HeaderMap) -> (&'static str, String) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or("localhost");
    (scheme, host.to_owned())
}
