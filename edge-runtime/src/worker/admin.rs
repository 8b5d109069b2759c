//! What the control plane pushes, and what an operator may look at. All of it needs the edge token: pushes are signed
//! with it (`acquaint_core::wire::signature`), or bear it as everything else does.
//!
//! * `PUT  /_acquaint/v1/bundle` (sealed `Bundle`) -> 200 `{version, tag}`
//! * `GET  /_acquaint/v1/bundle` -> 200 `{version, tag, publishedMs}`, or 404
//! * `POST /_acquaint/v1/projections` (sealed `ProjectionBatch`, at most 50) -> 200 `{accepted}`; all or none is promised.
//!   Those who were erased are forgotten
//! * `GET  /_acquaint/v1/status` -> 200 `{unacknowledged, profilesWaiting}`: events of this process that the control plane
//!   has not acknowledged
//! * `GET  /_acquaint/v1/profile?namespace=&id=` -> 200: position, tail and memberships of one edge profile

use serde_json::json;
use worker::{Env, Result, console_error};

use acquaint_core::limits::{BATCH_BYTES_MAX, SEALED_BYTES_MAX};
use acquaint_core::profile::Identity;
use acquaint_core::wire::signature::{self, Signed};
use acquaint_core::wire::{Projection, ProjectionBatch, open, seal};

use super::convert::failure;
use super::host::Incoming;
use super::keeper::{ask, tell};
use super::settings::{Settings, real_now_ms};
use super::{editions, join, waiting};
use crate::bundle::Edition;
use crate::http::{self, Reply, same_secret};
use crate::problem::Problem;
use crate::reply::{Answering, of_problem};
use crate::{json, limits};

/// Of all paths here.
pub(crate) const PREFIX: &str = "/_acquaint/";

/// A projection batch may hold 50 projections with state.
const PROJECTIONS_BYTES_MAX: usize = 32 * BATCH_BYTES_MAX;

/// Answers one request.
pub(crate) async fn handle(settings: &Settings, env: &Env, incoming: Incoming) -> Result<Reply> {
    let head = &incoming.head;
    let bytes_max = if head.path.ends_with("/bundle") { SEALED_BYTES_MAX } else { PROJECTIONS_BYTES_MAX };
    let caller = caller(settings, head);
    let bytes_max_now = if matches!(caller, Caller::Stranger) { 0 } else { bytes_max };
    let request = incoming.read(bytes_max_now).await?;
    let is_ours = match caller {
        Caller::Stranger => false,
        Caller::Bearer => true,
        Caller::Signed(signed) => signed.is(&request.body),
    };
    let result = if is_ours { route(env, &request, bytes_max).await } else { Err(Problem::Unauthorized) };
    Ok(match result {
        Ok(body) => reply(&body),
        Err(problem) => {
            let answering = Answering { origin: None, request_id: String::new(), org: None, region: None };
            of_problem(&settings.config, &answering, &problem, None)
        }
    })
}

/// Who asks, as far as the headers tell.
enum Caller {
    Stranger,
    Bearer,
    Signed(Signed),
}

fn caller(settings: &Settings, request: &http::Request) -> Caller {
    let secrets = || settings.edge_tokens.iter().map(String::as_str);
    let Some(signature) = request.header(signature::HEADER) else {
        let token = request.header("authorization").unwrap_or_default();
        let known = secrets().any(|secret| same_secret(token, &format!("Bearer {secret}")));
        return if known { Caller::Bearer } else { Caller::Stranger };
    };
    match signature::verify_any(secrets(), &request.path, signature, real_now_ms()) {
        Ok(signed) => Caller::Signed(signed),
        Err(error) => {
            console_error!("what was signed for `{}` is refused: {error}", request.path);
            Caller::Stranger
        }
    }
}

fn reply(body: &serde_json::Value) -> Reply {
    let mut reply = Reply::status(200).with("content-type", "application/json");
    reply.body = json::text(body);
    reply
}

