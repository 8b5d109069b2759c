//! The Cloudflare host (also `workerd serve`): routes, the two Durable Object classes, and nothing that decides.
//!
//! Bindings: `EDGE_PROFILE` and `BUNDLE` (Durable Object namespaces of the classes `ProfileObject` and `BundleObject`,
//! SQLite-backed), and the variables of [`settings::Settings`]. Where they are bound, the queue `EVENTS_QUEUE`, of which
//! this worker is the consumer too, and the KV namespace `BUNDLES`.
//!
//! Building, from the repository's root after `npm ci` (`cargo xtask` does this; the tools are pinned there):
//!
//! ```text
//! WASM_BINDGEN_BIN=~/.cargo/bin/wasm-bindgen WASM_OPT_BIN=node_modules/.bin/wasm-opt ESBUILD_BIN=node_modules/.bin/esbuild \
//!     worker-build --profile edge --no-opt edge-runtime          # -> edge-runtime/build/index.js, index_bg.wasm
//! npm run pack -- edge-runtime/build/index_bg.wasm -o edge-runtime/build/index_bg.wasm
//! ```
//!
//! Running on one's own machine: see `edge-runtime/workerd.capnp`. On Cloudflare: `wrangler deploy` with `wrangler.toml`.
//! `WASM_OPT_BIN` and `ESBUILD_BIN` must be absolute. `pack` lays functions of like names beside each other, where gzip
//! finds what they share; what else `wasm-opt` does makes the module smaller, and larger what is sent.

mod admin;
mod bundle_object;
mod carrier;
mod convert;
mod copies;
mod editions;
mod exchange;
mod forward;
mod join;
mod lookup;
mod ofrep;
mod profile_object;
mod public;
mod relay;
mod settings;
mod storage;
mod waiting;

use worker::{Context, Env, MessageBatch, Request, Response, Result, console_error, event};

use settings::Settings;

/// Says where, should there ever be a panic: the runtime would only say that there was one.
#[event(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| console_error!("{panic}")));
}

/// Every request of the worker.
#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let settings = Settings::of(&env);
    if request.path().starts_with(admin::PREFIX) {
        return admin::handle(&settings, &env, request).await;
    }
    if crate::ofrep::is_ours(&request.path()) {
        return ofrep::handle(&settings, &env, &context, request).await;
    }
    public::handle(&settings, &env, &context, request).await
}

/// Every batch of the queue.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> Result<()> {
    carrier::take(&Settings::of(&env), &env, &batch).await;
    Ok(())
}
