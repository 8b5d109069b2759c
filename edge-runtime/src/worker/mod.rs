//! The Cloudflare host (also `workerd serve`): routes, the two Durable Object classes, and nothing that decides.
//!
//! Bindings: `EDGE_PROFILE` and `BUNDLE` (Durable Object namespaces of the classes `ProfileObject` and `BundleObject`,
//! SQLite-backed), and the variables of [`settings::Settings`]. Where they are bound, the queue `EVENTS_QUEUE`, of which
//! this worker is the consumer too, and the KV namespace `BUNDLES`.
//!
//! `edge-runtime/build.mjs` builds it, with the host's side of it (`edge-runtime/host`), into `edge-runtime/build`. Running on
//! one's own machine: see `edge-runtime/workerd.capnp`. On Cloudflare: `wrangler deploy` with `wrangler.toml`.

mod admin;
mod bundle_object;
mod carrier;
mod convert;
mod copies;
mod editions;
mod exchange;
mod forward;
mod host;
mod join;
mod keeper;
mod lookup;
mod ofrep;
mod profile_object;
mod public;
mod relay;
mod settings;
mod storage;
mod turns;
mod waiting;

use worker::{Context, Env, MessageBatch, Result, console_error, event};

use crate::http::Reply;
use host::Incoming;
use settings::Settings;

/// Says where, should there ever be a panic: the runtime would only say that there was one.
#[event(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| console_error!("{panic}")));
}

/// Answers every request of the worker.
async fn answer(incoming: Incoming, env: &Env, context: &Context) -> Result<Reply> {
    let settings = Settings::of(env);
    if incoming.head.path.starts_with(admin::PREFIX) {
        return admin::handle(&settings, env, incoming).await;
    }
    if crate::ofrep::is_ours(&incoming.head.path) {
        return ofrep::handle(&settings, env, context, incoming).await;
    }
    public::handle(&settings, env, context, incoming).await
}

/// Every batch of the queue.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> Result<()> {
    carrier::take(&Settings::of(&env), &env, &batch).await;
    Ok(())
}
