//! Recognising a chain of events in a normal form, for the documented rules: this engine evaluates it over the stored
//! events, but what it asks for are single events, one after another.

use alloc::vec::Vec;

use super::event_set::{conjuncts, timestamp_test};
use super::{event_set, functions, visit};
use crate::lang::typed::{Expr, Node, Slot};
use crate::time::{Interval, Occurs};

/// For every step of a chain the tests that the timestamps of its events must pass. `None` if the expression is no
/// chain, or a step compares its events with anything else.
pub(crate) fn windows(chain: &Expr) -> Option<Vec<Vec<Occurs<Interval>>>> {
    let Node::Let { slot: events, value, body } = &chain.node else { return None };
    let Node::Call { function: functions::FOLLOW, arguments } = &body.node else { return None };
    let source = event_set::items(value)?.window()?;
    if source.value.is_some() {
        return None;
    }
    let steps = arguments.chunks(2).map(|step| {
        let [_, places] = step else { return None };
        let mut window = step_window(places, *events)?;
        window.extend(source.window.iter().cloned());
        Some(window)
    });
    steps.collect()
}

/// Of `events[condition].map([order, _id])`.
fn step_window(places: &Expr, events: Slot) -> Option<Vec<Occurs<Interval>>> {
    let Node::Map { source, .. } = &places.node else { return None };
    let Node::Filter { source, slot, condition } = &source.node else { return None };
    let is_events = |node: &Node| matches!(node, Node::Variable(slot) if *slot == events);
    if !is_events(&source.node)
        || visit::any(condition, &is_events)
        || !visit::reads_one_event_only(condition)
    {
        return None;
    }
    let tests = conjuncts(condition).into_iter().filter_map(|part| timestamp_test(*slot, &part));
    tests.collect()
}
