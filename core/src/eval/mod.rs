//! A program and a profile to an answer. [`naive`] is the specification; [`run`] is what runs.

pub mod aggregate;
pub(crate) mod ops;
pub(crate) mod virtual_fields;

pub mod naive;
mod naive_chain;

pub(crate) mod horizon;
pub(crate) mod place;
pub(crate) mod walk;

pub(crate) mod sequence;

pub(crate) mod answers;
pub(crate) mod intervals;
pub(crate) mod steps;

pub mod score;

mod render;

pub mod explain;

use alloc::vec;
use alloc::vec::Vec;

pub use explain::{Explanation, explain_answer, explain_run};
pub use naive::{naive, naive_in};
pub use render::render;
pub use score::Scores;

use answers::Answers;

use crate::plan::Prepared;
use crate::plan::matching::numbers::Numbers;
use crate::profile::{Event, IdentityMap, Memberships};
use crate::state::State;
use crate::value::{Fields, Value};

/// So many audiences ask for so many fields that all of them are better read in one pass.
const AUDIENCES_FOR_ONE_PASS: usize = 16;

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

/// One answer per audience of the program, in its order, from a whole profile and whatever the audience's mode. An
/// event in the future counts where the expression's window reaches it; without a window it counts at once.
pub fn run(program: &Prepared, subject: Subject<'_>, now_ms: i64) -> Vec<bool> {
    let answers = Answers::of_subject(program, subject, now_ms);
    let mut found = vec![false; program.audiences.len()];
    answers.each_possible(
        |_| true,
        |number, answer| {
            // With the stored events at hand, every answer is known.
            if let Some(found) = found.get_mut(number as usize) {
                *found = answer == Some(true);
            }
        },
    );
    found
}

/// One answer per audience, from folded state. `None` where the mode is batch, and where the answer needs the stored
/// events (a history leaf).
pub fn answer(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Vec<Option<bool>> {
    let answers = Answers::of_slice(program, slice, now_ms);
    let mut found = program.blank().to_vec();
    let wanted = |number: u32| program.blank().get(number as usize).is_some_and(Option::is_some);
    answers.each_possible(wanted, |number, answer| {
        if let Some(found) = found.get_mut(number as usize) {
            *found = answer;
        }
    });
    found
}

/// As [`answer`], for the given audiences only, in the order given.
pub fn answer_some(
    program: &Prepared,
    slice: Slice<'_>,
    audiences: &[u32],
    now_ms: i64,
) -> Vec<Option<bool>> {
    if audiences.is_empty() {
        return Vec::new();
    }
    let answers = Answers::of_slice(program, slice, now_ms);
    let blank = |number: u32| program.blank().get(number as usize).copied().flatten();
    if audiences.len() >= AUDIENCES_FOR_ONE_PASS {
        let mut wanted = Numbers::below(program.audiences.len());
        wanted.add(audiences);
        let mut found = program.blank().to_vec();
        let is_wanted = |number: u32| wanted.contains(number) && blank(number).is_some();
        answers.each_possible(is_wanted, |number, answer| {
            if let Some(found) = found.get_mut(number as usize) {
                *found = answer;
            }
        });
        return audiences.iter().map(|number| found.get(*number as usize).copied().flatten()).collect();
    }
    let answer = |number: &u32| blank(*number).and_then(|_| answers.audience(*number));
    audiences.iter().map(answer).collect()
}

/// The value of an expression of constants.
pub(crate) fn constant(expr: &crate::lang::typed::Expr) -> Value {
    walk::Walk::of_event(0).value(expr, &mut Vec::new())
}
