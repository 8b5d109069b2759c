//! `GET /metrics`: what is counted and measured, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};

use crate::app::{Shared, blocking};
use crate::metrics;
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/metrics", get(all))
}

async fn all(State(app): State<Shared>) -> Result<Response, Problem> {
    let text = blocking(&app, metrics::render).await?;
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response())
}

/// Counts every answer.
pub(crate) async fn count(
    State(app): State<Shared>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let response = next.run(request).await;
    app.metrics.answered(response.status());
    response
}
