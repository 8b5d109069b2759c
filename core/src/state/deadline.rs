//! When to look again: the next instant at which an answer may change without any event.

use alloc::vec::Vec;

use super::{Kept, StreamState, Timed, entries};
use crate::eval::intervals::Intervals;
use crate::eval::{Slice, horizon, place::Profile, walk::Walk};
use crate::lang::typed::Expr;
use crate::plan::Prepared;
use crate::plan::leaf::LeafKind;
use crate::plan::matching::numbers::Numbers;
use crate::plan::views::View;
use crate::time::{Interval, Occurs};

/// The next instant after `now_ms` at which an answer may change without any event; exact or early, never late.
pub fn next_deadline(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Option<i64> {
    let intervals = Intervals::new(program, now_ms);
    let folded = slice
        .state
        .streams
        .iter()
        .filter_map(|(id, kept)| of_stream(program, program.stream_number(*id)?, kept, &intervals));
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

/// The numbers of the leaves that move with the clock though no event is kept for them.
pub(super) fn clocked_numbers(program: &Prepared) -> impl Iterator<Item = u32> {
    clocked(program).map(|(number, _)| number)
}

/// The next instant at which one leaf or step may come out differently without any event; exact or early, never late.
pub(super) fn deadline_of(
    program: &Prepared,
    number: u32,
    slice: Slice<'_>,
    intervals: &Intervals<'_>,
) -> Option<i64> {
    if let Some(LeafKind::Attribute(expr)) = program.leaves.get(number as usize).map(|leaf| &leaf.kind) {
        return of_attributes(expr, slice, intervals.now_ms);
    }
    let (stream, views) = program.folded_stream(program.stream_of(number)?)?;
    let kept = slice.state.streams.get(&stream.id).filter(|kept| kept.is_of(stream))?;
    let window = program.window_number(number)?;
    let view = views.list.iter().find(|view| view.window == window)?;
    of_view(*view, kept, intervals)
}

/// The audiences whose answers may at `at_ms` be others than just before, ascending: those of whatever brings a deadline
/// about.
pub fn due(program: &Prepared, slice: Slice<'_>, at_ms: i64) -> Vec<u32> {
    let mut audiences = Numbers::below(program.audiences.len());
    let intervals = Intervals::new(program, at_ms.saturating_sub(1));
    let is_due = |next_ms: Option<i64>| next_ms.is_some_and(|next_ms| next_ms <= at_ms);
    for (id, kept) in &slice.state.streams {
        let number = program.stream_number(*id);
        let Some((stream, views)) = number.and_then(|number| program.folded_stream(number)) else { continue };
        for view in views.list.iter().filter(|view| is_due(of_view(**view, kept, &intervals))) {
            let takers = stream.takers.iter();
            takers.filter(|taker| program.window_number(**taker) == Some(view.window)).for_each(|taker| {
                audiences.add(program.dependents(*taker));
            });
        }
    }
    for (leaf, expr) in clocked(program) {
        if is_due(of_attributes(expr, slice, intervals.now_ms)) {
            audiences.add(program.dependents(leaf));
        }
    }
    audiences.ascending()
}

fn of_stream(program: &Prepared, number: u32, kept: &StreamState, intervals: &Intervals<'_>) -> Option<i64> {
    let (stream, views) = program.folded_stream(number)?;
    if !kept.is_of(stream) {
        return None;
    }
    views.list.iter().filter_map(|view| of_view(*view, kept, intervals)).min()
}

/// While every event is of the same steps, the answer of a sequence stays: gaps do not move with time. Early where the
/// event that leaves or enters does not decide.
fn of_view(view: View, kept: &StreamState, intervals: &Intervals<'_>) -> Option<i64> {
    match kept {
        StreamState::Events(kept) => of_list(view, kept, intervals),
        StreamState::Steps(kept) => of_list(view, kept, intervals),
    }
}

/// Only of what the window needs: that something older leaves it changes nothing.
fn of_list<T: Timed>(view: View, kept: &Kept<T>, intervals: &Intervals<'_>) -> Option<i64> {
    let tests = intervals.tests(view.window);
    if tests.is_empty() {
        return None;
    }
    let first = kept.first_needed(intervals.get(view.window), view.needed);
    of_interval(tests, intervals.get(view.window), kept.list.get(first..)?, intervals.now_ms)
}

/// The first to leave is the oldest that is inside, the first to enter the oldest that is not inside yet.
pub(crate) fn of_window(window: &[Occurs<Interval>], list: &[impl Timed], now_ms: i64) -> Option<i64> {
    if window.is_empty() {
        return None;
    }
    of_interval(window, entries::inside_all(window, now_ms), list, now_ms)
}

/// As [`of_window`], of what all its tests contain.
fn of_interval(
    window: &[Occurs<Interval>],
    inside: Interval,
    list: &[impl Timed],
    now_ms: i64,
) -> Option<i64> {
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
