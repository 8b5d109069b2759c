//! What an event changes. The truth of every test of what the event touches is compared before and after it, at one
//! instant, so that only audiences are asked again whose answer may be another one.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::fold::{Incoming, fold_stream};
use super::{Entry, Kept, Match, State, StreamState};
use crate::eval::answers::aggregate_of;
use crate::eval::intervals::Intervals;
use crate::eval::steps::{holds, within};
use crate::plan::Prepared;
use crate::plan::answer_plan::LeafColumns;
use crate::plan::leaf::LeafKind;
use crate::plan::matching::bits::WORD_BITS;
use crate::plan::matching::numbers::Numbers;
use crate::plan::streams::{Stream, StreamKind};
use crate::profile::Event;
use crate::value::Value;

/// What came of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The streams it touched, as [`super::fold`] returns them.
    pub touched: Vec<u32>,
    /// The audiences that may answer differently, ascending: the only ones that [`crate::eval::answer_some`] has to be
    /// asked about, if all answers were known as of the same instant without the event.
    pub audiences: Vec<u32>,
}

/// As [`super::fold`], and finds out which audiences are to be asked again.
pub fn receive(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Received {
    let mut touched = Vec::new();
    let mut audiences = Numbers::below(program.audiences.len());
    let intervals = Intervals::new(program, now_ms);
    let incoming = Incoming::new(event);
    let mut before = Vec::new();
    program.events().each_stream(event, now_ms, |number, _| {
        let Some((stream, views)) = program.folded_stream(number) else { return };
        let tests = Tests { program, stream, intervals: &intervals };
        before.clear();
        tests.each(state, |_, _, value| before.push(value));
        if !fold_stream((stream, views), state, &incoming, &intervals) {
            return;
        }
        touched.push(number);
        tests.changed(state, &before, &mut audiences);
    });
    touched.sort_unstable();
    let steps = Steps::new(program, state, event, &touched, &intervals);
    steps.sequences().each(|leaf| {
        if steps.may_change(leaf) {
            audiences.add(program.dependents(leaf));
        }
    });
    let audiences = audiences.ascending();
    Received { touched, audiences }
}

/// The tests of the events leaves of one stream.
struct Tests<'a> {
    program: &'a Prepared,
    stream: &'a Stream,
    intervals: &'a Intervals<'a>,
}

impl<'a> Tests<'a> {
    fn leaves(&self) -> impl Iterator<Item = u32> {
        let is_events = matches!(self.stream.kind, StreamKind::Events(_));
        let takers = self.stream.takers.iter().filter(move |_| is_events);
        takers.copied().filter(|leaf| self.program.is_folded(*leaf))
    }

    fn columns(&self, leaf: u32) -> Option<&'a LeafColumns> {
        let plan = self.program.answers();
        plan.events.get(plan.events_of_leaf.get(leaf as usize).copied().flatten()? as usize)
    }

    /// Calls `visit` with the place of each column, as leaf and number, and with what is tested in it.
    fn each(&self, state: &State, mut visit: impl FnMut(&'a LeafColumns, usize, Value)) {
        let kept: &[Entry] = match state.streams.get(&self.stream.id) {
            Some(StreamState::Events(kept)) => &kept.list,
            Some(StreamState::Steps(_)) | None => &[],
        };
        for leaf in self.leaves() {
            let (Some(columns), Some(window)) = (self.columns(leaf), self.program.window_number(leaf)) else {
                continue;
            };
            let inside = within(kept, self.intervals.get(window));
            for (place, (aggregate, ..)) in columns.columns.iter().enumerate() {
                visit(columns, place, aggregate_of(*aggregate, inside));
            }
        }
    }

    /// Adds the audiences of which a test came out differently before.
    fn changed(&self, state: &State, before: &[Value], audiences: &mut Numbers) {
        let watched = &self.program.answers().watched;
        let mut before = before.iter();
        self.each(state, |columns, place, after| {
            let (Some(before), Some((_, first, column))) = (before.next(), columns.columns.get(place)) else {
                return;
            };
            if *before != after {
                column.differing(before, &after, |test| {
                    audiences.add(watched.by_bit(first * WORD_BITS + test));
                });
            }
        });
        for leaf in self.leaves().filter(|leaf| watched.is_loose(*leaf)) {
            audiences.add(self.program.dependents(leaf));
        }
    }
}

