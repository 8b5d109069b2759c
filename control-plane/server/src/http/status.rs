//! `GET /status`: how far everything is. What a test or a person waits on.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};

use acquaint_core::time::format_instant;
use acquaint_engine::Progress;
use acquaint_engine::machine::next_timer;
use acquaint_store::{Log, ProfileStore, Table, Topic};

use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

/// Rows that are counted at most; more are "at least so many".
const COUNTED_MAX: usize = 100_000;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/status", get(status))
}

async fn status(State(app): State<Shared>) -> Result<(StatusCode, Json<Value>), Problem> {
    let status = blocking(&app, look).await?;
    Ok((StatusCode::OK, Json(status)))
}

fn look(app: &App) -> Result<Value, Problem> {
    // Positions before ends would let something that just arrived look settled; ends are read last.
    let store = app.store.snapshot();
    let progress = Progress::load(&*store)?;
    let (from, to) = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
    let mut owed = 0_usize;
    for table in [Table::Projections, Table::EdgeDebts] {
        owed = owed.saturating_add(store.scan(table, from, to, COUNTED_MAX)?.len());
    }
    Ok(json!({
        "now": format_instant(app.clock.now_ms()),
        "engine_now": (progress.now_ms > i64::MIN).then(|| format_instant(progress.now_ms)),
        "engine_position": progress.position,
        "activation_position": app.activation.position(),
        "activation_catching_up": app.activation.is_catching_up(),
        "program": format!("{:016x}", progress.program),
        "backfill": progress.backfill.map(|backfill| json!({"after_profile": backfill.after.map(|id| id.to_string())})),
        "projections_owed": owed,
        "next_deadline": next_timer(&*store)?.map(format_instant),
        "catalog_version": app.in_force().catalog.version,
        "log_end": app.store.end(Topic::Records),
        "changes_end": app.store.end(Topic::Changes),
    }))
}
