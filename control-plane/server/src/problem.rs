//! What a refused request is answered with: `application/problem+json` (RFC 9457), with a stable code and, where there
//! is text, the place in it.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The content type of a problem.
pub(crate) const TYPE: &str = "application/problem+json";
/// In how many seconds more will be taken, as some clients want to hear it.
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A problem. Members beyond the standard ones are added with [`Problem::with`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a stable code (kebab case), a title that never varies, and what is wrong this time.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code, title, detail: detail.into(), members: Map::new(), headers: Vec::new() }
    }

    /// 400
    pub(crate) fn bad_request(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, title, detail)
    }

    /// 404
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "there is no such thing",
            format!("there is no {what} `{id}`"),
        )
    }

    /// 413
    pub(crate) fn too_large(what: &str, max: usize, unit: &str) -> Self {
        let detail = format!("{what} has more than the {max} {unit} allowed");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the request is too large", detail)
            .with("max", max)
    }

    /// 429: nothing was kept, send it again after so long.
    pub(crate) fn too_fast(detail: impl Into<String>, wait_ms: u64) -> Self {
        let seconds = HeaderValue::from(wait_ms.div_ceil(1_000).max(1));
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", "more than can be taken now", detail)
            .header(header::RETRY_AFTER, seconds.clone())
            .header(RATE_LIMIT_RESET, seconds)
    }

    /// 503: nothing was kept, send it again later.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        let title = "the server cannot take this now";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title, detail)
            .header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Answers with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong this time.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// All of it, as it is answered.
    pub(crate) fn body(&self) -> Value {
        let mut body = self.members.clone();
        body.insert("type".into(), json!(format!("urn:acquaint:problem:{}", self.code)));
        body.insert("title".into(), json!(self.title));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("detail".into(), json!(self.detail));
        Value::Object(body)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body().to_string();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(TYPE));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

impl From<acquaint_store::Error> for Problem {
    /// Every failure of the store is one of ours, never of the caller: what was sent can be sent again.
    fn from(error: acquaint_store::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        match error {
            acquaint_store::Error::Conflict { .. } => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "somebody else changed it first",
                error.to_string(),
            ),
            acquaint_store::Error::Storage(_)
            | acquaint_store::Error::Damaged { .. }
            | acquaint_store::Error::Locked { .. }
            | acquaint_store::Error::Key { .. }
            | acquaint_store::Error::Unavailable => Self::unavailable(error.to_string()),
        }
    }
}

impl From<acquaint_engine::Error> for Problem {
    fn from(error: acquaint_engine::Error) -> Self {
        match error {
            acquaint_engine::Error::Store(error) => error.into(),
            acquaint_engine::Error::Record { .. } | acquaint_engine::Error::Catalog(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the engine failed");
                Self::unavailable(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_kind_it_is_and_where_it_lies() {
        let problem =
            Problem::bad_request("bad-json", "the body is not JSON", "expected value").with("line", 3);
        let body = problem.body();
        assert_eq!(body["type"], "urn:acquaint:problem:bad-json");
        assert_eq!(body["status"], 400);
        assert_eq!(body["line"], 3);
        let response = problem.into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn who_is_too_fast_is_told_whole_seconds_and_never_none() {
        let check = |wait_ms: u64, expected: &str| {
            let response = Problem::too_fast("", wait_ms).into_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[header::RETRY_AFTER], expected);
            assert_eq!(response.headers()["x-ratelimit-reset"], expected);
        };
        check(0, "1");
        check(1_000, "1");
        check(1_001, "2");
    }

    #[test]
    fn a_store_that_is_away_asks_for_another_try() {
        let response = Problem::from(acquaint_store::Error::Unavailable).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
