//! `POST /collection/{source}`: rows of a file, as lines of JSON or as one array. What `acquaint import` talks to.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use super::body;
use crate::app::Shared;
use crate::ingest::{self, Outcome};
use crate::problem::Problem;

/// Bytes and rows of one request.
const BYTES_MAX: usize = 8 * 1024 * 1024;
const ROWS_MAX: usize = 10_000;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/collection/{source}", post(rows))
}

async fn rows(
    State(app): State<Shared>,
    Path(source): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Outcome>, Problem> {
    let sent = body::read(&headers, sent, BYTES_MAX).await?;
    body::not_too_many_values(&sent)?;
    let rows = split(&sent)?;
    if rows.len() > ROWS_MAX {
        return Err(Problem::too_large("the body", ROWS_MAX, "rows"));
    }
    Ok(Json(ingest::rows(&app, source, rows).await?))
}

/// An array must be JSON as a whole; a line that is not JSON is only that line's trouble.
fn split(sent: &[u8]) -> Result<Vec<Result<Value, String>>, Problem> {
    if sent.trim_ascii_start().starts_with(b"[") {
        let rows: Vec<Value> = body::json(sent)?;
        return Ok(rows.into_iter().map(Ok).collect());
    }
    let lines = sent.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    Ok(lines
        .map(|line| serde_json::from_slice(line).map_err(|_| String::from_utf8_lossy(line).into_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_and_arrays_are_rows() {
        let row = || Ok(json!({"a": 1}));
        assert_eq!(split(b" [{\"a\":1}]").unwrap(), [row()]);
        assert_eq!(
            split(b"{\"a\":1}\n\n{\"a\":\n{\"a\":1}\r\n").unwrap(),
            [row(), Err("{\"a\":".into()), row()]
        );
        assert_eq!(split(b"[{]").unwrap_err().code(), "bad-json");
        assert!(split(b"").unwrap().is_empty());
    }
}
