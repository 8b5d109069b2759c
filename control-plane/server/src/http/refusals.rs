//! Every refusal is a problem: what the framework refuses before a route is asked (an address that is not UTF-8, a query
//! of the wrong form) gets the form of all others.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::{Problem, TYPE};

/// Bytes of what the framework says.
const SAID_BYTES_MAX: usize = 4 * 1024;

/// Leaves answers and problems as they are, and makes problems of all other refusals.
pub(crate) async fn typed(response: Response) -> Response {
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    if !refused || response.headers().get(header::CONTENT_TYPE).is_some_and(|found| found == TYPE) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, SAID_BYTES_MAX).await.unwrap_or_default();
    let detail = String::from_utf8_lossy(&said).into_owned();
    let mut problem =
        Problem::new(status, "bad-request", "the request cannot be read", detail).into_response();
    for (name, value) in &parts.headers {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            problem.headers_mut().append(name, value.clone());
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn what_the_framework_refuses_becomes_a_problem_and_nothing_else_changes() {
        let refused =
            typed((StatusCode::BAD_REQUEST, [(header::ALLOW, "GET")], "no UTF-8").into_response()).await;
        assert_eq!(
            (refused.status(), &refused.headers()[header::ALLOW]),
            (StatusCode::BAD_REQUEST, &"GET".parse().unwrap())
        );
        assert_eq!(refused.headers()[header::CONTENT_TYPE], TYPE);
        let body = axum::body::to_bytes(refused.into_body(), 1_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&body["type"], &body["detail"]),
            (&"urn:acquaint:problem:bad-request".into(), &"no UTF-8".into())
        );
        let fine = typed("ok".into_response()).await;
        assert_eq!(fine.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        let problem = typed(Problem::not_found("thing", "a").into_response()).await;
        let body = axum::body::to_bytes(problem.into_body(), 1_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("not-found"));
    }
}
