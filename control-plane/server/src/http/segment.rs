//! Ingestion from Segment- and RudderStack-compatible clients (`ingest-api.md` sections 1 to 5). 200 is said when
//! everything that was sent is durable: accepted, or in quarantine with its reason.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{MethodRouter, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use acquaint_core::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
use acquaint_engine::ingest::request::{self, Request};

use super::slash::BothWays as _;
use super::{auth, body, mended};
use crate::app::Shared;
use crate::ingest;
use crate::problem::Problem;

/// Where the client sends its key when it can send no header.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct KeyInQuery {
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
}

/// Each type under its name and under its first letter, as browsers send it.
const TYPES: [(&str, &str); 6] =
    [("track", "t"), ("identify", "i"), ("page", "p"), ("group", "g"), ("alias", "a"), ("screen", "s")];

pub(crate) fn routes() -> Router<Shared> {
    let mut routes = Router::new().both_ways("/v1/m", post(metrics));
    for path in ["/v1/batch", "/v1/b", "/beacon/v1/batch", "/v1/import"] {
        routes = routes.both_ways(path, batch());
    }
    for (name, letter) in TYPES {
        routes = routes
            .both_ways(&format!("/v1/{name}"), one(name))
            .both_ways(&format!("/v1/{letter}"), one(name));
    }
    routes
}

/// When it was sent, as some clients say it: upper or lower case is one to HTTP.
const SENT_AT: &str = "sentat";

type Parts = (State<Shared>, ConnectInfo<SocketAddr>, Query<KeyInQuery>, HeaderMap);

fn batch() -> MethodRouter<Shared> {
    post(|parts: Parts, sent: Body| async move {
        let sent = read(&parts.3, sent, BATCH_BYTES_MAX).await?;
        let sent = match body::json(&sent) {
            Err(problem) if problem.code() == body::BAD_JSON => mended::batch(&sent).ok_or(problem)?,
            read => read?,
        };
        let key = request_key(&parts.3, &parts.2, &sent);
        take(&parts, key, split(sent)?).await
    })
}

fn one(kind: &'static str) -> MethodRouter<Shared> {
    post(move |parts: Parts, sent: Body| async move {
        let sent = body::json(&read(&parts.3, sent, EVENT_BYTES_MAX).await?)?;
        let key = request_key(&parts.3, &parts.2, &sent);
        take(&parts, key, vec![request::single(sent, kind)]).await
    })
}

/// Clients report on themselves; nothing is kept.
async fn metrics() -> Json<Value> {
    Json(json!({"success": true}))
}

async fn read(headers: &HeaderMap, sent: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let sent = body::read(headers, sent, bytes_max).await.map_err(told_as_segment_does)?;
    Ok(mended::mended(sent))
}

/// Clients of this API know 400 for what is too large.
fn told_as_segment_does(problem: Problem) -> Problem {
    match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => problem.with_status(StatusCode::BAD_REQUEST),
        _ => problem,
    }
}

/// The key of the whole request: in the header, the address, or the body.
fn request_key(headers: &HeaderMap, query: &KeyInQuery, sent: &Map<String, Value>) -> Option<String> {
    let in_body = || sent.get("writeKey").and_then(Value::as_str).map(str::to_owned);
    auth::basic_write_key(headers).or_else(|| query.write_key.clone()).or_else(in_body)
}

/// The messages of a batch, with what is said once for all of them laid under each.
fn split(sent: Map<String, Value>) -> Result<Vec<Value>, Problem> {
    request::split(sent).map_err(|refusal| match refusal.code.as_str() {
        "too_many_events" => {
            told_as_segment_does(Problem::too_large("the batch", BATCH_EVENTS_MAX, "events"))
        }
        "batch_context_too_large" => told_as_segment_does(Problem::too_large(
            "the batch's context",
            request::SHARED_BYTES_MAX,
            "bytes",
        )),
        _ => Problem::bad_request("wrong-shape", "the body does not have the expected shape", refusal.reason)
            .with("field", refusal.path),
    })
}

async fn take(parts: &Parts, key: Option<String>, messages: Vec<Value>) -> Result<Json<Value>, Problem> {
    let (State(app), ConnectInfo(address), _, headers) = parts;
    let request = Request {
        client_ip: Some(address.ip().to_string()),
        from_browser: headers.contains_key(header::ORIGIN),
        sent_at: headers.get(SENT_AT).and_then(|value| value.to_str().ok()).map(str::to_owned),
    };
    let quarantined = ingest::messages(app, key, &request, messages).await?;
    let mut answer = json!({"success": true});
    if quarantined > 0
        && let Value::Object(answer) = &mut answer
    {
        answer.insert("quarantined".into(), quarantined.into());
    }
    Ok(Json(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_without_messages_or_with_too_many_is_refused() {
        let check = |batch: Value, code: &str| {
            let sent = json!({ "batch": batch });
            assert_eq!(split(sent.as_object().unwrap().clone()).unwrap_err().code(), code);
        };
        check(json!({}), "wrong-shape");
        check(json!(vec![Value::Null; BATCH_EVENTS_MAX + 1]), "too-large");
    }

    #[test]
    fn the_header_is_stronger_than_the_address_and_the_address_than_the_body() {
        let sent = json!({"writeKey": "body"});
        let query = KeyInQuery { write_key: Some("query".into()) };
        let basic = HeaderMap::from_iter([(
            axum::http::header::AUTHORIZATION,
            "Basic aGVhZGVyOg==".parse().unwrap(),
        )]);
        let sent = sent.as_object().unwrap();
        assert_eq!(request_key(&basic, &query, sent).as_deref(), Some("header"));
        assert_eq!(request_key(&HeaderMap::new(), &query, sent).as_deref(), Some("query"));
        assert_eq!(request_key(&HeaderMap::new(), &KeyInQuery::default(), sent).as_deref(), Some("body"));
    }
}
