//! The public edge: what the Web SDK and servers call.

use std::cell::RefCell;

use futures_util::future::join_all;
use worker::{Context, Env, Method, Request, Response, Result, console_error};

use acquaint_core::profile::Identity;
use acquaint_core::wire::{open, seal};

use super::convert::{self, failure, post};
use super::editions;
use super::lookup;
use super::settings::{Settings, real_now_ms};
use crate::bundle::Edition;
use crate::http::{self, Config, Reply};
use crate::identity::ecid;
use crate::limits;
use crate::problem::Problem;
use crate::profile::Rate;
use crate::reply::{Answering, of_problem, preflight};
use crate::request::request_id;
use crate::route::is_lookup;
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
    if is_lookup(&config.base_path, &request.path) {
        let fresh_id = ecid::uuid_v4(random.request);
        return convert::write(lookup::handle(config, env, edition.as_deref(), &request, fresh_id).await);
    }
    if let Some(reply) = answer(config, env, edition.as_deref(), &request, random, now_ms).await {
        return convert::write(reply);
    }
    // A keeper is ahead of this isolate. The request begins again, whole, under the newest edition: what of it was stored
    // already is known by its ids.
    let newest = editions::newest(env).await?;
    match answer(config, env, newest.as_deref(), &request, random, now_ms).await {
        Some(reply) => convert::write(reply),
        None => refuse(&Problem::NoBundle),
    }
}

/// The answer under one edition. `None`: a profile is kept where that edition is not to be had.
async fn answer(
    config: &Config,
    env: &Env,
    edition: Option<&Edition>,
    request: &http::Request,
    random: Random,
    now_ms: i64,
) -> Option<Reply> {
    let (begun, visits) = match serve::begin(config, edition, request, random, now_ms) {
        Ok(begun) => begun,
        Err(reply) => return Some(reply),
    };
    if begun.brings_newcomer() && !may_come(config.new_visitors_per_second) {
        return Some(begun.refuse(config, &Problem::TooManyVisitors));
    }
    // A request is only understood under an edition, so there is one.
    let Some(edition) = edition else { return Some(begun.refuse(config, &Problem::NoBundle)) };
    let outcomes = join_all(visits.iter().map(|visit| put(env, &edition.tag, visit))).await;
    if outcomes.contains(&Outcome::OtherEdition) {
        return None;
    }
    let reply = serve::finish(config, edition, begun, outcomes);
    Some(reply.with("x-acquaint-bundle", edition.freshness(now_ms)))
}

thread_local! {
    static NEWCOMERS: RefCell<Option<Rate>> = const { RefCell::new(None) };
}

/// Whether one more visitor may come for the first time: as many as in four seconds at once, and then the steady rate.
fn may_come(per_second: u32) -> bool {
    NEWCOMERS.with_borrow_mut(|newcomers| {
        let rate = newcomers.get_or_insert_with(|| Rate::new(per_second.saturating_mul(4), per_second));
        rate.take(real_now_ms())
    })
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
    let request = post(&format!("https://profile/visit/{tag}"), Method::Post, &bytes, &[])?;
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
