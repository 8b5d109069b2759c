//! `POST /data/core/ups/segment/conversion`: a definition with its expression in the other format (`pql.md` 2.1).

use axum::body::Body;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::body;
use crate::app::Shared;
use crate::definitions::conversion::{JSON, TEXT, json_of, text_of};
use crate::definitions::{Finding, Kind, Subject};
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 1024 * 1024;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/data/core/ups/segment/conversion", post(convert))
}

/// Everything beside the expression goes back as it came.
async fn convert(headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let mut sent: Map<String, Value> = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let Some(Value::Object(expression)) = sent.get_mut("expression") else {
        return Err(unsupported("expression", "an `expression` with `format` and `value` is needed"));
    };
    if expression.get("type").is_some_and(|kind| kind != "PQL") {
        return Err(unsupported("expression.type", "the only type of expression is `PQL`"));
    }
    let value = expression.get("value").cloned().unwrap_or_default();
    let format = expression.get("format").and_then(Value::as_str).unwrap_or(TEXT);
    let (format, converted) = match (format, &value) {
        (TEXT, Value::String(text)) => (JSON, json_of(text).map_err(|found| refused(text, &found))?),
        (TEXT, _) => return Err(unsupported("expression.value", "a text is needed")),
        (JSON, value) => (TEXT, text_of(value).map_err(|found| refused("", &[found]))?),
        (_, _) => return Err(unsupported("expression.format", "the formats are `pql/text` and `pql/json`")),
    };
    expression.insert("type".into(), "PQL".into());
    expression.insert("format".into(), format.into());
    expression.insert("value".into(), converted.into());
    Ok(Json(Value::Object(sent)))
}

fn unsupported(field: &str, detail: &str) -> Problem {
    Problem::bad_request("unsupported", "the expression cannot be converted", detail).with("field", field)
}

fn refused(text: &str, found: &[acquaint_core::lang::Diagnostic]) -> Problem {
    let subject = Subject::new(Kind::Audience, "");
    let found: Vec<Finding> = found
        .iter()
        .map(|found| Finding::of_diagnostic(&subject, "/expression/value", text, found))
        .collect();
    let detail = match &*found {
        [one] => one.message.clone(),
        several => format!("{} things are wrong", several.len()),
    };
    Problem::bad_request("bad-expression", "the expression cannot be converted", detail)
        .with("diagnostics", json!(found))
}
