//! Recognising a chain of events in a normal form that can be folded as the events come.

use super::event_set::{self, EventSet};
use super::leaf::{EventWindow, Sequence, SequenceStep};
use super::visit;
use crate::eval::virtual_fields::TIMESTAMP;
use crate::lang::typed::{Expr, Slot, Step};
use crate::limits::CHAIN_STEPS_MAX;

/// The events of a chain, if it is one over the profile's events in the order of their timestamps.
pub(crate) fn events(source: &Expr, slot: Slot, order: &Expr) -> Option<EventSet> {
    let by_time = visit::path_from(slot, order)? == [TIMESTAMP];
    event_set::events(source).filter(|_| by_time)
}

/// As a leaf, if every event can be judged when it comes, and time only decides by its timestamp.
pub(crate) fn sequence(events: &EventSet, steps: &[Step]) -> Option<Sequence> {
    let steps = steps.iter().map(|step| {
        let EventWindow { predicate, window, .. } = events.narrowed(&step.condition).window()?;
        let Step { gaps, least, most, .. } = step.clone();
        Some(SequenceStep { predicate, window, gaps, least, most })
    });
    let steps = steps.collect::<Option<alloc::vec::Vec<_>>>()?;
    (steps.len() <= CHAIN_STEPS_MAX).then_some(Sequence { steps })
}
