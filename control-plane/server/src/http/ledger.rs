//! `GET /flows/{id}/ledger?entityIdNS=&entityId=`: of one profile, by audience: what the destination should know, what it
//! does know, and why the two differ.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use acquaint_activation::ledger::{Entry, Intent, Key};
use acquaint_core::time::format_instant;

use super::asked::Asked;
use super::entities::{Whom, find};
use super::flows::exists;
use crate::app::{Shared, blocking};
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/flows/{id}/ledger", get(rows))
}

async fn rows(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let whom = Whom::asked(&asked, "entityId", "entityIdNS")?;
    let rows = blocking(&app, move |app| {
        exists(app, &id)?;
        let (_, document) = find(app, &whom)?;
        Ok(app.activation.rows(&id, document.id)?)
    });
    Ok(Json(json!({"rows": rows.await?.iter().map(shown).collect::<Vec<_>>()})))
}

fn shown((key, entry): &(Key, Entry)) -> Value {
    let intent = |intent: &Intent| json!({"status": intent.status, "since": format_instant(intent.since_ms)});
    json!({
        "audience": key.audience,
        "desired": intent(&entry.desired),
        "blocked": entry.desired.blocked,
        "delivered": entry.delivered.as_ref().map(|delivered| intent(&delivered.intent)),
        "attempts": entry.attempts,
        "lastError": entry.last_error,
        "dead": entry.dead.is_some(),
    })
}
