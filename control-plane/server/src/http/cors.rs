//! What browsers may do from other origins (`ingest-api.md` section 3): send events and fetch settings, without
//! credentials.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Of every answer.
const ALWAYS: [(HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After")];
/// Of the answer to a preflight.
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, x-retry-count, anonymousid, sentat, rsa-recovered, rsa-retry-attempt, \
         rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason",
    ),
    (header::ACCESS_CONTROL_MAX_AGE, "86400"),
];

/// Answers preflights, and lets pages read every other answer.
pub(crate) async fn open(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = match is_preflight {
        true => StatusCode::NO_CONTENT.into_response(),
        false => next.run(request).await,
    };
    for (name, value) in PREFLIGHT.into_iter().filter(|_| is_preflight) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    readable(response)
}

/// Lets pages read an answer.
pub(crate) fn readable(mut response: Response) -> Response {
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