async fn route(
    env: &Env,
    request: &http::Request,
    bytes_max: usize,
) -> std::result::Result<serde_json::Value, Problem> {
    if request.body.len() > bytes_max {
        return Err(Problem::TooLarge { found: request.body.len(), max: bytes_max });
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("PUT", "/_acquaint/v1/bundle") => put_bundle(env, &request.body).await,
        ("GET", "/_acquaint/v1/bundle") => get_bundle(env).await,
        ("POST", "/_acquaint/v1/projections") => put_projections(env, &request.body).await,
        ("GET", "/_acquaint/v1/status") => {
            let (events, profiles) = waiting::total();
            Ok(json!({ "unacknowledged": events, "profilesWaiting": profiles }))
        }
        ("GET", "/_acquaint/v1/profile") => get_profile(env, request).await,
        (_, "/_acquaint/v1/bundle") => Err(Problem::Method { allowed: "GET, PUT" }),
        (_, "/_acquaint/v1/projections") => Err(Problem::Method { allowed: "POST" }),
        (_, "/_acquaint/v1/profile" | "/_acquaint/v1/status") => Err(Problem::Method { allowed: "GET" }),
        (_, path) => Err(Problem::NotFound(path.chars().take(200).collect())),
    }
}

async fn put_bundle(env: &Env, bytes: &[u8]) -> std::result::Result<serde_json::Value, Problem> {
    let edition = Edition::open(bytes).map_err(|error| Problem::Field(format!("not a bundle: {error}")))?;
    editions::publish(env, bytes).await.map_err(|error| unavailable(&error))?;
    let edition = editions::adopt(edition);
    Ok(json!({ "version": edition.version, "tag": edition.tag }))
}

async fn get_bundle(env: &Env) -> std::result::Result<serde_json::Value, Problem> {
    let edition = editions::newest(env).await.map_err(|error| unavailable(&error))?;
    let edition = edition.ok_or_else(|| Problem::NotFound("bundle".into()))?;
    Ok(json!({ "version": edition.version, "tag": edition.tag, "publishedMs": edition.published_ms }))
}

async fn put_projections(env: &Env, bytes: &[u8]) -> std::result::Result<serde_json::Value, Problem> {
    let batch: ProjectionBatch =
        open(bytes).map_err(|error| Problem::Field(format!("not a batch of projections: {error}")))?;
    let found = batch.projections.len().saturating_add(batch.forgotten.len());
    if found > limits::PROJECTIONS_PER_PUSH_MAX {
        let detail = format!("{found} are more than the {} allowed", limits::PROJECTIONS_PER_PUSH_MAX);
        return Err(Problem::Invalid { field: "projections".into(), detail });
    }
    let sent = batch.projections.iter().map(|(identity, projection)| -> join::Pending<'_, _> {
        Box::pin(put_projection(env, identity, projection))
    });
    for result in join::all(sent).await {
        result.map_err(|error| unavailable(&error))?;
    }
    let gone =
        batch.forgotten.iter().map(|identity| -> join::Pending<'_, _> { Box::pin(forget(env, identity)) });
    for result in join::all(gone).await {
        result.map_err(|error| unavailable(&error))?;
    }
    Ok(json!({ "accepted": found }))
}

async fn put_projection(env: &Env, identity: &Identity, projection: &Projection) -> Result<()> {
    let bytes = seal(projection).map_err(|error| failure(&error))?;
    tell(env, identity, "projection", bytes).await
}

async fn forget(env: &Env, identity: &Identity) -> Result<()> {
    tell(env, identity, "forget", Vec::new()).await
}

async fn get_profile(env: &Env, request: &http::Request) -> std::result::Result<serde_json::Value, Problem> {
    let parameter = |name: &str| {
        let value = request.parameter(&[name]);
        value.map(str::to_owned).ok_or_else(|| Problem::Missing(format!("`{name}` is missing in the query")))
    };
    let identity = Identity { namespace: parameter("namespace")?, id: parameter("id")? };
    let inspect = async {
        let answer = ask(env, &identity, "inspect", None).await?;
        json::parse(&answer.bytes).map_err(|error| failure(&error))
    };
    inspect.await.map_err(|error: worker::Error| unavailable(&error))
}

fn unavailable(error: &dyn std::fmt::Display) -> Problem {
    console_error!("{error}");
    Problem::Unavailable
}
