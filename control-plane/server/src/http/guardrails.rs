//! `GET /guardrails`: the documented limits, each with what it is measured at now.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::{Shared, blocking};
use crate::guardrails;
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/guardrails", get(all))
}

async fn all(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let rows = blocking(&app, guardrails::rows).await?;
    Ok(Json(json!({"guardrails": rows})))
}
