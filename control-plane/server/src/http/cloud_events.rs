//! `POST /cloudevents`: CloudEvents 1.0 by the HTTP binding, structured, binary or batched; `OPTIONS` asks whether they
//! may be sent (`ingest-api.md` section 8). The sender is known by a write key: as a bearer token, as the user of Basic
//! authentication, or as `?access_token=` where the sender takes only an address.

mod decode;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use acquaint_core::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX};
use acquaint_store::catalog::Source;

use self::decode::Sent;
use super::slash::BothWays as _;
use super::{auth, body};
use crate::app::Shared;
use crate::ingest::{self, Fate, Form, Kept};
use crate::problem::Problem;

const REQUEST_ORIGIN: &str = "webhook-request-origin";
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");
const METHODS: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

#[derive(Debug, Default, Deserialize)]
struct KeyInQuery {
    access_token: Option<String>,
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().both_ways("/cloudevents", post(take).options(handshake))
}

/// The source of the key that a request bears, if it bears any.
fn sender(app: &Shared, headers: &HeaderMap, query: KeyInQuery) -> Result<Option<Source>, Problem> {
    let Some(key) = auth::write_key(headers).or(query.access_token).or(query.write_key) else {
        return Ok(None);
    };
    match app.in_force().rules.source_of_key(&key) {
        Some(source) => Ok(Some(source.clone())),
        None => Err(auth::unauthorized("the write key is not known")),
    }
}

/// 202: durable, and worked on afterwards.
async fn take(
    State(app): State<Shared>,
    Query(query): Query<KeyInQuery>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let source = sender(&app, &headers, query)?.ok_or_else(|| {
        auth::unauthorized("a write key is needed: as a bearer token, or as `?access_token=`")
    })?;
    let mode = decode::Mode::of(&headers)?;
    let sent = body::read(&headers, sent, BATCH_BYTES_MAX).await?;
    let (events, is_batch) = match decode::events(mode, &headers, &sent)? {
        Sent::One(event) => (vec![event], false),
        Sent::Batch(events) => (events, true),
    };
    if events.len() > BATCH_EVENTS_MAX {
        return Err(Problem::too_large("the batch", BATCH_EVENTS_MAX, "events"));
    }
    let fates = ingest::connection(&app, source.id, Form::CloudEvent, events).await?.fates;
    if let ([Fate::Refused(refusal)], false) = (fates.as_slice(), is_batch) {
        let title = "the event is in quarantine";
        return Err(Problem::bad_request("bad-record", title, refusal.reason.clone())
            .with("code", refusal.code.clone())
            .with("field", refusal.path.clone()));
    }
    let Kept { accepted, duplicates, refused } = Kept::of(&fates);
    let answer = json!({"accepted": accepted, "duplicates": duplicates, "quarantined": refused});
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Whether somebody may send, and how many requests a minute: each may hold one event, so that is the source's limit. Nobody
/// is let in by it, so a sender that keeps its key for the events is answered too.
async fn handshake(
    State(app): State<Shared>,
    Query(query): Query<KeyInQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let source = sender(&app, &headers, query)?;
    let Some(origin) = headers.get(REQUEST_ORIGIN) else {
        let detail = "`WebHook-Request-Origin` should say who wants to send";
        return Err(Problem::bad_request("bad-handshake", "the handshake cannot be answered", detail));
    };
    let limit = source.and_then(|source| source.rate_limit);
    let rate = limit.map_or(HeaderValue::from_static("*"), |limit| {
        HeaderValue::from(u64::from(limit.per_second).saturating_mul(60))
    });
    let allowed = [(header::ALLOW, METHODS), (ALLOWED_ORIGIN, origin.clone()), (ALLOWED_RATE, rate)];
    Ok((StatusCode::OK, allowed).into_response())
}
