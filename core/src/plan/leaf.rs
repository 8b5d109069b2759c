//! Leaves: the parts of audiences that are evaluated once for all of them.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{AudienceId, LeafId};
use crate::lang::typed::{Comparison, Expr, LastOfBefore};
use crate::time::{Interval, Occurs};
use crate::value::Value;

/// A leaf with its identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// Hash of the normal form of `kind`.
    pub id: LeafId,
    /// What it tests.
    pub kind: LeafKind,
}

/// The kinds of leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LeafKind {
    /// A boolean expression over attributes and identities only.
    Attribute(Expr),
    /// The events that satisfy a predicate inside a look-back window, and what is kept of each.
    Events(EventWindow),
    /// Membership of an audience that is not in this program (an external audience).
    Member(AudienceId),
    /// A boolean expression that needs the stored events.
    History(Expr),
    /// Events of several steps, one after another.
    Sequence(Sequence),
}

impl LeafKind {
    /// Calls `visit` with every expression of it.
    pub(crate) fn expressions(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Self::Attribute(expr) | Self::History(expr) => visit(expr),
            Self::Events(EventWindow { predicate, value, window: _, keep_max: _ }) => {
                visit(predicate);
                value.iter().for_each(visit);
            }
            Self::Member(_) => {}
            Self::Sequence(sequence) => sequence.steps.iter().for_each(|step| visit(&step.predicate)),
        }
    }
}

/// The events that satisfy a predicate inside a look-back window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventWindow {
    /// Boolean, over one event bound to slot 0. Does not depend on the time of evaluation.
    pub predicate: Expr,
    /// The tests the event's timestamp must pass, all of them; empty: any time.
    pub window: Vec<Occurs<Interval>>,
    /// The number or numbers kept of each event, over slot 0; absent when only the events are counted.
    pub value: Option<Expr>,
    /// At most this many newest entries matter (`count >= 3` needs three); absent when all do.
    pub keep_max: Option<u32>,
}

/// Events of several steps, one after another by their timestamp and then by their id: see
/// [`Node::Chain`](crate::lang::typed::Node::Chain).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// At most [`CHAIN_STEPS_MAX`](crate::limits::CHAIN_STEPS_MAX).
    pub steps: Vec<SequenceStep>,
}

impl Sequence {
    /// Whether only the order of events matters: one more event can then only make it true.
    pub(crate) fn only_asks_for_order(&self) -> bool {
        self.steps.iter().all(|step| step.gaps.is_empty() && step.most.is_none())
    }

    /// The place of the last step that needs an event.
    pub(crate) fn last_required(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| step.least > 0)
    }
}

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequenceStep {
    /// Boolean, over one event bound to slot 0. Does not depend on the time of evaluation.
    pub predicate: Expr,
    /// The tests the event's timestamp must pass, all of them; empty: any time.
    pub window: Vec<Occurs<Interval>>,
    /// The tests of the timestamp relative to the last event of the nearest step before that has a minimum.
    pub gaps: Vec<Occurs<LastOfBefore>>,
    /// So many events at least.
    pub least: u32,
    /// So many at most, if there is such a bound.
    pub most: Option<u32>,
}

/// A boolean formula over leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Formula {
    /// A constant.
    Constant(bool),
    /// An attribute, member, history or sequence leaf; an events leaf: whether there is any.
    Leaf(u32),
    /// An aggregate of an events leaf compared with a constant.
    Aggregate {
        /// The events leaf.
        leaf: u32,
        /// Of its entries.
        aggregate: Aggregate,
        /// How.
        comparison: Comparison,
        /// With a number.
        constant: Value,
    },
    /// Another audience of the same program.
    Audience(u32),
    /// Negation.
    Not(alloc::boxed::Box<Formula>),
    /// Conjunction.
    And(Vec<Formula>),
    /// Disjunction.
    Or(Vec<Formula>),
}

/// Aggregates of the entries of an events leaf. Sums are exact, so they do not depend on order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aggregate {
    /// How many entries.
    Count,
    /// Their sum; 0 of none.
    Sum,
    /// Their mean; null of none.
    Average,
    /// The smallest; null of none.
    Minimum,
    /// The largest; null of none.
    Maximum,
}

impl Formula {
    /// Calls `visit` with every part that asks something of a leaf, repetitions included.
    pub(crate) fn tests(&self, visit: &mut dyn FnMut(&Self)) {
        match self {
            Self::Constant(_) | Self::Audience(_) => {}
            Self::Leaf(_) | Self::Aggregate { .. } => visit(self),
            Self::Not(inner) => inner.tests(visit),
            Self::And(inner) | Self::Or(inner) => inner.iter().for_each(|inner| inner.tests(visit)),
        }
    }

    /// Calls `visit` with every leaf that is named, repetitions included.
    pub fn leaves(&self, visit: &mut dyn FnMut(u32)) {
        match self {
            Self::Constant(_) | Self::Audience(_) => {}
            Self::Leaf(leaf) | Self::Aggregate { leaf, .. } => visit(*leaf),
            Self::Not(inner) => inner.leaves(visit),
            Self::And(inner) | Self::Or(inner) => inner.iter().for_each(|inner| inner.leaves(visit)),
        }
    }

    /// Calls `visit` with every audience that is named, repetitions included.
    pub fn audiences(&self, visit: &mut dyn FnMut(u32)) {
        match self {
            Self::Constant(_) | Self::Leaf(_) | Self::Aggregate { .. } => {}
            Self::Audience(audience) => visit(*audience),
            Self::Not(inner) => inner.audiences(visit),
            Self::And(inner) | Self::Or(inner) => inner.iter().for_each(|inner| inner.audiences(visit)),
        }
    }
}
