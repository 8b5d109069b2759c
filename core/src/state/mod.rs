//! A program and events over time: what is kept of a profile's events so that every answer stays exact.
//!
//! The laws: events may be folded in any order, in any batches and more than once, and the states of two profiles may
//! be merged in any order; once [`expire`] was called at the same instant, the bytes are the same.

mod kept;

pub(crate) mod entries;
mod matches;
mod packed;

pub mod deadline;
pub mod fold;
pub mod merge;
pub mod receive;
pub mod schedule;
pub mod transition;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod schedule_laws;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use deadline::{due, next_deadline};
pub use fold::{expire, expire_some, fold, rebuild, unfold};
pub use merge::{Split, merge, split};
pub use receive::{Received, receive};
pub use schedule::{Due, Schedule};
pub use transition::{affected, affected_by_attributes, migrate, transitions, transitions_some};

use crate::id::StreamId;

/// The folded events of one profile, by stream: see [`Program::stream_ids`](crate::plan::Program::stream_ids). Those
/// without a matching event are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// By stream.
    pub streams: BTreeMap<StreamId, StreamState>,
}

/// What is kept for one stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamState {
    /// For events leaves: at most [`EVENTS_PER_PROFILE_MAX`](crate::limits::EVENTS_PER_PROFILE_MAX), or
    /// [`VALUES_PER_LEAF_MAX`](crate::limits::VALUES_PER_LEAF_MAX) where values are kept. Ties are ordered by event and
    /// then by value.
    Events(Kept<Entry>),
    /// For steps of sequences: at most [`EVENTS_PER_PROFILE_MAX`](crate::limits::EVENTS_PER_PROFILE_MAX). Ties are ordered
    /// by id.
    Steps(Kept<Match>),
}

/// The newest of what a stream takes, as far back as any leaf or step looks; at the bound the oldest go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// When the newest was that was dropped, while it may still lie in a window. Everything newer is kept.
    pub dropped_ms: Option<i64>,
    /// Oldest first.
    pub list: Vec<T>,
}

/// Something that was at an instant.
pub trait Timed {
    /// When: milliseconds since the epoch, UTC.
    fn at_ms(&self) -> i64;
}

/// What is kept of one matching event, or of one value of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// XXH3-64 of the event's id: the same event again, at the same instant, is no other.
    #[serde(with = "postcard::fixint::le")]
    pub event: u64,
    /// The value, for leaves that have one; absent too if it is neither a number nor an instant, and only counts.
    pub value: Option<Number>,
}

/// What is kept of one event for steps. Its id is kept because it decides the order of events of one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// When: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// Which event. Streams that keep the same event share it.
    pub id: Arc<str>,
}

/// A number that keeps whether it was whole, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// Whole.
    Integer(i64),
    /// Any other.
    Double(f64),
    /// Milliseconds since the epoch, from the event's timestamp or from the text of a date: only for the smallest and
    /// the largest.
    Instant(i64),
}
