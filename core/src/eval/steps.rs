//! The events of the steps of sequences, and whether they come one after another. What of the profile's events a step
//! takes is a list that all sequences share; most of them are answered by a few looks into these lists.

use alloc::vec::Vec;

use super::answers::{Answers, History, StoredStream};
use super::sequence::{self, Item, Rule, bit};
use crate::plan::leaf::{Sequence, SequenceStep};
use crate::profile::Event;
use crate::state::entries::has_entered;
use crate::state::{Match, State, StreamState, Timed, deadline};
use crate::time::Interval;

/// Enough of an event to say which of two comes first.
pub(crate) trait Ordered: Timed {
    /// As [`Event::order`].
    fn order(&self) -> (i64, &str);
}

impl Ordered for Match {
    fn order(&self) -> (i64, &str) {
        Self::order(self)
    }
}

impl Ordered for &Event {
    fn order(&self) -> (i64, &str) {
        Event::order(self)
    }
}

/// What is kept of events, in their order, cut to what is inside an interval.
pub(crate) fn within<T: Timed>(kept: &[T], inside: Interval) -> &[T] {
    let has_started = |kept: &T| kept.at_ms() >= inside.start_ms;
    let start = match kept.first() {
        Some(first) if !has_started(first) => kept.partition_point(|kept| !has_started(kept)),
        Some(_) | None => 0,
    };
    let end = match kept.last() {
        Some(last) if !has_entered(inside, last.at_ms()) => {
            kept.partition_point(|kept| has_entered(inside, kept.at_ms()))
        }
        Some(_) | None => kept.len(),
    };
    kept.get(start..end).unwrap_or(&[])
}

impl<'a> Answers<'a> {
    /// Whether a sequence leaf holds.
    pub(super) fn sequence(&self, leaf: u32, sequence: &Sequence) -> bool {
        let numbers = self.program.steps(leaf);
        match &self.history {
            History::Folded(state) => holds(sequence, |step| {
                numbers.get(step).map_or(&[], |number| self.folded_step(state, *number))
            }),
            History::Stored(_, stored) => holds(sequence, |step| {
                numbers.get(step).map_or(&[], |number| self.stored_step(stored, *number))
            }),
        }
    }

    /// The instants of the events that are of any step of a sequence leaf and inside its window, in their order.
    pub(super) fn occurred(&self, leaf: u32) -> Vec<i64> {
        let numbers = || self.program.steps(leaf).iter();
        let items = match &self.history {
            History::Folded(state) => merged(numbers().map(|number| self.folded_step(state, *number))),
            History::Stored(_, stored) => merged(numbers().map(|number| self.stored_step(stored, *number))),
        };
        items.into_iter().map(|item| item.at_ms).collect()
    }

    /// The first instant at which a sequence leaf may come out differently if nothing happens but time.
    pub(super) fn sequence_deadline(&self, leaf: u32) -> Option<i64> {
        let of = |number: &u32| {
            let window = self.intervals.tests(self.program.window_number(*number)?);
            match &self.history {
                History::Folded(state) => {
                    deadline::of_window(window, self.folded_matches(state, *number), self.now_ms)
                }
                History::Stored(_, stored) => {
                    deadline::of_window(window, self.stored_events(stored, *number), self.now_ms)
                }
            }
        };
        self.program.steps(leaf).iter().filter_map(of).min()
    }

    /// The events of a step that are inside its window.
    fn folded_step(&self, state: &'a State, number: u32) -> &'a [Match] {
        self.inside(number, self.folded_matches(state, number))
    }

    fn folded_matches(&self, state: &'a State, number: u32) -> &'a [Match] {
        match self.folded_stream(state, number) {
            Some(StreamState::Steps(kept)) => &kept.list,
            Some(StreamState::Events(_)) | None => &[],
        }
    }

    fn stored_step<'s>(&self, stored: &'s [StoredStream<'a>], number: u32) -> &'s [&'a Event] {
        self.inside(number, self.stored_events(stored, number))
    }

    fn stored_events<'s>(&self, stored: &'s [StoredStream<'a>], number: u32) -> &'s [&'a Event] {
        self.stored_stream(stored, number).map_or(&[], |stored| stored.matched.as_slice())
    }
}

/// Whether the events of the steps come one after another. `list` is those of a step that count, in their order.
pub(crate) fn holds<'l, T: Ordered + 'l>(sequence: &Sequence, list: impl Fn(usize) -> &'l [T]) -> bool {
    if sequence.only_asks_for_order() {
        return earliest(sequence, list);
    }
    let enough = |(number, step): (usize, &SequenceStep)| list(number).len() >= step.least as usize;
    if !sequence.steps.iter().enumerate().all(enough) {
        return false;
    }
    let steps = sequence.steps.iter();
    let rules: Vec<Rule<'_>> =
        steps.map(|step| Rule { gaps: &step.gaps, least: step.least, most: step.most }).collect();
    sequence::holds(&rules, &merged((0..sequence.steps.len()).map(list)))
}

/// Where there are neither gaps nor maxima, each step takes the earliest events that will do, which leaves most to those
/// that follow.
fn earliest<'l, T: Ordered + 'l>(sequence: &Sequence, list: impl Fn(usize) -> &'l [T]) -> bool {
    let required = sequence.last_required();
    let mut last: Option<&T> = None;
    for (number, step) in sequence.steps.iter().enumerate() {
        let Some(skipped) = (step.least as usize).checked_sub(1) else { continue };
        let list = list(number);
        let Some(newest) = list.len().checked_sub(skipped + 1) else { return false };
        let event = match last {
            None => list.get(skipped),
            // If not even the newest come after it, none do.
            Some(last) if list.get(newest).is_some_and(|event| is_after(event, last)) => {
                if required == Some(number) {
                    return true;
                }
                list.get(list.partition_point(|event| !is_after(event, last)).saturating_add(skipped))
            }
            Some(_) => return false,
        };
        last = event;
    }
    true
}

fn is_after<T: Ordered>(event: &T, other: &T) -> bool {
    event.at_ms() > other.at_ms() || (event.at_ms() == other.at_ms() && event.order() > other.order())
}

/// The events of all steps in their order, each once.
fn merged<'l, T: Ordered + 'l>(lists: impl Iterator<Item = &'l [T]>) -> Vec<Item> {
    let of_step = |(step, list): (usize, &'l [T])| list.iter().map(move |event| (event.order(), bit(step)));
    let mut events: Vec<((i64, &str), u32)> = lists.enumerate().flat_map(of_step).collect();
    events.sort_by_key(|(order, _)| *order);
    let mut items = Vec::with_capacity(events.len());
    for event in events.chunk_by(|(left, _), (right, _)| left == right) {
        let steps = event.iter().fold(0, |steps, (_, step)| steps | step);
        if let Some(((at_ms, _), _)) = event.first() {
            items.push(Item { at_ms: *at_ms, steps });
        }
    }
    items
}
