//! When to look again: the next instant at which an answer may change without any event.

use alloc::vec::Vec;

use super::{LeafState, State, entries};
use crate::eval::{Slice, horizon, place::Profile, steps::Timed, walk::Walk};
use crate::lang::typed::Expr;
use crate::plan::Prepared;
use crate::plan::leaf::LeafKind;
use crate::plan::prepared::{Folded, FoldedKind};
use crate::time::{Interval, Occurs};

/// The next instant after `now_ms` at which an answer may change without any event; exact or early, never late.
pub fn next_deadline(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Option<i64> {
    let folded = slice.state.leaves.iter().filter_map(|(id, kept)| {
        let folded = program.folded_leaf(program.leaf_number(*id)?)?;
        of_folded(folded, kept, now_ms)
    });
    let attributes = clocked(program).filter_map(|(_, expr)| of_attributes(expr, slice, now_ms));
    folded.chain(attributes).min()
}

/// The tests of attributes that depend on the clock.
fn clocked(program: &Prepared) -> impl Iterator<Item = (u32, &Expr)> {
    let of = |leaf: &u32| match &program.leaves.get(*leaf as usize)?.kind {
        LeafKind::Attribute(expr) => Some((*leaf, expr)),
        LeafKind::Events(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => None,
    };
    program.clocked().iter().filter_map(of)
}

/// The leaves and steps that bring a deadline about at `at_ms`, the only ones whose answers may then be others than just
/// before: [`super::affected`] says which audiences to ask.
pub fn due(program: &Prepared, slice: Slice<'_>, at_ms: i64) -> Vec<u32> {
    let before_ms = at_ms.saturating_sub(1);
    let is_due = |next_ms: Option<i64>| next_ms.is_some_and(|next_ms| next_ms <= at_ms);
    let folded = slice.state.leaves.iter().filter_map(|(id, kept)| {
        let leaf = program.leaf_number(*id)?;
        is_due(of_folded(program.folded_leaf(leaf)?, kept, before_ms)).then_some(leaf)
    });
    let clocked = clocked(program).filter(|(_, expr)| is_due(of_attributes(expr, slice, before_ms)));
    folded.chain(clocked.map(|(leaf, _)| leaf)).collect()
}

/// As [`next_deadline`], but only for what the given leaves and steps bring about: after [`super::fold`] the earlier of
/// this and the deadline before is never late.
pub fn next_deadline_of(program: &Prepared, leaves: &[u32], state: &State, now_ms: i64) -> Option<i64> {
    let of = |leaf: &u32| {
        let folded = program.folded_leaf(*leaf)?;
        of_folded(folded, state.leaves.get(&folded.id)?, now_ms)
    };
    leaves.iter().filter_map(of).min()
}

fn of_folded(Folded { kind, .. }: Folded<'_>, kept: &LeafState, now_ms: i64) -> Option<i64> {
    match (kind, kept) {
        (FoldedKind::Events(window), LeafState::Events(kept)) => {
            of_window(&window.window, &kept.list, now_ms)
        }
        // While every event is of the same steps, the answer of a sequence stays: gaps do not move with time. Early
        // where the event that leaves or enters does not decide.
        (FoldedKind::Step(window), LeafState::Step(kept)) => of_window(&window.window, &kept.list, now_ms),
        (FoldedKind::Events(_), LeafState::Step(_)) | (FoldedKind::Step(_), LeafState::Events(_)) => None,
    }
}

/// The first to leave is the oldest that is inside, the first to enter the oldest that is not inside yet.
pub(crate) fn of_window(window: &[Occurs<Interval>], list: &[impl Timed], now_ms: i64) -> Option<i64> {
    if window.is_empty() {
        return None;
    }
    let inside = entries::inside_all(window, now_ms);
    let first = list.partition_point(|kept| kept.at_ms() < inside.start_ms);
    let entering = list.partition_point(|kept| entries::has_entered(inside, kept.at_ms()));
    let moving = [first, entering].into_iter().filter_map(|place| list.get(place));
    moving.filter_map(|kept| horizon::of_timestamp(kept.at_ms(), window, now_ms)).min()
}

/// Whatever tests of time the evaluation relies on: while they come out the same, so does the whole.
fn of_attributes(expr: &Expr, slice: Slice<'_>, now_ms: i64) -> Option<i64> {
    let Slice { attributes, identities, memberships, .. } = slice;
    let profile = Profile { attributes, identities, memberships };
    let walk = Walk { notes_horizon: true, ..Walk::of_profile(profile, now_ms) };
    let _ = walk.truth(expr, &mut alloc::vec::Vec::new());
    Some(walk.horizon_ms.get()).filter(|at_ms| *at_ms < i64::MAX)
}
