//! Headers of every answer, errors included: without them a browser shows a network error instead of the document
//! (`edge-api.md` section 3, CORS).

use acquaint_core::wire::{Datastream, Region};

use super::handles::Cookie;
use crate::http::{Config, Reply, Request};
use crate::json;
use crate::problem::Problem;

/// To whom an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// The page's origin, as the browser said it.
    pub origin: Option<String>,
    /// The request id to echo.
    pub request_id: String,
    /// The organisation of the datastream, once that is known.
    pub org: Option<String>,
    /// The region that is told; absent: that of this edge.
    pub region: Option<Region>,
}

impl Answering {
    /// Of a request.
    pub fn new(request: &Request, request_id: String) -> Self {
        Self { origin: request.header("origin").map(str::to_owned), request_id, org: None, region: None }
    }

    /// To whom the answer to this problem goes: a page that may not call is not let read it either.
    #[must_use]
    pub fn hidden_from(&self, problem: &Problem) -> Self {
        let origin = self.origin.clone().filter(|_| !matches!(problem, Problem::Origin(_)));
        Self { origin, ..self.clone() }
    }

    /// Of a datastream, and in this of its regions ([`crate::region`]).
    #[must_use]
    pub fn of(&self, datastream: &Datastream, region: Option<Region>) -> Self {
        Self { org: Some(datastream.org.clone()), region, ..self.clone() }
    }

    /// The region that is told.
    pub fn region<'a>(&'a self, config: &'a Config) -> &'a Region {
        self.region.as_ref().unwrap_or(&config.region)
    }

    /// A reply with a body of the given kind.
    pub fn reply(&self, config: &Config, status: u16, body: Option<(&str, &serde_json::Value)>) -> Reply {
        let region = self.region(config);
        let mut reply = cors(Reply::status(status), self.origin.as_deref())
            .with("x-request-id", self.request_id.clone())
            .with("x-adobe-edge", format!("{};{}", region.hint.to_ascii_uppercase(), region.id))
            .with("cache-control", "no-cache, no-store, max-age=0, no-transform, private")
            .with("x-content-type-options", "nosniff");
        if let Some((content_type, body)) = body {
            reply = reply.with("content-type", content_type);
            reply.body = json::text(body);
        }
        reply
    }
}

/// The answer to a preflight.
pub fn preflight(request: &Request) -> Reply {
    cors(Reply::status(204), request.header("origin"))
        .with("access-control-allow-methods", "GET, POST, OPTIONS")
        .with(
            "access-control-allow-headers",
            "content-type, authorization, x-api-key, x-gw-ims-org-id, x-request-id",
        )
        .with("access-control-max-age", "86400")
}

/// The answer to a request that has a problem.
pub fn of_problem(
    config: &Config,
    answering: &Answering,
    problem: &Problem,
    datastream: Option<&str>,
) -> Reply {
    let mut document = problem.to_json(&answering.request_id, datastream);
    if let (Some(org), Some(serde_json::Value::Object(report))) = (&answering.org, document.get_mut("report"))
    {
        report.insert("orgId".into(), org.as_str().into());
    }
    let mut reply = answering.reply(config, problem.status(), Some(("application/problem+json", &document)));
    if let Some(seconds) = problem.retry_after_seconds() {
        reply = reply.with("retry-after", seconds.to_string());
    }
    if let Problem::Method { allowed } = problem {
        reply = reply.with("allow", *allowed);
    }
    reply
}

/// A cookie as the browser itself is told it. Readable by script: the Web SDK reads it.
pub fn set_cookie(cookie: &Cookie, domain: &str) -> String {
    format!(
        "{}={}; Path=/; Domain={domain}; Max-Age={}; Secure; SameSite=None",
        cookie.key, cookie.value, cookie.max_age
    )
}

fn cors(reply: Reply, origin: Option<&str>) -> Reply {
    let reply = reply.with("vary", "Origin");
    match origin {
        None => reply,
        Some(origin) => reply
            .with("access-control-allow-origin", origin)
            .with("access-control-allow-credentials", "true")
            .with("access-control-expose-headers", "Retry-After, X-Adobe-Edge, X-Request-ID"),
    }
}
