//! A program and events over time: what is kept of a profile's events so that every answer stays exact.

pub mod deadline;
pub mod fold;
pub mod transition;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use deadline::{next_deadline, next_deadline_of};
pub use fold::{expire, fold, rebuild};
pub use transition::{affected, migrate, transitions, transitions_some};

use crate::id::LeafId;

/// The folded events of one profile, by leaf. Leaves without a matching event are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// By leaf.
    pub leaves: BTreeMap<LeafId, Entries>,
}

/// The kept entries of one events leaf.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    /// The smallest `keep_max` by which older entries, which may still lie in the window, were dropped because newer
    /// ones decide; absent while nothing was.
    pub trimmed: Option<u32>,
    /// Oldest first, ties by value.
    pub list: Vec<Entry>,
}

/// What is kept of one matching event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// The value, for leaves that have one; absent too if it is neither a number nor an instant, and only counts.
    pub value: Option<Number>,
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
