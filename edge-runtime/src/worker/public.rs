//! The public edge: what the Web SDK and servers call.

use futures_util::future::join_all;
use worker::{Context, Env, Method, Request, Response, Result, console_error};

use acquaint_core::profile::Identity;
use acquaint_core::wire::{open, seal};

use super::convert::{self, failure, post};
use super::editions;
use super::settings::Settings;
use crate::limits;
use crate::problem::Problem;
use crate::reply::{Answering, of_problem, preflight};
use crate::request::request_id;
use crate::serve::{self, Random};
use crate::visit::{Outcome, Visit};

/// Answers one request.
pub(crate) async fn handle(
    settings: &Settings,
    env: &Env,
    context: &Context,
    mut request: Request,
) -> Result<Response> {
    let request = convert::read(&mut request, limits::REQUEST_BYTES_MAX).await?;
    if request.method == "OPTIONS" {
        return convert::write(preflight(&request));
    }
    let config = &settings.config;
    let refuse = |problem: &Problem| {
        let answering = Answering::new(&request, request_id(&request).unwrap_or_default());
        convert::write(of_problem(config, &answering, problem, None))
    };
    let edition = match editions::current(env, context).await {
        Ok(edition) => edition,
        Err(error) => {
            console_error!("no bundle could be read: {error}");
            return refuse(&Problem::NoBundle);
        }
    };
    let mut random = Random { ecid: [0; 16], request: [0; 16] };
    if getrandom::fill(&mut random.ecid).and_then(|()| getrandom::fill(&mut random.request)).is_err() {
        return refuse(&Problem::Internal);
    }
    let now_ms = settings.now_ms();
    let (begun, visits) = match serve::begin(config, edition.as_deref(), &request, random, now_ms) {
        Ok(begun) => begun,
        Err(reply) => return convert::write(reply),
    };
    // A request is only understood under an edition, so there is one.
    let Some(edition) = edition else { return refuse(&Problem::NoBundle) };
    let outcomes = join_all(visits.iter().map(|visit| put(env, &edition.tag, visit))).await;
    convert::write(serve::finish(config, &edition, begun, outcomes))
}

/// Puts a visit to its profile.
async fn put(env: &Env, tag: &str, visit: &Visit) -> Outcome {
    match try_put(env, tag, visit).await {
        Ok(outcome) => outcome,
        Err(error) => {
            console_error!("a profile did not answer: {error}");
            Outcome::Unavailable
        }
    }
}

async fn try_put(env: &Env, tag: &str, visit: &Visit) -> Result<Outcome> {
    let bytes = seal(visit).map_err(|error| failure(&error))?;
    let stub = env.durable_object("EDGE_PROFILE")?.get_by_name(&profile_name(&visit.primary))?;
    let request = post(&format!("https://profile/visit/{tag}"), Method::Post, &bytes, None)?;
    let mut response = stub.fetch_with_request(request).await?;
    if response.status_code() != 200 {
        return Err(failure(&format!("status {}", response.status_code())));
    }
    open(&response.bytes().await?).map_err(|error| failure(&error))
}

/// The name of the Durable Object of an identity. The separator occurs in no namespace.
pub(crate) fn profile_name(identity: &Identity) -> String {
    format!("{}\u{1f}{}", identity.namespace, identity.id)
}
