//! `POST /admin/clock`: moves a manual clock. With the system's clock the route is not there.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_core::time::{format_instant, parse_instant};

use super::body;
use crate::app::{Shared, blocking};
use crate::background;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    now: String,
}

pub(crate) fn routes(app: &Shared) -> Router<Shared> {
    match app.clock.is_manual() {
        true => Router::new().route("/admin/clock", post(set)),
        false => Router::new(),
    }
}

async fn set(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let asked: Move = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let asked_ms = parse_instant(&asked.now).ok_or_else(|| {
        let detail = format!("`{}` is no RFC 3339 instant", asked.now);
        Problem::bad_request("bad-instant", "the instant cannot be read", detail)
    })?;
    app.clock.advance_to(asked_ms).map_err(|error| {
        Problem::new(StatusCode::CONFLICT, "clock", "the clock cannot be moved there", error.to_string())
    })?;
    // In the log before the answer, so that who waits for the engine after this waits for the deadlines too.
    blocking(&app, move |app| Ok(background::advance(app, asked_ms)?)).await?;
    app.bell.ring();
    Ok(Json(json!({"now": format_instant(asked_ms)})))
}
