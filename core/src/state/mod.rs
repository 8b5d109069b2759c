//! A program and events over time: what is kept of a profile's events so that every answer stays exact.
//!
//! The laws: events may be folded in any order, in any batches and more than once, and the states of two profiles may
//! be merged in any order; once [`expire`] was called at the same instant, the bytes are the same.

pub(crate) mod entries;
pub(crate) mod matches;
mod packed;

pub mod deadline;
pub mod fold;
pub mod merge;
pub mod receive;
pub mod transition;

#[cfg(test)]
mod laws;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use deadline::{due, next_deadline, next_deadline_of};
pub use fold::{expire, fold, rebuild, unfold};
pub use merge::{Split, merge, split};
pub use receive::{Received, receive};
pub use transition::{affected, migrate, transitions, transitions_some};

use crate::id::LeafId;

/// The folded events of one profile, by events leaf and by step of sequences: see
/// [`Program::kept_ids`](crate::plan::Program::kept_ids). Those without a matching event are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// By leaf or step.
    pub leaves: BTreeMap<LeafId, LeafState>,
}

/// What is kept for one leaf or step.
#[derive(Clone, Debug, PartialEq)]
pub enum LeafState {
    /// Of an events leaf.
    Events(Entries),
    /// Of a step of sequences.
    Step(Matches),
}

/// That older entries were dropped which may still lie in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trimmed {
    /// So many newer ones that have entered the window were kept at the least, and decide.
    pub kept: u32,
    /// The timestamp of the newest that was dropped.
    pub newest_ms: i64,
}

/// The kept entries of one events leaf: at most
/// [`EVENTS_PER_PROFILE_MAX`](crate::limits::EVENTS_PER_PROFILE_MAX), or
/// [`VALUES_PER_LEAF_MAX`](crate::limits::VALUES_PER_LEAF_MAX) where values are kept; at the bound the oldest go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    /// Absent while nothing was dropped that may still lie in the window.
    pub trimmed: Option<Trimmed>,
    /// Oldest first, ties by event and then by value.
    pub list: Vec<Entry>,
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

/// The kept events of one step of sequences: at most
/// [`EVENTS_PER_PROFILE_MAX`](crate::limits::EVENTS_PER_PROFILE_MAX); at the bound the oldest go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    /// Absent while nothing was dropped that may still lie in the window.
    pub trimmed: Option<Trimmed>,
    /// In the order of their timestamps, ties by id.
    pub list: Vec<Match>,
}

/// One event of a step. Its id is kept because it decides the order of events of one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// When: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// Which event. Steps that keep the same event share it.
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

impl Trimmed {
    /// Drops the oldest of a list and notes it; `kept` are those left that have entered the window.
    fn cut<T>(
        trimmed: &mut Option<Self>,
        list: &mut Vec<T>,
        excess: usize,
        kept: usize,
        at: impl Fn(&T) -> i64,
    ) {
        let Some(newest) = list.drain(..excess).next_back() else { return };
        let dropped = Self { kept: u32::try_from(kept).unwrap_or(u32::MAX), newest_ms: at(&newest) };
        *trimmed = Self::both(*trimmed, Some(dropped));
    }

    fn both(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => Some(Self {
                kept: first.kept.min(second.kept),
                newest_ms: first.newest_ms.max(second.newest_ms),
            }),
            (one, other) => one.or(other),
        }
    }

    /// Forgets what the start of the window has passed.
    fn settle(trimmed: &mut Option<Self>, start_ms: i64) {
        *trimmed = trimmed.filter(|trimmed| trimmed.newest_ms >= start_ms);
    }
}
