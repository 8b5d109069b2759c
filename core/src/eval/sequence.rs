//! Whether events of several steps come one after another: the search behind [`Node::Chain`] and behind folded
//! sequences. What it means stands at the node.
//!
//! The first event of a stretch is always the earliest that can be: whatever is asked of it (the maxima of the step
//! before and of the steps between, and how many events its stretch holds) is only harder for a later one. So a choice
//! is a choice of last events, and of every last event only which ones may come before it matters: for each step with
//! a minimum, the last events that are possible follow from those of the step before. With n events that takes
//! O(n log n) for each step; where there are neither gaps nor maxima, the earliest last event is the best too, and one
//! pass over the events of each step is enough.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::walk::{Variables, Walk};
use crate::eval::virtual_fields::ID;
use crate::lang::typed::{Expr, LastOfBefore, Slot, Step};
use crate::time::{Interval, Occurs};
use crate::value::Value;

/// What a step asks of the events that are its own by themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) gaps: &'a [Occurs<LastOfBefore>],
    pub(crate) least: u32,
    pub(crate) most: Option<u32>,
}

/// An event: when it was, and of which steps it is, a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) at_ms: i64,
    pub(crate) steps: u32,
}

/// The bit of a step.
pub(crate) fn bit(step: usize) -> u32 {
    u32::try_from(step).ok().and_then(|step| 1_u32.checked_shl(step)).unwrap_or(0)
}

/// Whether events of the steps come one after another. `items` are in order.
pub(crate) fn holds(rules: &[Rule<'_>], items: &[Item]) -> bool {
    let search = Search::new(rules, items);
    if rules.iter().all(|rule| rule.gaps.is_empty() && rule.most.is_none()) {
        return search.earliest();
    }
    // Where the last event of the step before may be; `None` is before all events.
    let mut reached: Vec<Option<usize>> = vec![None];
    for turn in 0..search.required.len() {
        let stretches = reached.iter().filter_map(|before| search.stretch(turn, *before)).collect();
        reached = search.ends(turn, stretches).into_iter().map(Some).collect();
    }
    let rest = search.between(search.required.len());
    reached.iter().any(|last| search.spared(rest.clone(), *last, usize::MAX))
}

struct Search<'a> {
    rules: &'a [Rule<'a>],
    items: &'a [Item],
    /// By step: where its events stand, ascending.
    places: Vec<Vec<usize>>,
    /// The steps with a minimum.
    required: Vec<usize>,
}

/// The last events that a step may have after one of the step before.
struct Stretch {
    /// Among the events of the step.
    lasts: Range<usize>,
    /// Where the first event of the next step must be at the latest, so that there are not too many of this step.
    next_by: usize,
}

