//! Recognising a chain of events in a normal form, for the documented rules: this engine evaluates it over the stored
//! events, but what it asks for are single events, one after another.

use alloc::vec::Vec;

use super::event_set::{conjuncts, timestamp_test};
use super::{event_set, visit};
use crate::lang::typed::{Expr, Node};
use crate::time::{Interval, Occurs};

/// For every step of a chain the tests that the timestamps of its events must pass. `None` if the expression is no
/// chain, or a step compares its events with anything else.
pub(crate) fn windows(chain: &Expr) -> Option<Vec<Vec<Occurs<Interval>>>> {
    let Node::Chain { source, slot, steps, .. } = &chain.node else { return None };
    let source = event_set::items(source)?.window()?;
    if source.value.is_some() {
        return None;
    }
    let steps = steps.iter().map(|step| {
        let condition = &step.condition;
        if !visit::reads_one_event_only(condition) {
            return None;
        }
        let tests = conjuncts(condition).into_iter().filter_map(|part| timestamp_test(*slot, &part));
        let mut window: Vec<Occurs<Interval>> = tests.collect::<Option<_>>()?;
        window.extend(source.window.iter().cloned());
        Some(window)
    });
    steps.collect()
}
