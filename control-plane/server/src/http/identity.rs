//! `/data/core/identity`: the identity graph of a profile as JSON or as a picture, the trail of its changes, and the way
//! to take a link back.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_core::profile::graph::Cut;
use acquaint_core::profile::identity::identities;
use acquaint_core::profile::{Identity, Link, Seen};
use acquaint_core::time::format_instant;
use acquaint_store::graph_trail::{self, GraphChange, Why};
use acquaint_store::record;

use super::asked::Asked;
use super::body;
use super::entities::{Whom, find};
use crate::app::{App, Shared, blocking};
use crate::picture;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlink {
    identities: Vec<Identity>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/data/core/identity/cluster", get(cluster))
        .route("/data/core/identity/cluster/history", get(history))
        .route("/data/core/identity/links", delete(unlink))
}

fn asked_for(asked: &Asked) -> Result<Identity, Problem> {
    Ok(Identity { namespace: asked.needed("ns")?.to_owned(), id: asked.needed("id")?.to_owned() })
}

async fn cluster(State(app): State<Shared>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let identity = asked_for(&asked)?;
    let (_, document) = blocking(&app, move |app| find(app, &Whom::Identity(identity))).await?;
    let text = |text: String| ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    match asked.get("format").unwrap_or("json") {
        "json" => {}
        "dot" => return Ok(text(picture::dot(&document))),
        "mermaid" => return Ok(text(picture::mermaid(&document))),
        other => {
            let detail = format!("`{other}` is not one of `json`, `dot`, `mermaid`");
            return Err(
                Problem::bad_request("bad-query", "the format is not known", detail).with("field", "format")
            );
        }
    }
    let node = |identity: Identity| {
        let since = document.graph.linked_since(&identity).map(seen);
        json!({"namespace": identity.namespace, "id": identity.id, "linkedSince": since})
    };
    Ok(Json(json!({
        "xid": document.id.to_string(),
        "nodes": identities(&document.identities).map(node).collect::<Vec<_>>(),
        "edges": document.graph.links().iter().map(edge).collect::<Vec<_>>(),
    }))
    .into_response())
}

fn seen(seen: Seen) -> Value {
    json!({"record": seen.position, "at": format_instant(seen.at_ms)})
}

fn edge(link: &Link) -> Value {
    json!({
        "from": link.left, "to": link.right, "kind": link.kind, "first": seen(link.first), "last": seen(link.last),
    })
}

async fn history(State(app): State<Shared>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let identity = asked_for(&asked)?;
    let changes = blocking(&app, move |app| {
        let (snapshot, document) = find(app, &Whom::Identity(identity.clone()))?;
        let all: Vec<Identity> = match asked.get("scope") {
            Some("identity") => vec![identity],
            Some(_) | None => identities(&document.identities).collect(),
        };
        Ok(graph_trail::load(&*snapshot, &all)?)
    })
    .await?;
    Ok(Json(json!({"changes": changes.iter().map(change).collect::<Vec<_>>()})))
}

fn change(change: &GraphChange) -> Value {
    let end = |identity: &Identity, profile: acquaint_core::id::ProfileId| json!({"namespace": identity.namespace, "id": identity.id, "xid": profile.to_string()});
    let (what, why, who) = match &change.why {
        Why::Linked => ("linked", "a record named both".to_owned(), None),
        Why::Cut(Cut::Unique(namespace)) => {
            let why = format!("a newer link would have made it two of the unique namespace `{namespace}`");
            ("cut", why, None)
        }
        Why::Cut(Cut::Limit) => ("cut", "there were too many identities".to_owned(), None),
        Why::Unlinked { who } => ("cut", "it was taken back".to_owned(), Some(who)),
    };
    json!({
        "record": change.position,
        "at": format_instant(change.at_ms),
        "what": what,
        "why": why,
        "who": who,
        "kind": change.kind,
        "from": end(&change.left, change.left_profile),
        "to": end(&change.right, change.right_profile),
    })
}

async fn unlink(
    State(app): State<Shared>,
    headers: HeaderMap,
    sent: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let Unlink { identities } = body::json(&sent)?;
    if !(1..=2).contains(&identities.len()) {
        let detail = "name the two identities of a link, or one to take back every link of it";
        return Err(Problem::bad_request("bad-link", "this is no link", detail).with("field", "identities"));
    }
    let accepted = blocking(&app, move |app| {
        linked(app, &identities)?;
        let unlink = record::Body::Unlink { message: None, identities, who: "admin".to_owned() };
        Ok(app.intake.accept(app.clock.now_ms(), vec![unlink])?)
    })
    .await?;
    let position = accepted.first().map(|accepted| accepted.position);
    Ok((StatusCode::ACCEPTED, Json(json!({"record": position}))))
}

/// There is something to take back.
fn linked(app: &App, wanted: &[Identity]) -> Result<(), Problem> {
    let Some(first) = wanted.first() else { return Ok(()) };
    let (_, document) = find(app, &Whom::Identity(first.clone()))?;
    let found = match wanted.get(1) {
        Some(other) => document.graph.between(first, other).is_some(),
        None => document.graph.linked_since(first).is_some(),
    };
    if found {
        return Ok(());
    }
    let names: Vec<String> = wanted.iter().map(|one| format!("{}/{}", one.namespace, one.id)).collect();
    Err(Problem::not_found("link of", &names.join(" and ")))
}
