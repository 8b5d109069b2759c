//! `POST /collection/{inlet}`: rows of a file, as lines of JSON or as one array, or one
//! XDM message; `POST /collection/batch/{inlet}`: several XDM messages, each answered. An inlet is a source: named by its
//! write key, which nobody can guess, or by its id, with the write key or the administrator's token beside it.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_core::limits::BATCH_EVENTS_MAX;

use super::slash::BothWays as _;
use super::{auth, body};
use crate::app::Shared;
use crate::ingest::{self, Answered, Fate, Form};
use crate::problem::Problem;

/// Bytes and rows of one request with rows.
const ROWS_BYTES_MAX: usize = 8 * 1024 * 1024;
const ROWS_MAX: usize = 10_000;
/// Bytes of one request with messages.
const MESSAGES_BYTES_MAX: usize = 1024 * 1024;

/// Whether the answer is to say that the message was checked. It always is, before it is answered.
#[derive(Deserialize)]
struct Wishes {
    #[serde(default, rename = "syncValidation", alias = "synchronousValidation")]
    validation: Option<String>,
}

#[derive(Deserialize)]
struct Batch {
    messages: Vec<Value>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .both_ways("/collection/{inlet}", post(one))
        .both_ways("/collection/batch/{inlet}", post(batch))
}

/// The source of an inlet, if the caller may use it.
fn source_of(app: &Shared, inlet: &str, headers: &HeaderMap) -> Result<String, Problem> {
    let in_force = app.in_force();
    if let Some(source) = in_force.rules.source_of_key(inlet) {
        return Ok(source.id.clone());
    }
    let presented =
        auth::write_key(headers).and_then(|key| Some(in_force.rules.source_of_key(&key)?.id.clone()));
    if presented.as_deref() == Some(inlet) {
        return Ok(inlet.to_owned());
    }
    auth::is_admin(app, headers)?;
    match in_force.rules.source(inlet) {
        Some(source) => Ok(source.id.clone()),
        None => Err(Problem::not_found("source", inlet)),
    }
}

async fn one(
    State(app): State<Shared>,
    Path(inlet): Path<String>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let source = source_of(&app, &inlet, &headers)?;
    let sent = body::read(&headers, sent, ROWS_BYTES_MAX).await?;
    body::not_too_many_values(&sent)?;
    if let Some(message) = message(&sent)? {
        if sent.len() > MESSAGES_BYTES_MAX {
            return Err(Problem::too_large("the message", MESSAGES_BYTES_MAX, "bytes"));
        }
        let answered = ingest::connection(&app, source, Form::Xdm, vec![message]).await?;
        return said_of_one(&inlet, &wishes, answered);
    }
    let rows = split(&sent)?;
    if rows.len() > ROWS_MAX {
        return Err(Problem::too_large("the body", ROWS_MAX, "rows"));
    }
    Ok(Json(ingest::rows(&app, source, rows).await?).into_response())
}

fn said_of_one(inlet: &str, wishes: &Wishes, answered: Answered) -> Result<Response, Problem> {
    let Answered { received_ms, fates } = answered;
    match fates.into_iter().next() {
        Some(Fate::Refused(refusal)) => {
            let title = "the message is in quarantine";
            Err(Problem::bad_request("bad-record", title, refusal.reason)
                .with("inletId", inlet)
                .with("code", refusal.code)
                .with("field", refusal.path))
        }
        kept @ (Some(Fate::Kept { .. }) | None) => {
            let mut answer = json!({"inletId": inlet, "xactionId": action(received_ms, kept.as_ref()),
                "receivedTimeMs": received_ms});
            if wishes.validation.as_deref() == Some("true")
                && let Value::Object(answer) = &mut answer
            {
                answer.insert("syncValidation".into(), json!({"status": "pass"}));
            }
            Ok(Json(answer).into_response())
        }
    }
}

/// By what a message can be asked after: when it came in, and where it is in the log.
fn action(received_ms: i64, kept: Option<&Fate>) -> String {
    match kept {
        Some(Fate::Kept { position, .. }) => format!("{received_ms}:{position}"),
        Some(Fate::Refused(_)) | None => format!("{received_ms}"),
    }
}

