//! Activation: from what changed about profiles to what every destination has been told of it.
//!
//! [`plan`](Activation::plan_step) turns changes into rows of the [`ledger`]; the [`executor`] makes the destinations know what the
//! ledger says they should, and writes down what they have confirmed. Decisions are pure ([`ledger::decide`]); only the
//! planner and the executor touch the store, and only destinations touch the world.
//!
//! Delivery is at least once, under a message id that stays the same through retries, crashes and restarts, so that a
//! receiver that honours it sees every message once. What is told about one profile keeps its order. A destination
//! that is down slows no other.

mod activation;
mod circuit;
mod cryptography;
mod destinations;
mod erase;
mod error;
mod executor;
mod instant;
pub mod ledger;
mod mapping;
pub mod objects;
mod plan;
mod profile;
mod report;
pub mod settings;
#[cfg(test)]
mod testing;
mod view;

pub use activation::{Activation, Storage};
pub use circuit::Circuit;
pub use erase::Left;
pub use error::{Error, Result};
pub use executor::{Run, RunFile, Step};
pub use report::{Letter, Status};
pub use settings::{Clock, Fingerprint, Settings};
