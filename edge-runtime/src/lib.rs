//! The edge worker: decides inside the personalization request, under Cloudflare Workers or workerd; and the same
//! decisions on a visitor's own device, in a page.
//!
//! Everything but the hosts (`worker` and `browser`, compiled for Wasm only, by feature) is pure: facts in, facts out, no clock, no randomness, no
//! I/O. Reading order: an [`http::Request`] becomes a [`route::Route`] and a [`request::Call`]; [`serve::begin`] says
//! who is calling, whether they consent, and which [`visit::Visit`]s have to be put to which profile;
//! [`decide::decide`] answers one visit from one [`profile::EdgeProfile`]; [`serve::finish`] writes the reply.

pub mod limits;
pub mod problem;

pub mod http;
pub mod json;
pub mod region;
pub mod route;

pub mod overrides;
pub mod request;

pub mod identity;

pub mod consent;

pub mod event;

pub mod visit;

pub mod bundle;
pub mod profile;

pub mod push;
pub mod relay;

pub mod decide;

pub mod split;

pub mod ofrep;

pub mod offers;

pub mod reply;
pub mod serve;

pub mod device;

#[cfg(all(target_arch = "wasm32", feature = "cloudflare"))]
mod worker;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub mod browser;
