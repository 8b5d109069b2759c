//! The public edge: what the Web SDK and servers call.

use std::cell::RefCell;

use worker::{Context, Env, Result, console_error};

use acquaint_core::wire::{open, seal};

use super::convert::failure;
use super::host::Incoming;
use super::keeper::ask;
use super::lookup;
use super::settings::{Settings, real_now_ms};
use super::{editions, join};
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
    incoming: Incoming,
) -> Result<Reply> {
    let request = incoming.read(limits::REQUEST_BYTES_MAX).await?;
    if request.method == "OPTIONS" {
        return Ok(preflight(&request));
    }
    let config = &settings.config;
    let refuse = |problem: &Problem| {
        let answering = Answering::new(&request, request_id(&request).unwrap_or_default());
        Ok(of_problem(config, &answering, problem, None))
    };
    let edition = match editions::current(env, context).await {
        Ok(edition) => edition,
        Err(error) => {
            console_error!("no bundle could be read: {error}");
            return refuse(&Problem::NoBundle);
        }
    };
    let Some(random) = random() else { return refuse(&Problem::Internal) };
    let now_ms = settings.now_ms();
    if is_lookup(&config.base_path, &request.path) {
        let fresh_id = ecid::uuid_v4(random.request);
        return Ok(lookup::handle(config, env, edition.as_deref(), &request, fresh_id).await);
    }
    if let Some(reply) = answer(config, env, edition.as_deref(), &request, random, now_ms).await {
        return Ok(reply);
    }
    // A keeper is ahead of this isolate. The request begins again, whole, under the newest edition: what of it was stored
    // already is known by its ids.
    let newest = editions::newest(env).await?;
    match answer(config, env, newest.as_deref(), &request, random, now_ms).await {
        Some(reply) => Ok(reply),
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
    let outcomes = join::all(visits.iter().map(|visit| put(env, &edition.tag, visit))).await;
    if outcomes.contains(&Outcome::OtherEdition) {
        return None;
    }
    let reply = serve::finish(config, edition, begun, outcomes);
    Some(reply.with("x-acquaint-bundle", edition.freshness(now_ms)))
}

/// One question to the host, not two.
fn random() -> Option<Random> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    let (ecid, request) = bytes.split_first_chunk()?;
    Some(Random { ecid: *ecid, request: request.try_into().ok()? })
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
fn put<'a>(env: &'a Env, tag: &'a str, visit: &'a Visit) -> join::Pending<'a, Outcome> {
    Box::pin(async move {
        try_put(env, tag, visit).await.unwrap_or_else(|error| {
            console_error!("a profile did not answer: {error}");
            Outcome::Unavailable
        })
    })
}

async fn try_put(env: &Env, tag: &str, visit: &Visit) -> Result<Outcome> {
    let bytes = seal(visit).map_err(|error| failure(&error))?;
    let answer = ask(env, &visit.primary, &format!("visit/{tag}"), Some(bytes)).await?;
    match answer.status {
        200 => open(&answer.bytes).map_err(|error| failure(&error)),
        status => Err(failure(&format!("status {status}"))),
    }
}
