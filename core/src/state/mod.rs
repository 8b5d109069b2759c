//! A program and events over time: what is kept of a profile's events so that every answer stays exact.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::eval::Slice;
use crate::id::LeafId;
use crate::plan::{Prepared, Program};
use crate::profile::{Event, MembershipChange, Memberships};

/// The folded events of one profile, by leaf. Leaves without a matching event are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// By leaf.
    pub leaves: BTreeMap<LeafId, Entries>,
}

/// The kept entries of one events leaf.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    /// Whether older entries, which may still lie in the window, were dropped because newer ones decide (`keep_max`).
    pub trimmed: bool,
    /// Oldest first, ties by value.
    pub list: Vec<Entry>,
}

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

/// Folds one event in, once: deduplication is the caller's. Returns the indices of the leaves it touched, ascending.
/// Any order of events gives the same answers. `now_ms` must not be later than that of any later call.
pub fn fold(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let _ = (program, state, event, now_ms);
    todo!()
}

/// The audiences that may answer differently once these leaves were touched, ascending: the only ones that
/// [`crate::eval::answer_some`] has to be asked about after [`fold`].
pub fn affected(program: &Prepared, touched: &[u32]) -> Vec<u32> {
    let _ = (program, touched);
    todo!()
}

/// Folds stored events into the given leaves only, from nothing: after [`migrate`], after two profiles became one
/// (state is never merged, it is rebuilt), or after events were deleted.
pub fn rebuild(program: &Prepared, leaves: &[u32], state: &mut State, events: &[Event], now_ms: i64) {
    let _ = (program, leaves, state, events, now_ms);
    todo!()
}

/// Drops what can never count again. Answers do not depend on whether or when it is called.
pub fn expire(program: &Prepared, state: &mut State, now_ms: i64) {
    let _ = (program, state, now_ms);
    todo!()
}

/// Drops the state of leaves the program does not fold; returns the leaves that have to be [`rebuild`] from the stored
/// events because the program is new to this profile. `previous` is [`Prepared::folded`] of the program before.
pub fn migrate(program: &Prepared, previous: &[LeafId], state: &mut State) -> Vec<u32> {
    let _ = (program, previous, state);
    todo!()
}

/// The next instant after `now_ms` at which an answer may change without any event; exact or early, never late.
pub fn next_deadline(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Option<i64> {
    let _ = (program, slice, now_ms);
    todo!()
}

/// The changes that make `memberships` agree with the answers; `None` answers leave a membership as it is.
/// `answers` is of all audiences, in the order of the program.
pub fn transitions(
    program: &Program,
    memberships: &Memberships,
    answers: &[Option<bool>],
    now_ms: i64,
) -> Vec<MembershipChange> {
    let _ = (program, memberships, answers, now_ms);
    todo!()
}

/// As [`transitions`], for the answers of the given audiences only.
pub fn transitions_some(
    program: &Program,
    memberships: &Memberships,
    audiences: &[u32],
    answers: &[Option<bool>],
    now_ms: i64,
) -> Vec<MembershipChange> {
    let _ = (program, memberships, audiences, answers, now_ms);
    todo!()
}
