//! A program and a profile to an answer. [`naive`] is the specification; [`run`] is what runs.

pub mod aggregate;
pub mod exact_sum;

use alloc::vec::Vec;

use crate::plan::Prepared;
use crate::profile::{Event, IdentityMap, Memberships};
use crate::state::State;
use crate::value::{Fields, Value};

/// Everything known of one profile, its events included (oldest first, ties by id).
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Merged attributes.
    pub attributes: &'a Fields,
    /// Linked identities.
    pub identities: &'a IdentityMap,
    /// Stored memberships; only external audiences are read from here.
    pub memberships: &'a Memberships,
    /// Experience events, sorted by (timestamp, id).
    pub events: &'a [Event],
}

/// Everything known of one profile when its events are folded into state.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// Merged attributes (or the part of them that the program reads).
    pub attributes: &'a Fields,
    /// Linked identities.
    pub identities: &'a IdentityMap,
    /// Stored memberships.
    pub memberships: &'a Memberships,
    /// Folded events.
    pub state: &'a State,
}

/// The specification: walks the checked tree over the profile and all its events.
pub fn naive(
    expr: &crate::lang::typed::Expr,
    definitions: &[crate::plan::program::Definition],
    subject: Subject<'_>,
    now_ms: i64,
) -> Value {
    let _ = (expr, definitions, subject, now_ms);
    todo!()
}

/// One answer per audience of the program, in its order, from a whole profile. Events after `now_ms` do not count
/// unless the expression's window reaches them.
pub fn run(program: &Prepared, subject: Subject<'_>, now_ms: i64) -> Vec<bool> {
    let _ = (program, subject, now_ms);
    todo!()
}

/// One answer per audience, from folded state. `None` where the mode is batch, and where the answer needs the stored
/// events (a history leaf).
pub fn answer(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Vec<Option<bool>> {
    let _ = (program, slice, now_ms);
    todo!()
}

/// As [`answer`], for the given audiences only, in the order given.
pub fn answer_some(
    program: &Prepared,
    slice: Slice<'_>,
    audiences: &[u32],
    now_ms: i64,
) -> Vec<Option<bool>> {
    let _ = (program, slice, audiences, now_ms);
    todo!()
}
