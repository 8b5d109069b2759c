//! Who is asking: bearer tokens for administration, signatures (or bearer tokens) for the edge, write keys for ingestion
//! (`ingest-api.md` section 2: Basic, `writeKey` in the body or in an event, `?writeKey=`).

use acquaint_core::wire::signature;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::body;
use crate::app::Shared;
use crate::problem::Problem;
use crate::tokens::EdgeTokens;

/// Lets only the administrator through.
pub(crate) async fn admin(State(app): State<Shared>, request: Request, next: Next) -> Response {
    match is_admin(&app, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Whether the administrator is asking.
pub(crate) fn is_admin(app: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    check(headers, |token| app.tokens.admin.matches(token))
}

/// Lets only the edge through: by a signature of what it sends, else by its token.
pub(crate) async fn edge(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let checked = match request.headers().get(signature::HEADER).cloned() {
        Some(signature) => check_signature(&app.tokens.edge, &signature, request).await,
        None => check(request.headers(), |token| app.tokens.edge.matches(token)).map(|()| request),
    };
    match checked {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Reads the body only if the signature holds, and gives the request back with it.
async fn check_signature(
    tokens: &EdgeTokens,
    signature: &HeaderValue,
    request: Request,
) -> Result<Request, Problem> {
    let signature = signature.to_str().unwrap_or_default();
    let now_ms = crate::clock::system_ms();
    let signed = signature::verify_any(tokens.texts(), request.uri().path(), signature, now_ms)
        .map_err(|error| unauthorized(&error.to_string()))?;
    let (parts, sent) = request.into_parts();
    let body = body::read_raw(&parts.headers, sent, super::edge::BODY_BYTES_MAX).await?;
    if !signed.is(&body) {
        return Err(unauthorized("the body is not the one that was signed"));
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn check(headers: &HeaderMap, is_right: impl FnOnce(&str) -> bool) -> Result<(), Problem> {
    match bearer(headers) {
        Some(presented) if is_right(presented) => Ok(()),
        Some(_) => Err(unauthorized("the token is not the right one")),
        None => Err(unauthorized("an `Authorization: Bearer` header is needed")),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// 401
pub(crate) fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "who is asking is not known", detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// The write key of a client that may also send it as a bearer token.
pub(crate) fn write_key(headers: &HeaderMap) -> Option<String> {
    basic_write_key(headers).or_else(|| bearer(headers).map(str::to_owned))
}

/// The write key in a Basic header: the user name; a missing colon is tolerated.
pub(crate) fn basic_write_key(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let key = decoded.split(':').next().unwrap_or_default();
    (!key.is_empty()).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())])
    }

    #[test]
    fn a_write_key_is_the_user_name() {
        let check = |text: &str, expected: Option<&str>| {
            let header = headers(&format!("Basic {}", STANDARD.encode(text)));
            assert_eq!(basic_write_key(&header).as_deref(), expected, "{text}");
        };
        check("KEY:", Some("KEY"));
        check("KEY", Some("KEY"));
        check("KEY:ignored", Some("KEY"));
        check(":", None);
        assert_eq!(basic_write_key(&headers("Basic ***")), None);
        assert_eq!(basic_write_key(&headers("Bearer KEY")), None);
    }

    #[test]
    fn only_the_right_bearer_passes() {
        let is_let_in = |headers: &HeaderMap| check(headers, |token| token == "secret").is_ok();
        assert!(is_let_in(&headers("Bearer secret")));
        assert!(is_let_in(&headers("bearer secret")));
        assert!(!is_let_in(&headers("Bearer wrong")));
        assert!(!is_let_in(&headers("Basic secret")));
        assert!(!is_let_in(&HeaderMap::new()));
    }
}
