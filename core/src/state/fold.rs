//! Folding events in, and letting go of what can never count again.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Entries, Entry, Number, State};
use crate::eval::walk::Walk;
use crate::plan::Prepared;
use crate::plan::leaf::EventWindow;
use crate::profile::Event;
use crate::time::Interval;
use crate::value::Value;

/// Folds one event in, once: deduplication is the caller's. Returns the indices of the leaves it touched, ascending.
/// Any order of events gives the same answers. `now_ms` must not be later than that of any later call.
pub fn fold(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let mut touched = program.candidates(event);
    touched.retain(|leaf| fold_leaf(program, *leaf, state, event, now_ms));
    touched
}

/// Folds stored events into the given leaves only, from nothing: after [`super::migrate`], after two profiles became one
/// (state is never merged, it is rebuilt), or after events were deleted.
pub fn rebuild(program: &Prepared, leaves: &[u32], state: &mut State, events: &[Event], now_ms: i64) {
    for leaf in leaves {
        if let Some(leaf) = program.leaves.get(*leaf as usize) {
            state.leaves.remove(&leaf.id);
        }
    }
    for event in events {
        for leaf in program.candidates(event) {
            if leaves.contains(&leaf) {
                fold_leaf(program, leaf, state, event, now_ms);
            }
        }
    }
}

/// Drops what can never count again. Answers do not depend on whether or when it is called.
pub fn expire(program: &Prepared, state: &mut State, now_ms: i64) {
    state.leaves.retain(|id, entries| {
        if let Some(window) = program.leaf_number(*id).and_then(|leaf| program.window(leaf)) {
            settle(entries, inside(window, now_ms), window.keep_max);
        }
        !entries.list.is_empty()
    });
}

/// True if the leaf took something of the event.
fn fold_leaf(program: &Prepared, leaf: u32, state: &mut State, event: &Event, now_ms: i64) -> bool {
    let Some(window) = program.folded_window(leaf) else { return false };
    let inside = inside(window, now_ms);
    if event.timestamp_ms < inside.start_ms {
        return false;
    }
    let mut touched = false;
    entries_of(window, event, now_ms, &mut |entry| {
        let Some(leaf) = program.leaves.get(leaf as usize) else { return };
        let entries = state.leaves.entry(leaf.id).or_default();
        let place = entries.list.partition_point(|known| order(known, &entry) != Ordering::Greater);
        entries.list.insert(place, entry);
        settle(entries, inside, window.keep_max);
        touched = true;
    });
    touched
}

/// What a leaf keeps of an event: nothing, or an entry for it or for each of its values.
pub(crate) fn entries_of(window: &EventWindow, event: &Event, now_ms: i64, keep: &mut dyn FnMut(Entry)) {
    let walk = Walk::of_event(now_ms);
    if !walk.event_truth(&window.predicate, event) {
        return;
    }
    let timestamp_ms = event.timestamp_ms;
    let Some(value) = &window.value else { return keep(Entry { timestamp_ms, value: None }) };
    for item in walk.event_place(value, event).items() {
        let item = item.value();
        if *item != Value::Null {
            keep(Entry { timestamp_ms, value: Number::of(&item) });
        }
    }
}

/// The interval in which a timestamp counts at `now_ms`. Both ends only ever move forwards.
pub(crate) fn inside(window: &EventWindow, now_ms: i64) -> Interval {
    let intervals = window.window.iter().map(|test| test.interval(now_ms));
    intervals.fold(Interval::ALWAYS, Interval::intersection)
}

/// Whether the end of the interval has passed the timestamp, so that from now on it can only leave.
pub(crate) fn has_entered(inside: Interval, timestamp_ms: i64) -> bool {
    timestamp_ms < inside.end_ms || inside.end_ms == i64::MAX
}

/// Drops entries that the start of the window has passed, and of those that its end has passed all but the newest
/// `keep_max`: whenever an older one is inside, so are all of these, and they decide. What has yet to enter is kept.
fn settle(entries: &mut Entries, inside: Interval, keep_max: Option<u32>) {
    let gone = entries.list.partition_point(|entry| entry.timestamp_ms < inside.start_ms);
    if gone > 0 {
        entries.list.drain(..gone);
        // What was trimmed was older still.
        entries.trimmed = None;
    }
    let Some(keep_max) = keep_max else { return };
    let entered = entries.list.partition_point(|entry| has_entered(inside, entry.timestamp_ms));
    let excess = entered.saturating_sub(keep_max as usize);
    if excess > 0 {
        entries.list.drain(..excess);
        entries.trimmed = Some(entries.trimmed.map_or(keep_max, |trimmed| trimmed.min(keep_max)));
    }
}

/// The order of entries: by time, and then so that equal sets of entries are equal lists.
pub(crate) fn order(left: &Entry, right: &Entry) -> Ordering {
    let by_time = left.timestamp_ms.cmp(&right.timestamp_ms);
    by_time.then_with(|| match (left.value, right.value) {
        (Some(Number::Integer(left)), Some(Number::Integer(right)))
        | (Some(Number::Instant(left)), Some(Number::Instant(right))) => left.cmp(&right),
        (Some(Number::Double(left)), Some(Number::Double(right))) => left.total_cmp(&right),
        (left, right) => rank(left).cmp(&rank(right)),
    })
}

fn rank(value: Option<Number>) -> u8 {
    match value {
        None => 0,
        Some(Number::Integer(_)) => 1,
        Some(Number::Double(_)) => 2,
        Some(Number::Instant(_)) => 3,
    }
}
