//! A program and events over time: what is kept of a profile's events so that every answer stays exact.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::eval::Slice;
use crate::id::LeafId;
use crate::plan::Program;
use crate::profile::{Event, MembershipChange, Memberships};

/// The folded events of one profile, by leaf. Leaves without a matching event are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// By leaf.
    pub leaves: BTreeMap<LeafId, Entries>,
}

/// The kept entries of one events leaf, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entries(pub Vec<Entry>);

/// What is kept of one matching event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// The value, for leaves that have one.
    pub value: Option<Number>,
}

/// A number that keeps whether it was whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// Whole.
    Integer(i64),
    /// Any other.
    Double(f64),
}

/// Folds one event in, once: deduplication is the caller's. Returns the indices of the leaves it touched.
/// Any order of events gives the same state.
pub fn fold(program: &Program, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let _ = (program, state, event, now_ms);
    todo!()
}

/// Drops what can never count again. Answers do not depend on whether or when it is called.
pub fn expire(program: &Program, state: &mut State, now_ms: i64) {
    let _ = (program, state, now_ms);
    todo!()
}

/// Drops the state of leaves the program no longer has; returns the leaves that have to be folded from the stored
/// events because the program is new to this profile.
pub fn migrate(program: &Program, previous: &[LeafId], state: &mut State) -> Vec<u32> {
    let _ = (program, previous, state);
    todo!()
}

/// The next instant after `now_ms` at which an answer may change without any event; exact, never late.
pub fn next_deadline(program: &Program, slice: Slice<'_>, now_ms: i64) -> Option<i64> {
    let _ = (program, slice, now_ms);
    todo!()
}

/// The changes that make `memberships` agree with the answers; `None` answers leave a membership as it is.
pub fn transitions(
    program: &Program,
    memberships: &Memberships,
    answers: &[Option<bool>],
    now_ms: i64,
) -> Vec<MembershipChange> {
    let _ = (program, memberships, answers, now_ms);
    todo!()
}
