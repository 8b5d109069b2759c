//! `GET /openapi.json`: every route, as [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0) has it. The document is kept by
//! hand in `document.yaml`; the tests beside it hold it against the router.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::app::Shared;
use crate::cli::documents;
use crate::problem::Problem;

const PATH: &str = "/openapi.json";
/// Absent if it cannot be read, which a test makes impossible.
static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| {
    let read = documents::parse(Path::new("document.yaml"), include_str!("document.yaml"));
    read.ok()?.pop().map(|document| document.value)
});

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(PATH, get(document))
}

async fn document() -> Result<Response, Problem> {
    let document = DOCUMENT.as_ref().ok_or_else(|| Problem::unavailable("the document cannot be read"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response())
}
