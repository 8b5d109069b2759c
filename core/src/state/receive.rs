//! What an event changes. The truth of every test of what the event touches is compared before and after it, at one
//! instant, so that only audiences are asked again whose answer may be another one.

use alloc::vec;
use alloc::vec::Vec;

use super::entries::{inside, inside_all};
use super::fold::{Incoming, each_leaf, fold_leaf};
use super::{LeafState, Match, Matches, State};
use crate::eval::answers::aggregate_of;
use crate::eval::steps::{holds, within};
use crate::plan::Prepared;
use crate::plan::answer_plan::LeafColumns;
use crate::plan::leaf::{EventWindow, LeafKind, Sequence};
use crate::plan::matching::bits::WORD_BITS;
use crate::plan::matching::numbers::Numbers;
use crate::plan::prepared::FoldedKind;
use crate::profile::Event;
use crate::value::Value;

/// Aggregates there are at most of one leaf.
const AGGREGATES_MAX: usize = 5;

/// What came of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// What it touched, as [`super::fold`] returns it.
    pub touched: Vec<u32>,
    /// The audiences that may answer differently, ascending: the only ones that [`crate::eval::answer_some`] has to be
    /// asked about, if all answers were known as of the same instant without the event.
    pub audiences: Vec<u32>,
}

/// As [`super::fold`], and finds out which audiences are to be asked again.
pub fn receive(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Received {
    let mut touched = Vec::new();
    let mut audiences = Numbers::below(program.audiences.len());
    let mut sequences = Numbers::below(program.leaves.len());
    let incoming = Incoming::new(event);
    each_leaf(program, event, now_ms, |number, taken| {
        let Some(folded) = program.folded_leaf(number) else { return };
        let tests = match folded.kind {
            FoldedKind::Events(window) => Tests::of(program, number, window, now_ms),
            FoldedKind::Step(_) => None,
        };
        let before = tests.as_ref().map(|tests| tests.values(state.leaves.get(&folded.id)));
        if !fold_leaf(folded, taken, state, &incoming, now_ms) {
            return;
        }
        touched.push(number);
        match (folded.kind, tests.zip(before)) {
            (FoldedKind::Step(_), _) => sequences.add(program.sequences(number)),
            (FoldedKind::Events(_), Some((tests, before))) => {
                let after = tests.values(state.leaves.get(&folded.id));
                tests.differing(&before, &after, |bit| {
                    audiences.add(program.answers().watched.by_bit(bit));
                });
            }
            (FoldedKind::Events(_), None) => {}
        }
        if matches!(folded.kind, FoldedKind::Events(_)) && program.answers().watched.is_loose(number) {
            audiences.add(program.dependents(number));
        }
    });
    touched.sort_unstable();
    let steps = Steps { program, state, event, touched: &touched, now_ms };
    for leaf in sequences.ascending() {
        if steps.may_change(leaf) {
            audiences.add(program.dependents(leaf));
        }
    }
    let audiences = audiences.ascending();
    Received { touched, audiences }
}

/// The tests of an events leaf.
struct Tests<'a> {
    columns: &'a LeafColumns,
    window: &'a EventWindow,
    now_ms: i64,
}

impl<'a> Tests<'a> {
    fn of(program: &'a Prepared, leaf: u32, window: &'a EventWindow, now_ms: i64) -> Option<Self> {
        let plan = program.answers();
        let number = plan.events_of_leaf.get(leaf as usize).copied().flatten()?;
        Some(Self { columns: plan.events.get(number as usize)?, window, now_ms })
    }

    /// What is tested, by column.
    fn values(&self, kept: Option<&LeafState>) -> [Value; AGGREGATES_MAX] {
        let kept = match kept {
            Some(LeafState::Events(kept)) => within(&kept.list, inside(self.window, self.now_ms)),
            Some(LeafState::Step(_)) | None => &[],
        };
        let mut values = [const { Value::Null }; AGGREGATES_MAX];
        for ((aggregate, ..), value) in self.columns.columns.iter().zip(&mut values) {
            *value = aggregate_of(*aggregate, kept);
        }
        values
    }

    fn differing(&self, before: &[Value], after: &[Value], mut visit: impl FnMut(u32)) {
        for ((_, first, column), (before, after)) in self.columns.columns.iter().zip(before.iter().zip(after))
        {
            if before != after {
                column.differing(before, after, |test| visit(first * WORD_BITS + test));
            }
        }
    }
}

/// What is kept for steps once an event was folded in.
struct Steps<'a> {
    program: &'a Prepared,
    state: &'a State,
    event: &'a Event,
    /// Ascending.
    touched: &'a [u32],
    now_ms: i64,
}

impl<'a> Steps<'a> {
    /// Whether a sequence may hold now and not without the event, or the other way round.
    fn may_change(&self, leaf: u32) -> bool {
        let Some(LeafKind::Sequence(sequence)) =
            self.program.leaves.get(leaf as usize).map(|leaf| &leaf.kind)
        else {
            return true;
        };
        if !sequence.only_asks_for_order() {
            return true;
        }
        let numbers = self.program.steps(leaf);
        let order = self.event.order();
        if !self.may_close(sequence, numbers) {
            return false;
        }
        let mut lists = vec![&[][..]; numbers.len()];
        for (number, list) in numbers.iter().zip(&mut lists) {
            // For the event an older one may have had to go.
            if self.kept(*number).is_some_and(|kept| kept.trimmed.is_some()) {
                return true;
            }
            *list = self.inside(*number);
        }
        if !holds(sequence, |step| lists.get(step).copied().unwrap_or(&[])) {
            return false;
        }
        for (number, list) in numbers.iter().zip(&mut lists) {
            if self.is_touched(*number) {
                match list.split_last() {
                    Some((last, rest)) if last.order() == order => *list = rest,
                    Some(_) if !list.iter().any(|kept| kept.order() == order) => {}
                    Some(_) => return true,
                    None => {}
                }
            }
        }
        !holds(sequence, |step| lists.get(step).copied().unwrap_or(&[]))
    }

    /// Whether the event can be of the last step, or is followed by one that is.
    fn may_close(&self, sequence: &Sequence, numbers: &[u32]) -> bool {
        let required = sequence.steps.iter().rposition(|step| step.least > 0);
        let Some(last) = required.and_then(|step| numbers.get(step)) else { return false };
        let newest = || self.kept(*last).and_then(|kept| kept.list.last());
        self.is_touched(*last) || newest().is_some_and(|newest| newest.order() > self.event.order())
    }

    fn is_touched(&self, step: u32) -> bool {
        self.touched.binary_search(&step).is_ok()
    }

    fn kept(&self, step: u32) -> Option<&'a Matches> {
        let folded = self.program.foldable(step)?;
        match self.state.leaves.get(&folded.id)? {
            LeafState::Step(kept) => Some(kept),
            LeafState::Events(_) => None,
        }
    }

    fn inside(&self, step: u32) -> &'a [Match] {
        let kept = self.kept(step).map_or(&[][..], |kept| &kept.list);
        let number = self.program.window_number(step);
        let window = number.and_then(|number| self.program.windows().get(number as usize));
        window.map_or(kept, |window| within(kept, inside_all(window, self.now_ms)))
    }
}