/// 207 whatever became of the messages: each has its own answer.
async fn batch(
    State(app): State<Shared>,
    Path(inlet): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let source = source_of(&app, &inlet, &headers)?;
    let Batch { messages } = body::json(&body::read(&headers, sent, MESSAGES_BYTES_MAX).await?)?;
    if messages.len() > BATCH_EVENTS_MAX {
        return Err(Problem::too_large("the batch", BATCH_EVENTS_MAX, "messages"));
    }
    let Answered { received_ms, fates } = ingest::connection(&app, source, Form::Xdm, messages).await?;
    let responses: Vec<Value> = fates
        .iter()
        .map(|fate| match fate {
            Fate::Kept { .. } => json!({"xactionId": action(received_ms, Some(fate))}),
            Fate::Refused(refusal) => {
                json!({"statusCode": 400, "message": format!("inletId: [{inlet}] {}", refusal.reason),
                    "code": refusal.code, "field": refusal.path})
            }
        })
        .collect();
    let answer = json!({"inletId": inlet, "batchId": uuid::Uuid::new_v4().to_string(),
        "receivedTimeMs": received_ms, "responses": responses});
    Ok((StatusCode::MULTI_STATUS, Json(answer)).into_response())
}

/// The body, if it is one XDM message: rows have no header. What begins as one and cannot be read is refused.
fn message(sent: &[u8]) -> Result<Option<Value>, Problem> {
    let Some(inside) = sent.trim_ascii_start().strip_prefix(b"{") else { return Ok(None) };
    let Ok(message) = serde_json::from_slice::<Value>(sent) else {
        let begins = |name: &[u8]| inside.trim_ascii_start().starts_with(name);
        // Several on lines of their own are rows.
        let is_one = (begins(b"\"header\"") || begins(b"\"body\"")) && lines(sent).all(|line| line.is_err());
        return if is_one { body::json(sent).map(Some) } else { Ok(None) };
    };
    let is_message = |name: &str| message.get(name).is_some_and(Value::is_object);
    Ok((is_message("header") || is_message("body")).then_some(message))
}

/// An array must be JSON as a whole; a line that is not JSON is only that line's trouble.
fn split(sent: &[u8]) -> Result<Vec<Result<Value, String>>, Problem> {
    if sent.trim_ascii_start().starts_with(b"[") {
        let rows: Vec<Value> = body::json(sent)?;
        return Ok(rows.into_iter().map(Ok).collect());
    }
    let rows: Vec<_> = lines(sent).collect();
    if rows.iter().any(|row| row.as_ref().is_ok_and(Value::is_object)) {
        return Ok(rows);
    }
    // One row over several lines.
    Ok(serde_json::from_slice(sent).map_or(rows, |row| vec![Ok(row)]))
}

fn lines(sent: &[u8]) -> impl Iterator<Item = Result<Value, String>> {
    let lines = sent.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|_| String::from_utf8_lossy(line).into_owned()))
}

#[cfg(test)]
mod tests {
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
        assert_eq!(split(b"1\n2").unwrap(), [Ok(json!(1)), Ok(json!(2))]);
        assert_eq!(split(b"{\n\"a\":\n1\n}\n").unwrap(), [row()]);
        assert!(split(b"").unwrap().is_empty());
    }

    #[test]
    fn what_has_a_header_or_a_body_is_a_message() {
        let is_message = |sent: &[u8]| message(sent).unwrap().is_some();
        assert!(is_message(b" {\"header\": {}, \"body\": {}}"));
        assert!(is_message(b"{\"header\": {}}"));
        assert!(!is_message(b"{\"header\": 1, \"a\": 2}"));
        assert!(!is_message(b"{\"header\": {}}\n{\"header\": {}}"));
        assert!(!is_message(b"[]") && !is_message(b"{\"a\":"));
        for cut in [&b"{\"header\":{\"datasetId\":\"a\"},\"body\":{\"xdmEn"[..], b"{\n  \"body\": {\n"] {
            assert_eq!(message(cut).unwrap_err().code(), "bad-json");
        }
    }
}
