//! Recognising the parts of an expression that are about one event at a time: a set of events (or of values of them)
//! that can be folded as they come.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::leaf::EventWindow;
use super::normalise::{all, bytes, expr};
use super::visit;
use crate::eval::{ops, virtual_fields::TIMESTAMP};
use crate::lang::typed::{Binding, Expr, Node, Quantifier, Slot};
use crate::time::{Interval, Occurs};
use crate::value::Value;

/// The event's variable in a normal form: no binder is around it.
const EVENT: Slot = 0;
/// Disjunctions of time are taken apart into at most so many windows.
const ALTERNATIVES_MAX: usize = 16;

/// The events that satisfy a condition, or values of them; over the variable [`EVENT`].
#[derive(Clone, Debug)]
pub(crate) struct EventSet {
    condition: Expr,
    value: Option<Expr>,
}

/// The list that an expression is, if it consists of events or of values of single events.
pub(crate) fn items(list: &Expr) -> Option<EventSet> {
    match &list.node {
        Node::Events => Some(EventSet { condition: all(Vec::new()), value: None }),
        Node::Filter { source, slot: EVENT, condition } => {
            let set = events(source)?;
            Some(EventSet { condition: all(vec![set.condition, (**condition).clone()]), value: None })
        }
        Node::Field { object, name } => {
            let set = items(object)?;
            let object = set.value.unwrap_or_else(|| expr(Node::Variable(EVENT)));
            let value = expr(Node::Field { object: Box::new(object), name: name.clone() });
            Some(EventSet { value: Some(value), ..set })
        }
        Node::Map { source, slot: EVENT, body } => {
            let set = events(source)?;
            Some(EventSet { value: Some((**body).clone()), ..set })
        }
        _ => None,
    }
}

/// The events that an expression is, whole.
pub(crate) fn events(list: &Expr) -> Option<EventSet> {
    items(list).filter(|set| set.value.is_none())
}

/// The events that a single variable of a quantifier finds.
pub(crate) fn bound(binding: &Binding) -> Option<EventSet> {
    let set = items(&binding.source)?;
    let condition = match (&set.value, binding.slot) {
        (None, EVENT) => all(vec![set.condition, binding.condition.clone()]),
        // `exists v from xEvent.items where ...`: an event with an item that satisfies it.
        (Some(_), _) | (None, _) => return None,
    };
    Some(EventSet { condition, value: None })
}

/// The events of which a test of a projected value is true: a comparison with a constant, a test of time, or the bare
/// value, each true if it is true of any item (design, decision 1).
pub(crate) fn satisfying(test: &Expr) -> Option<EventSet> {
    let (set, test) = match &test.node {
        Node::Compare { operator, left, right } => {
            let Node::Literal(constant) = &right.node else { return None };
            if matches!(constant, Value::List(_)) {
                return None;
            }
            let (set, left) = projected(left)?;
            let (left, right) = (Box::new(left), right.clone());
            (set, expr(Node::Compare { operator: *operator, left, right }))
        }
        Node::Occurs { timestamp, test } => {
            let (set, timestamp) = projected(timestamp)?;
            (set, expr(Node::Occurs { timestamp: Box::new(timestamp), test: test.clone() }))
        }
        Node::Events => (items(test)?, all(Vec::new())),
        Node::Field { .. } => {
            let (set, source) = projected(test)?;
            let variables = vec![Binding { slot: EVENT + 1, source, condition: all(Vec::new()) }];
            (set, expr(Node::Quantified { quantifier: Quantifier::Exists, variables }))
        }
        _ => return None,
    };
    Some(EventSet { condition: all(vec![set.condition, test]), value: None })
}

fn projected(list: &Expr) -> Option<(EventSet, Expr)> {
    let set = items(list)?;
    let value = set.value.clone().filter(|value| matches!(value.node, Node::Field { .. }))?;
    Some((set, value))
}

impl EventSet {
    /// Those of the events that satisfy a further condition.
    pub(crate) fn narrowed(&self, condition: &Expr) -> Self {
        Self { condition: all(vec![self.condition.clone(), condition.clone()]), value: self.value.clone() }
    }

    /// Sets of which at least one has an event if and only if this one has: tests of time inside `or` come apart.
    pub(crate) fn alternatives(self) -> Vec<Self> {
        let mut open = vec![conjuncts(&self.condition)];
        let mut closed: Vec<Vec<Expr>> = Vec::new();
        while let Some(mut conjunction) = open.pop() {
            let timed = |operand: &Expr| matches!(operand.node, Node::Or(_)) && visit::reads_clock(operand);
            let place = conjunction.iter().position(timed);
            if open.len() + closed.len() >= ALTERNATIVES_MAX {
                return vec![self];
            }
            match place.map(|place| conjunction.remove(place).node) {
                Some(Node::Or(operands)) => open.extend(operands.into_iter().map(|operand| {
                    let mut alternative = conjunction.clone();
                    alternative.extend(conjuncts(&operand));
                    alternative
                })),
                Some(other) => {
                    conjunction.push(expr(other));
                    closed.push(conjunction);
                }
                None => closed.push(conjunction),
            }
        }
        closed.reverse();
        let value = self.value;
        closed.into_iter().map(|operands| Self { condition: all(operands), value: value.clone() }).collect()
    }

    /// As a leaf, if every event can be judged when it comes, and time only decides by its timestamp.
    pub(crate) fn window(self) -> Option<EventWindow> {
        let mut window = Vec::new();
        let mut rest = Vec::new();
        for conjunct in conjuncts(&self.condition) {
            match timestamp_test(EVENT, &conjunct) {
                Some(test) => window.push(test?),
                None => rest.push(conjunct),
            }
        }
        window.sort_by_cached_key(bytes);
        window.dedup();
        let predicate = all(rest);
        let simple = |part: &Expr| visit::reads_one_event_only(part) && !visit::reads_clock(part);
        (simple(&predicate) && self.value.as_ref().is_none_or(simple)).then_some(EventWindow {
            predicate,
            window,
            value: self.value,
            keep_max: None,
        })
    }
}

/// The operands of a conjunction.
fn conjuncts(condition: &Expr) -> Vec<Expr> {
    match &condition.node {
        Node::And(operands) => operands.clone(),
        _ => vec![condition.clone()],
    }
}

/// The test of the timestamp of the event in a slot that a condition is: `Some(None)` if it is one whose anchor is not
/// constant.
#[expect(clippy::option_option, reason = "not a test, a test that cannot be a window, a window")]
fn timestamp_test(event: Slot, condition: &Expr) -> Option<Option<Occurs<Interval>>> {
    let Node::Occurs { timestamp, test } = &condition.node else { return None };
    if visit::path_from(event, timestamp)? != [TIMESTAMP] {
        return None;
    }
    let mut constant = true;
    let resolved = ops::resolve(test, |anchor| match &anchor.node {
        Node::Literal(value) => value.clone(),
        _ => {
            constant = false;
            Value::Null
        }
    });
    if constant && resolved.is_none() {
        // An anchor that is no time: false, which the rest of the condition may say.
        return None;
    }
    Some(resolved.filter(|_| constant))
}
