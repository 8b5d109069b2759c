//! Flags: [`crate::ofrep`] between the host's request and the keepers of the profiles.

use worker::{Context, Env, Result, console_error};

use super::host::Incoming;
use super::lookup::look_at;
use super::settings::Settings;
use super::{editions, join};
use crate::http::Reply;
use crate::limits;
use crate::ofrep;

/// Answers one request.
pub(crate) async fn handle(
    settings: &Settings,
    env: &Env,
    context: &Context,
    incoming: Incoming,
) -> Result<Reply> {
    let request = incoming.read(limits::REQUEST_BYTES_MAX).await?;
    let edition = editions::current(env, context).await.unwrap_or_else(|error| {
        console_error!("no bundle could be read: {error}");
        None
    });
    let (asked, identities) = match ofrep::begin(&settings.config, edition.as_deref(), &request) {
        Ok(begun) => begun,
        Err(reply) => return Ok(reply),
    };
    // A request is only understood under an edition, so there is one.
    let Some(edition) = edition else { return Ok(Reply::status(503)) };
    let look = |identity| -> join::Pending<'_, _> { Box::pin(look_at(env, &edition.tag, identity)) };
    let views = join::all(identities.iter().map(look)).await;
    Ok(ofrep::finish(asked, &edition, views, settings.now_ms()))
}