/// What is kept for steps once an event was folded in.
struct Steps<'a> {
    program: &'a Prepared,
    state: &'a State,
    event: &'a Event,
    /// Streams, ascending.
    touched: &'a [u32],
    intervals: &'a Intervals<'a>,
    /// By stream: what is kept, once it was looked up.
    known: Vec<Cell<Option<Option<&'a Kept<Match>>>>>,
}

impl<'a> Steps<'a> {
    fn new(
        program: &'a Prepared,
        state: &'a State,
        event: &'a Event,
        touched: &'a [u32],
        intervals: &'a Intervals<'a>,
    ) -> Self {
        let known = vec![Cell::new(None); program.streams().len()];
        Self { program, state, event, touched, intervals, known }
    }

    /// The sequences that the event may change.
    fn sequences(&self) -> Numbers {
        let mut sequences = Numbers::below(self.program.leaves.len());
        let streams = self.touched.iter().filter_map(|number| self.program.streams().get(*number as usize));
        let of_steps = streams.filter(|stream| matches!(stream.kind, StreamKind::Steps));
        let mut newest = None;
        for step in of_steps.flat_map(|stream| &stream.takers) {
            let newest = *newest.get_or_insert_with(|| self.is_newest());
            sequences.add(self.program.sequences(*step, newest));
        }
        sequences
    }

    /// Whether the event comes after all others that are kept for steps, and none of them had to go for it.
    fn is_newest(&self) -> bool {
        let order = self.event.order();
        self.state.streams.values().all(|kept| match kept {
            StreamState::Steps(kept) => {
                kept.dropped_ms.is_none() && kept.list.last().is_none_or(|last| last.order() <= order)
            }
            StreamState::Events(_) => true,
        })
    }

    /// Whether a sequence may hold now and not without the event, or the other way round.
    fn may_change(&self, leaf: u32) -> bool {
        let Some(LeafKind::Sequence(sequence)) =
            self.program.leaves.get(leaf as usize).map(|leaf| &leaf.kind)
        else {
            return true;
        };
        let numbers = self.program.steps(leaf);
        if !sequence.only_asks_for_order() || !numbers.iter().all(|step| self.is_last_of(*step)) {
            return true;
        }
        let step = |place: usize| numbers.get(place).copied();
        let with = |place: usize| step(place).map_or(&[][..], |step| self.inside(step));
        let order = self.event.order();
        let without = |place: usize| {
            let list = with(place);
            match list.split_last() {
                Some((last, rest)) if last.order() == order => rest,
                Some(_) | None => list,
            }
        };
        !holds(sequence, without) && holds(sequence, with)
    }

    /// Whether the event is the last that is kept for a step, if it is any, and none had to go for it.
    fn is_last_of(&self, step: u32) -> bool {
        let Some(kept) = self.kept(step) else { return true };
        !self.is_touched(step)
            || (kept.dropped_ms.is_none()
                && kept.list.last().is_none_or(|last| last.order() <= self.event.order()))
    }

    fn is_touched(&self, step: u32) -> bool {
        self.program.stream_of(step).is_some_and(|stream| self.touched.contains(&stream))
    }

    /// What is kept for a step.
    fn kept(&self, step: u32) -> Option<&'a Kept<Match>> {
        let number = self.program.stream_of(step)? as usize;
        let known = self.known.get(number)?;
        known.get().unwrap_or_else(|| {
            let stream = self.program.streams().get(number);
            let found = match stream.and_then(|stream| self.state.streams.get(&stream.id)) {
                Some(StreamState::Steps(kept)) => Some(kept),
                Some(StreamState::Events(_)) | None => None,
            };
            known.set(Some(found));
            found
        })
    }

    fn inside(&self, step: u32) -> &'a [Match] {
        let kept = self.kept(step).map_or(&[][..], |kept| &kept.list);
        self.program.window_number(step).map_or(kept, |window| within(kept, self.intervals.get(window)))
    }
}
