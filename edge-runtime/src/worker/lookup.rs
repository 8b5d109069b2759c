//! The look-up of one profile: [`crate::serve::lookup`] between the host's request and the profile's keeper.

use worker::{Env, Result, console_error};

use acquaint_core::profile::Identity;
use acquaint_core::wire::open;

use super::convert::failure;
use super::keeper::ask;
use crate::bundle::Edition;
use crate::http::{Config, Reply, Request};
use crate::problem::Problem;
use crate::serve::lookup;
use crate::visit::View;

/// Answers one look-up.
pub(crate) async fn handle(
    config: &Config,
    env: &Env,
    edition: Option<&Edition>,
    request: &Request,
    fresh_id: String,
) -> Reply {
    let lookup = match lookup::begin(config, edition, request, fresh_id) {
        Ok(lookup) => lookup,
        Err(reply) => return reply,
    };
    let tag = edition.map(|edition| edition.tag.as_str()).unwrap_or_default();
    lookup.finish(config, look_at(env, tag, lookup.identity()).await)
}

/// What is seen of a profile, or why nothing is.
pub(crate) async fn look_at(env: &Env, tag: &str, identity: &Identity) -> std::result::Result<View, Problem> {
    look(env, tag, identity).await.unwrap_or_else(|error| {
        console_error!("a profile could not be looked at: {error}");
        Err(Problem::Unavailable)
    })
}

async fn look(env: &Env, tag: &str, identity: &Identity) -> Result<std::result::Result<View, Problem>> {
    let answer = ask(env, identity, &format!("view/{tag}"), None).await?;
    match answer.status {
        200 => Ok(Ok(open(&answer.bytes).map_err(|error| failure(&error))?)),
        429 => Ok(Err(Problem::TooManyRequests)),
        status => Err(failure(&format!("status {status}"))),
    }
}
