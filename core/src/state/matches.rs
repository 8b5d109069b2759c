//! What a sequence leaf keeps: every event of any of its steps, because an event that comes late may stand anywhere.

use alloc::vec::Vec;

use super::entries::{has_entered, inside_all};
use super::{Match, Matches, Trimmed};
use crate::eval::sequence::{self, Item, Rule, bit};
use crate::limits::EVENTS_PER_PROFILE_MAX;
use crate::plan::leaf::Sequence;
use crate::profile::Event;
use crate::time::Interval;

/// By step, the interval in which a timestamp counts at `now_ms`.
pub(crate) fn insides(sequence: &Sequence, now_ms: i64) -> Vec<Interval> {
    sequence.steps.iter().map(|step| inside_all(&step.window, now_ms)).collect()
}

/// Those of the steps of an event whose intervals are as asked.
fn steps_where(steps: u32, insides: &[Interval], asked: impl Fn(Interval) -> bool) -> u32 {
    let own =
        insides.iter().enumerate().filter(|(number, inside)| steps & bit(*number) != 0 && asked(**inside));
    own.fold(0, |steps, (number, _)| steps | bit(number))
}

/// The events that count at `now_ms`.
pub(crate) fn counting(sequence: &Sequence, items: Vec<Item>, now_ms: i64) -> Vec<Item> {
    let insides = insides(sequence, now_ms);
    let counting = items.into_iter().map(|Item { at_ms, steps }| Item {
        at_ms,
        steps: steps_where(steps, &insides, |inside| inside.contains(at_ms)),
    });
    counting.filter(|item| item.steps != 0).collect()
}

/// For every step the event that is next to leave its window, and the one that is next to enter it.
pub(crate) fn next_to_move(insides: &[Interval], items: &[Item]) -> Vec<(usize, i64)> {
    let mut moving = Vec::new();
    for (step, inside) in insides.iter().enumerate() {
        let own = || items.iter().filter(|item| item.steps & bit(step) != 0).map(|item| item.at_ms);
        let leaving = own().find(|at_ms| *at_ms >= inside.start_ms);
        let entering = own().find(|at_ms| !has_entered(*inside, *at_ms));
        moving.extend(leaving.into_iter().chain(entering).map(|at_ms| (step, at_ms)));
    }
    moving
}

/// Whether the events that count, in their order, are such a sequence.
pub(crate) fn holds(sequence: &Sequence, counting: &[Item]) -> bool {
    let steps = sequence.steps.iter();
    let rules: Vec<Rule<'_>> =
        steps.map(|step| Rule { gaps: &step.gaps, least: step.least, most: step.most }).collect();
    sequence::holds(&rules, counting)
}

impl Matches {
    /// As the search wants them.
    pub(crate) fn items(&self) -> Vec<Item> {
        self.list.iter().map(|kept| Item { at_ms: kept.timestamp_ms, steps: kept.steps }).collect()
    }

    /// Takes in an event of some of the steps, once; true if it was kept.
    pub(super) fn fold(&mut self, sequence: &Sequence, steps: u32, event: &Event, now_ms: i64) -> bool {
        let Err(place) = self.place(event.timestamp_ms, &event.id) else { return false };
        let insides = insides(sequence, now_ms);
        let at_ms = event.timestamp_ms;
        let steps = steps_where(steps, &insides, |inside| inside.start_ms <= at_ms);
        if steps == 0 {
            return false;
        }
        self.list.insert(place, Match { timestamp_ms: at_ms, id: event.id.clone(), steps });
        self.settle(&insides);
        true
    }

    /// Takes an event out again; true if it was kept.
    pub(super) fn unfold(&mut self, event: &Event) -> bool {
        let Ok(place) = self.place(event.timestamp_ms, &event.id) else { return false };
        self.list.remove(place);
        true
    }

    fn place(&self, timestamp_ms: i64, id: &str) -> Result<usize, usize> {
        self.list.binary_search_by(|known| (known.timestamp_ms, &*known.id).cmp(&(timestamp_ms, id)))
    }

    /// Forgets of every event the steps whose windows have left it behind, and the event with the last of them. If
    /// there are too many events, the oldest go.
    pub(super) fn settle(&mut self, insides: &[Interval]) {
        let starts = || insides.iter().map(|inside| inside.start_ms);
        let latest = starts().max().unwrap_or(i64::MIN);
        let old = self.list.partition_point(|kept| kept.timestamp_ms < latest);
        for kept in self.list.iter_mut().take(old) {
            let at_ms = kept.timestamp_ms;
            kept.steps = steps_where(kept.steps, insides, |inside| inside.start_ms <= at_ms);
        }
        if old > 0 {
            self.list.retain(|kept| kept.steps != 0);
        }
        Trimmed::settle(&mut self.trimmed, starts().min().unwrap_or(i64::MIN));
        let excess = self.list.len().saturating_sub(EVENTS_PER_PROFILE_MAX);
        let at = |kept: &Match| kept.timestamp_ms;
        Trimmed::cut(&mut self.trimmed, &mut self.list, excess, EVENTS_PER_PROFILE_MAX, at);
    }

    /// What is kept of the events of both.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for kept in &other.list {
            match merged.place(kept.timestamp_ms, &kept.id) {
                // One of them may have forgotten less.
                Ok(place) => {
                    if let Some(known) = merged.list.get_mut(place) {
                        known.steps |= kept.steps;
                    }
                }
                Err(place) => merged.list.insert(place, kept.clone()),
            }
        }
        merged.trimmed = Trimmed::both(self.trimmed, other.trimmed);
        merged
    }
}