impl<'a> Search<'a> {
    fn new(rules: &'a [Rule<'a>], items: &'a [Item]) -> Self {
        let places = |step| {
            let own = items.iter().enumerate().filter(|(_, item)| item.steps & bit(step) != 0);
            own.map(|(place, _)| place).collect()
        };
        Self {
            rules,
            items,
            places: (0..rules.len()).map(places).collect(),
            required: (0..rules.len())
                .filter(|step| rules.get(*step).is_some_and(|rule| rule.least > 0))
                .collect(),
        }
    }

    fn places(&self, step: usize) -> &[usize] {
        self.places.get(step).map_or(&[], Vec::as_slice)
    }

    /// Each step takes the earliest events that will do, which leaves most to those that follow.
    fn earliest(&self) -> bool {
        let mut next = 0;
        self.required.iter().all(|step| {
            let places = self.places(*step);
            let from = places.partition_point(|place| *place < next);
            let skipped = self.rules.get(*step).map_or(0, |rule| rule.least as usize).saturating_sub(1);
            let last = places.get(from.saturating_add(skipped));
            next = last.map_or(0, |last| last + 1);
            last.is_some()
        })
    }

    /// Which events of a step count after the last of the step before.
    fn own(&self, step: usize, before: Option<usize>) -> Range<usize> {
        let Some(before) = before else { return 0..self.places(step).len() };
        let (mut from, mut to) = (before + 1, self.items.len());
        let at_ms = self.items.get(before).map_or(0, |item| item.at_ms);
        for gap in self.rules.get(step).map_or(&[][..], |rule| rule.gaps) {
            let inside = after(gap, at_ms);
            let ended = |item: &Item| item.at_ms < inside.end_ms || inside.end_ms == i64::MAX;
            from = from.max(self.items.partition_point(|item| item.at_ms < inside.start_ms));
            to = to.min(self.items.partition_point(ended));
        }
        let place = |at: usize| self.places(step).partition_point(|place| *place < at);
        place(from)..place(to).max(place(from))
    }

    /// The steps without a minimum that stand before the step of a turn, or behind all.
    fn between(&self, turn: usize) -> Range<usize> {
        let before = turn.checked_sub(1).and_then(|turn| self.required.get(turn));
        let next = self.required.get(turn).copied().unwrap_or(self.rules.len());
        before.map_or(0, |step| step + 1)..next
    }

    /// Whether none of these steps has too many events before a place.
    fn spared(&self, mut steps: Range<usize>, before: Option<usize>, until: usize) -> bool {
        steps.all(|step| {
            let Some(most) = self.rules.get(step).and_then(|rule| rule.most) else { return true };
            let own = self.own(step, before);
            let own = self.places(step).get(own).unwrap_or(&[]);
            own.partition_point(|place| *place < until) <= most as usize
        })
    }

    fn stretch(&self, turn: usize, before: Option<usize>) -> Option<Stretch> {
        let step = *self.required.get(turn)?;
        let rule = self.rules.get(step)?;
        let own = self.own(step, before);
        let least = (rule.least as usize).max(1);
        if own.len() < least || !self.spared(self.between(turn), before, *self.places(step).get(own.start)?) {
            return None;
        }
        let excess = rule.most.filter(|most| own.len() > *most as usize);
        let next_by = match excess {
            None => usize::MAX,
            // Of the last step all events count.
            Some(_) if turn + 1 == self.required.len() => return None,
            Some(most) => *self.places(step).get(own.start + most as usize)?,
        };
        Some(Stretch { lasts: own.start + least - 1..own.end, next_by })
    }

    /// The last events of a step that some stretch allows. A heap of the stretches that reach an event tells which of
    /// them leaves most room to the step that follows.
    fn ends(&self, turn: usize, mut stretches: Vec<Stretch>) -> Vec<usize> {
        let Some(places) = self.required.get(turn).map(|step| self.places(*step)) else { return Vec::new() };
        stretches.sort_unstable_by_key(|stretch| core::cmp::Reverse(stretch.lasts.start));
        let mut reaching = BinaryHeap::new();
        let mut ends = Vec::new();
        for (number, place) in places.iter().enumerate() {
            while let Some(stretch) = stretches.pop_if(|stretch| stretch.lasts.start <= number) {
                reaching.push((stretch.next_by, stretch.lasts.end));
            }
            while reaching.peek().is_some_and(|(_, end)| *end <= number) {
                reaching.pop();
            }
            let Some((next_by, _)) = reaching.peek() else { continue };
            if self.next_first(turn, *place).is_some_and(|next| next <= *next_by) {
                ends.push(*place);
            }
        }
        ends
    }

    /// Where the step of the next turn begins after this event; 0 if there is no such turn.
    fn next_first(&self, turn: usize, last: usize) -> Option<usize> {
        let Some(next) = self.required.get(turn + 1) else { return Some(0) };
        self.places(*next).get(self.own(*next, Some(last))).and_then(|own| own.first()).copied()
    }
}

/// When events may be after one at an instant.
pub(crate) fn after(gap: &Occurs<LastOfBefore>, at_ms: i64) -> Interval {
    let resolved = gap.clone().resolve(|LastOfBefore| Some(Interval::instant(at_ms)));
    // The anchor is an instant whatever the time of evaluation.
    resolved.map_or(Interval::ALWAYS, |test| test.interval(at_ms))
}

impl<'a> Walk<'a, '_> {
    /// Whether items of the steps come one after another. The same item twice is one.
    pub(crate) fn chain(
        &self,
        (source, slot, order): (&'a Expr, Slot, &'a Expr),
        steps: &'a [Step],
        variables: &mut Variables<'a>,
    ) -> bool {
        let mut found: BTreeMap<(i64, String), u32> = BTreeMap::new();
        for item in self.place(source, variables).items() {
            let id = item.clone().field(ID).value();
            variables.push((slot, item));
            let at_ms = self.place(order, variables).value().as_instant_ms();
            if let (Some(at_ms), Value::String(id)) = (at_ms, &*id) {
                let mask = steps.iter().enumerate().fold(0, |mask, (number, step)| {
                    if self.truth(&step.condition, variables) { mask | bit(number) } else { mask }
                });
                *found.entry((at_ms, id.clone())).or_default() |= mask;
            }
            variables.pop();
        }
        let items: Vec<Item> = found
            .into_iter()
            .map(|((at_ms, _), steps)| Item { at_ms, steps })
            .filter(|item| item.steps != 0)
            .collect();
        let rules: Vec<Rule<'_>> =
            steps.iter().map(|step| Rule { gaps: &step.gaps, least: step.least, most: step.most }).collect();
        holds(&rules, &items)
    }
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;
