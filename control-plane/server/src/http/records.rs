//! `GET /records`: what was taken in, in order. For tests and for people who ask whether something arrived; what was
//! refused is in quarantine.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_core::wire;
use acquaint_store::record::Record;
use acquaint_store::{Error, Log, Topic};

use crate::app::{App, Shared, blocking};
use crate::ingest::shown;
use crate::problem::Problem;

const LIST_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Page {
    /// Records behind this position.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/records", get(list))
}

async fn list(State(app): State<Shared>, Query(page): Query<Page>) -> Result<Json<Value>, Problem> {
    let limit = page.limit.unwrap_or(100).clamp(1, LIST_MAX);
    Ok(Json(blocking(&app, move |app| read(app, page.after, limit)).await?))
}

/// Records that nobody sent are passed over, but count as looked at.
fn read(app: &App, after: u64, limit: usize) -> Result<Value, Problem> {
    let found = app.store.read(Topic::Records, after, limit)?;
    let next = (found.len() == limit).then(|| found.last().map(|(position, _)| *position)).flatten();
    let mut records = Vec::new();
    for (position, bytes) in found {
        let record: Record = wire::open(&bytes)
            .map_err(|source| Error::Damaged { place: format!("records at {position}"), source })?;
        records.extend(shown::record(position, &record));
    }
    Ok(json!({"records": records, "next": next}))
}
