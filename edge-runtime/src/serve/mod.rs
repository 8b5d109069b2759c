//! One public request from end to end, without a host: [`begin`] says what has to be asked of which profile,
//! [`finish`] writes the reply.

pub(crate) mod access;
mod begin;
mod consent;
mod cookies;
mod finish;
pub mod lookup;
mod outcomes;
mod visitor;
mod visits;

use std::sync::Arc;

use acquaint_core::profile::Identity;
use acquaint_core::wire::Datastream;

pub use begin::begin;
pub use finish::finish;

use crate::consent::{Consent, Wishes};
use crate::identity::Resolved;
use crate::problem::Warning;
use crate::reply::Answering;
use crate::reply::handles::Cookie;
use crate::request::Call;
use outcomes::Asked;

/// Randomness for one request.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// For a new visitor.
    pub ecid: [u8; 16],
    /// For a request without an id.
    pub request: [u8; 16],
}

/// A request that was understood and waits for the decisions of its profiles.
#[derive(Clone, Debug)]
pub struct Begun {
    call: Call,
    answering: Answering,
    datastream: Arc<Datastream>,
    resolved: Resolved,
    cookies: Vec<Cookie>,
    cookie_domain: Option<String>,
    /// What the browser or the page has kept of consent.
    consent: Option<Consent>,
    /// What the call sets it to.
    says: Option<Wishes>,
    /// People who object by one of their events.
    objecting: Vec<Identity>,
    /// Whether one of those events is of the browser that calls.
    browser_objects: bool,
    /// Whom the visits are to.
    asked: Vec<Asked>,
    /// The dataset of the events, where it is not the datastream's.
    dataset: Option<String>,
    /// Whether audiences are answered.
    segmentation: bool,
    /// Whether destinations are.
    destinations: bool,
    warnings: Vec<Warning>,
    authenticated: bool,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod push_tests;

#[cfg(test)]
mod consent_tests;

#[cfg(test)]
mod consent_record_tests;

#[cfg(test)]
mod override_tests;

#[cfg(test)]
mod region_tests;

#[cfg(test)]
mod access_tests;

#[cfg(test)]
mod hostile_tests;
