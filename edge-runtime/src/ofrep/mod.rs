//! The OpenFeature Remote Evaluation Protocol, so that any OpenFeature SDK can ask the edge for flags:
//! `POST /ofrep/v1/evaluate/flags/{key}` for one flag and `POST /ofrep/v1/evaluate/flags` for all of them. Both may stand
//! below `/{datastream}`; then only its flags are there. Source: `open-feature/protocol`, `service/openapi.yaml` 0.1.0.
//!
//! The `targetingKey` of the context is an identity, in the namespace that the datastream says. Reading changes nothing:
//! who was never seen is not stored. Other fields of the context are not looked at.

mod flag;

use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Identity, Status};
use acquaint_core::wire::{Datastream, Flag};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use crate::bundle::Edition;
use crate::decide::of_stranger;
use crate::http::{Config, Reply, Request, decode, same_secret};
use crate::identity::ecid;
use crate::identity::map::{self, ECID, FPID};
use crate::json;
use crate::limits;
use crate::problem::Problem;
use crate::route::Version;
use crate::serve::access;
use crate::visit::View;
use flag::Person;

/// What is asked for, by the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    /// Only flags of this datastream.
    datastream: Option<String>,
    /// Only this flag; absent: all.
    key: Option<String>,
}

/// A request that was understood and waits for who is asking.
#[derive(Clone, Debug)]
pub struct Asked {
    origin: Option<String>,
    if_none_match: Option<String>,
    key: Option<String>,
    parts: Vec<Part>,
}

/// The flags of one datastream.
#[derive(Clone, Debug)]
struct Part {
    flags: Vec<Flag>,
    identity: Option<Identity>,
    /// Whether audiences are decided here.
    segmentation: bool,
}

/// Whether a path is of this protocol.
pub fn is_ours(path: &str) -> bool {
    path.starts_with("/ofrep/") || route(path).is_some()
}

fn route(path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (datastream, rest) = match segments.as_slice() {
        ["ofrep", rest @ ..] => (None, rest),
        [datastream, "ofrep", rest @ ..] => (Some(decode(datastream)), rest),
        _ => return None,
    };
    match rest {
        ["v1", "evaluate", "flags"] => Some(Route { datastream, key: None }),
        ["v1", "evaluate", "flags", key] if !key.is_empty() => {
            Some(Route { datastream, key: Some(decode(key)) })
        }
        _ => None,
    }
}

/// Understands a request. The identities are those to look at; nothing of that is to be stored.
pub fn begin(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
) -> Result<(Asked, Vec<Identity>), Reply> {
    let origin = request.header("origin");
    if request.method == "OPTIONS" {
        return Err(preflight(origin));
    }
    let Some(route) = route(&request.path) else { return Err(failure(origin, 404, "there is nothing here")) };
    if request.method != "POST" {
        return Err(failure(origin, 405, "only POST is allowed here").with("allow", "POST, OPTIONS"));
    }
    let known = authenticate(config, request).map_err(|problem| of_problem(origin, &problem))?;
    let edition = edition.ok_or_else(|| of_problem(origin, &Problem::NoBundle))?;
    let key = route.key.as_deref();
    let refuse = |(code, details): (&str, String)| refused(origin, 400, key, code, &details);
    let targeting_key = targeting_key(request).map_err(refuse)?;
    let mut parts = Vec::new();
    let mut closed = None;
    for datastream in edition.datastreams() {
        let elsewhere = route.datastream.as_ref().is_some_and(|id| *id != datastream.id);
        let of_key = |flag: &&Flag| key.is_none_or(|key| *key == flag.key);
        let flags: Vec<Flag> = datastream.flags.iter().filter(of_key).cloned().collect();
        if elsewhere || !datastream.enabled || flags.is_empty() {
            continue;
        }
        if let Err(problem) = access::check(datastream, Version::V2, request, known) {
            closed = Some(problem);
            continue;
        }
        let identity =
            targeting_key.as_deref().map(|key| identity(datastream, key)).transpose().map_err(refuse)?;
        parts.push(Part { flags, identity, segmentation: datastream.edge_segmentation });
    }
    match (closed, key) {
        (Some(problem), _) if parts.is_empty() => return Err(of_problem(origin, &problem)),
        (None, Some(_)) if parts.is_empty() => return Err(not_found(origin, key)),
        (Some(_) | None, _) => {}
    }
    let identities = parts.iter().filter_map(|part| part.identity.clone()).collect();
    let asked = Asked {
        origin: origin.map(str::to_owned),
        if_none_match: request.header("if-none-match").map(str::to_owned),
        key: route.key,
        parts,
    };
    Ok((asked, identities))
}

/// Whether the API token was presented, in either of the two ways of the protocol.
fn authenticate(config: &Config, request: &Request) -> Result<bool, Problem> {
    let by_key = match (request.header("x-api-key"), &config.api_token) {
        (None, _) => false,
        (Some(token), Some(expected)) if same_secret(token, expected) => true,
        (Some(_), _) => return Err(Problem::Unauthorized),
    };
    Ok(access::authenticate(config, Version::V2, request)? || by_key)
}

/// Whose profile a targeting key means. A first-party device id stands for the ECID that is made of it.
fn identity(datastream: &Datastream, targeting_key: &str) -> Result<Identity, (&'static str, String)> {
    let identity = map::check(&datastream.targeting_namespace, targeting_key)
        .map_err(|problem| ("INVALID_CONTEXT", format!("`targetingKey`: {problem}")))?;
    Ok(match identity.namespace.as_str() {
        FPID => Identity { namespace: ECID.into(), id: ecid::from_fpid(&datastream.org, &identity.id) },
        _ => identity,
    })
}

/// The error code and what is wrong, if the body cannot be used.
fn targeting_key(request: &Request) -> Result<Option<String>, (&'static str, String)> {
    let parse = |details: String| ("PARSE_ERROR", details);
    let invalid = |details: &str| ("INVALID_CONTEXT", details.to_owned());
    if request.body.len() > limits::REQUEST_BYTES_MAX {
        return Err(parse(format!("more than {} bytes", limits::REQUEST_BYTES_MAX)));
    }
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let body = json::parse(&request.body).map_err(|error| parse(error.to_string()))?;
    let Value::Object(body) = body else { return Err(parse("the body is no object".into())) };
    let context = match body.get("context") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(context)) => context,
        Some(_) => return Err(invalid("`context` is no object")),
    };
    match context.get("targetingKey") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(key)) if key.is_empty() => Ok(None),
        Some(Value::String(key)) => Ok(Some(key.clone())),
        Some(_) => Err(invalid("`targetingKey` is no string")),
    }
}

/// Writes the reply, from what was seen of every identity in the order of the identities, or why it could not be.
pub fn finish(asked: Asked, edition: &Edition, views: Vec<Result<View, Problem>>, now_ms: i64) -> Reply {
    let origin = asked.origin.as_deref();
    let mut views = views.into_iter();
    let mut flags = Vec::new();
    for part in &asked.parts {
        let audiences = match part.identity.as_ref().and_then(|_| views.next()) {
            Some(Err(problem)) => return of_problem(origin, &problem),
            Some(Ok(view)) if part.segmentation => members(edition, view, now_ms),
            Some(Ok(_)) | None => Vec::new(),
        };
        let person = Person { identity: part.identity.as_ref(), audiences: &audiences };
        flags.extend(part.flags.iter().map(|flag| (flag.key.clone(), flag::evaluate(flag, person))));
    }
    if let Some(key) = &asked.key {
        return match flags.into_iter().next() {
            Some((_, Ok(found))) => reply(origin, 200, &found),
            Some((_, Err(error))) => refused(origin, 400, Some(key), error.code(), &error.to_string()),
            None => not_found(origin, Some(key)),
        };
    }
    let flags = flags.into_iter().map(|(key, found)| {
        found.unwrap_or_else(
            |error| json!({ "key": key, "errorCode": error.code(), "errorDetails": error.to_string() }),
        )
    });
    let found = json!({ "flags": flags.collect::<Vec<_>>() });
    let tag = format!("\"{:016x}\"", xxh3_64(json::text(&found).as_bytes()));
    if asked.if_none_match.is_some_and(|known| matches(&known, &tag)) {
        return cors(Reply::status(304), origin).with("etag", tag);
    }
    reply(origin, 200, &found).with("etag", tag)
}

/// The audiences somebody is in: nobody's if they object, and those of anybody if they were never seen.
fn members(edition: &Edition, view: View, now_ms: i64) -> Vec<AudienceId> {
    let memberships = match (view.objects, view.known) {
        (true, _) => return Vec::new(),
        (false, true) => view.memberships,
        (false, false) => of_stranger(edition, now_ms),
    };
    let realized = memberships.into_iter().filter(|(_, of)| of.status == Status::Realized);
    realized.map(|(audience, _)| audience).collect()
}

/// Whether `If-None-Match` names a tag; whether it calls it weak does not matter (RFC 9110, 13.1.2).
fn matches(known: &str, tag: &str) -> bool {
    let mut tags = known.split(',').map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn refused(origin: Option<&str>, status: u16, key: Option<&str>, code: &str, details: &str) -> Reply {
    let mut document = json!({ "errorCode": code, "errorDetails": details });
    if let (Some(key), Some(fields)) = (key, document.as_object_mut()) {
        fields.insert("key".into(), key.into());
    }
    reply(origin, status, &document)
}

fn not_found(origin: Option<&str>, key: Option<&str>) -> Reply {
    refused(origin, 404, key, "FLAG_NOT_FOUND", "there is no such flag")
}

fn failure(origin: Option<&str>, status: u16, details: &str) -> Reply {
    reply(origin, status, &json!({ "errorDetails": details }))
}

/// A page that may not call is not let read the answer either.
fn of_problem(origin: Option<&str>, problem: &Problem) -> Reply {
    let origin = origin.filter(|_| !matches!(problem, Problem::Origin(_)));
    let reply = failure(origin, problem.status(), &problem.to_string());
    match problem.retry_after_seconds() {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn reply(origin: Option<&str>, status: u16, body: &Value) -> Reply {
    let mut reply = cors(Reply::status(status), origin)
        .with("content-type", "application/json")
        .with("cache-control", "no-cache, private")
        .with("x-content-type-options", "nosniff");
    reply.body = json::text(body);
    reply
}

fn preflight(origin: Option<&str>) -> Reply {
    cors(Reply::status(204), origin)
        .with("access-control-allow-methods", "POST, OPTIONS")
        .with("access-control-allow-headers", "authorization, content-type, if-none-match, x-api-key")
        .with("access-control-max-age", "86400")
}

/// A page of another origin reads the tag; cookies are of no use here, so none are let in.
fn cors(reply: Reply, origin: Option<&str>) -> Reply {
    let reply = reply.with("vary", "Origin");
    match origin {
        None => reply,
        Some(origin) => reply
            .with("access-control-allow-origin", origin)
            .with("access-control-expose-headers", "ETag, Retry-After"),
    }
}

#[cfg(test)]
mod tests;
