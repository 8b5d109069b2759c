//! Scores: numbers computed of a profile, such as the formulas that rank offers. A score keeps the tree of its formula;
//! what of it is about events or other audiences becomes a variable, which is answered as leaves are: from folded state.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::extract::{self, Audiences};
use super::leaf::{Aggregate, Formula, LeafKind};
use super::leaf_set::{LeafSet, Needs};
use super::normalise::{self, expr};
use super::{event_set, functions, visit};
use crate::lang::diagnostic::{Diagnostic, Span, code};
use crate::lang::typed::{Expr, Node, Slot};
use crate::lang::{Checked, Severity};

/// The variables of parts are numbered from here: no binder is so deep.
const PART_SLOT_FIRST: Slot = Slot::MAX / 2;

/// A number computed of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Over the attributes, the identities, and a variable for each part ([`Score::slot`]).
    pub value: Expr,
    /// What is answered from folded events and other audiences.
    pub parts: Vec<Part>,
}

/// A part of a score that is not computed of attributes alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// An aggregate of an events leaf.
    Aggregate {
        /// The events leaf.
        leaf: u32,
        /// Of its entries.
        aggregate: Aggregate,
    },
    /// Whether something holds.
    Test(Formula),
}

impl Score {
    /// The variable of a part.
    pub(crate) fn slot(part: usize) -> Slot {
        PART_SLOT_FIRST.saturating_add(Slot::try_from(part).unwrap_or(Slot::MAX))
    }

    /// Whether a formula can be a score: a number, of attributes, identities, audiences, and of events by way of what can
    /// be folded.
    ///
    /// # Errors
    ///
    /// What cannot, with its place in the text.
    pub fn check(checked: &Checked) -> Result<(), Diagnostic> {
        let refuse = |span: Span, code: &str, message: &str, help: &str| {
            let help = Some(help.to_string());
            let message = message.to_string();
            Err(Diagnostic { code: code.to_string(), severity: Severity::Error, span, message, help })
        };
        if !checked.result.is_number() {
            return refuse(
                checked.expr.span,
                code::NOT_A_NUMBER,
                "a number is expected",
                "a ranking formula gives a number; the highest wins",
            );
        }
        if let Some(span) = place_of_context(&checked.expr) {
            return refuse(
                span,
                code::NEEDS_DECISION,
                "`@{...}` and instances other than of profiles and their events are not known here",
                "read attributes, events and audiences",
            );
        }
        if let Some(name) = visit::not_at_edge(&checked.expr) {
            let message = format!("`{name}` is not computed at the edge, whose worker is kept small");
            return refuse(checked.expr.span, code::NOT_AT_EDGE, &message, "rank by the value itself");
        }
        if Self::compile(&checked.expr, &mut LeafSet::default(), &|_| None).is_none() {
            return refuse(
                blame(&checked.expr),
                code::NEEDS_EVENTS,
                "this needs the stored events, which are not at hand in a request",
                "use counts, sums and averages of filtered events, with windows over `timestamp`",
            );
        }
        Ok(())
    }

    /// The score of a formula; its leaves are added to the set. Absent if it needs the stored events.
    pub(crate) fn compile(formula: &Expr, leaves: &mut LeafSet, audiences: Audiences<'_>) -> Option<Self> {
        let mut taking = Taking { leaves, audiences, parts: Vec::new() };
        let value = taking.value(&normalise::value(formula), 0, true)?;
        (taking.parts.len() < usize::from(PART_SLOT_FIRST)).then_some(Self { value, parts: taking.parts })
    }

    /// Calls `visit` with every leaf that is named, repetitions included.
    pub(crate) fn leaves(&self, visit: &mut dyn FnMut(u32)) {
        for part in &self.parts {
            match part {
                Part::Aggregate { leaf, .. } => visit(*leaf),
                Part::Test(formula) => formula.leaves(visit),
            }
        }
    }

    /// Calls `visit` with every audience that is named.
    pub(crate) fn audiences(&self, visit: &mut dyn FnMut(u32)) {
        for part in &self.parts {
            match part {
                Part::Aggregate { .. } => {}
                Part::Test(formula) => formula.audiences(visit),
            }
        }
    }
}

fn place_of_context(expr: &Expr) -> Option<Span> {
    if matches!(expr.node, Node::Context(_)) {
        return Some(expr.span);
    }
    let mut found = None;
    visit::parts(expr, &mut |part| found = found.or_else(|| place_of_context(part)));
    found
}

/// The smallest part that is at fault, as far as parts stand for themselves.
fn blame(formula: &Expr) -> Span {
    let mut found = None;
    let mut look = |part: &Expr| {
        let fails = || Score::compile(part, &mut LeafSet::default(), &|_| None).is_none();
        if found.is_none() && fails() {
            found = Some(blame(part));
        }
    };
    match &formula.node {
        Node::Arithmetic { left, right, .. } | Node::Compare { left, right, .. } => {
            look(left);
            look(right);
        }
        Node::Negate(part) | Node::Not(part) => look(part),
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(look),
        Node::If { test, then, otherwise } => [test, then, otherwise].into_iter().for_each(|part| look(part)),
        _ => {}
    }
    found.unwrap_or(formula.span)
}

/// Takes a normal form apart. Nothing is found where the stored events would be needed.
struct Taking<'a> {
    leaves: &'a mut LeafSet,
    audiences: Audiences<'a>,
    parts: Vec<Part>,
}

impl Taking<'_> {
    fn part(&mut self, part: Part) -> Expr {
        let known = self.parts.iter().position(|known| *known == part);
        let number = known.unwrap_or(self.parts.len());
        if known.is_none() {
            self.parts.push(part);
        }
        expr(Node::Variable(Score::slot(number)))
    }

    /// An expression in boolean position, below so many binders.
    fn truth(&mut self, normal: &Expr, depth: Slot) -> Option<Expr> {
        if is_of_profile(normal) {
            return Some(normal.clone());
        }
        match &normal.node {
            Node::Not(operand) => Some(expr(Node::Not(Box::new(self.truth(operand, depth)?)))),
            Node::And(operands) => Some(expr(Node::And(self.truths(operands, depth)?))),
            Node::Or(operands) => Some(expr(Node::Or(self.truths(operands, depth)?))),
            Node::Member(audience) => {
                let test = match (self.audiences)(audience) {
                    Some(number) => Formula::Audience(number),
                    None => Formula::Leaf(self.leaves.add(LeafKind::Member(audience.clone()), Needs::All)),
                };
                Some(self.part(Part::Test(test)))
            }
            _ => {
                let test = whole(normal, depth)
                    .and_then(|whole| extract::of_events(&whole, self.leaves, self.audiences));
                match (test, &normal.node) {
                    (Some(test), _) => Some(self.part(Part::Test(test))),
                    (None, Node::Compare { operator, left, right }) => {
                        let left = Box::new(self.value(left, depth, false)?);
                        let right = Box::new(self.value(right, depth, false)?);
                        Some(expr(Node::Compare { operator: *operator, left, right }))
                    }
                    (None, Node::Quantified { .. } | Node::Chain { .. } | Node::Occurs { .. }) => None,
                    (None, _) => self.value(normal, depth, false),
                }
            }
        }
    }

    fn truths(&mut self, operands: &[Expr], depth: Slot) -> Option<Vec<Expr>> {
        operands.iter().map(|operand| self.truth(operand, depth)).collect()
    }

    /// An expression of which the value matters; `counts` if only numbers matter of it.
    fn value(&mut self, normal: &Expr, depth: Slot, counts: bool) -> Option<Expr> {
        if is_of_profile(normal) {
            return Some(normal.clone());
        }
        Some(expr(match &normal.node {
            Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare { .. }
            | Node::Quantified { .. }
            | Node::Occurs { .. }
            | Node::Member(_)
            | Node::Chain { .. } => return self.truth(normal, depth),
            Node::Arithmetic { operator, left, right } => Node::Arithmetic {
                operator: *operator,
                left: Box::new(self.value(left, depth, true)?),
                right: Box::new(self.value(right, depth, true)?),
            },
            Node::Negate(operand) => Node::Negate(Box::new(self.value(operand, depth, true)?)),
            Node::If { test, then, otherwise } => Node::If {
                test: Box::new(self.truth(test, depth)?),
                then: Box::new(self.value(then, depth, counts)?),
                otherwise: Box::new(self.value(otherwise, depth, counts)?),
            },
            Node::Let { slot, value, body } => Node::Let {
                slot: *slot,
                value: Box::new(self.value(value, depth, false)?),
                body: Box::new(self.value(body, depth.saturating_add(1), counts)?),
            },
            Node::Call { function, arguments } => {
                if let Some(part) = self.aggregate(normal, depth, counts) {
                    return Some(part);
                }
                let arguments = arguments.iter().map(|part| self.value(part, depth, false));
                Node::Call { function: *function, arguments: arguments.collect::<Option<_>>()? }
            }
            Node::List(items) => {
                let items = items.iter().map(|item| self.value(item, depth, false));
                Node::List(items.collect::<Option<_>>()?)
            }
            Node::Literal(_)
            | Node::Profile
            | Node::Events
            | Node::Variable(_)
            | Node::Field { .. }
            | Node::Object(_)
            | Node::Filter { .. }
            | Node::Select(_)
            | Node::Map { .. }
            | Node::Context(_) => return None,
        }))
    }

    /// The least and the greatest are kept as numbers and instants: where a text would show, they are not used.
    fn aggregate(&mut self, normal: &Expr, depth: Slot, counts: bool) -> Option<Expr> {
        let whole = whole(normal, depth)?;
        let Node::Call { function, arguments } = &whole.node else { return None };
        let (aggregate, [list]) = (functions::aggregate(*function)?, &**arguments) else { return None };
        let numeric = match aggregate {
            Aggregate::Count | Aggregate::Sum | Aggregate::Average => true,
            Aggregate::Minimum | Aggregate::Maximum => counts,
        };
        let window = event_set::items(list).filter(|_| numeric)?.window()?;
        let leaf = self.leaves.add(LeafKind::Events(window), Needs::All);
        Some(self.part(Part::Aggregate { leaf, aggregate }))
    }
}

/// Whether only the profile itself is read.
fn is_of_profile(normal: &Expr) -> bool {
    !visit::reads_events(normal) && !visit::reads_members(normal)
}

/// A part as if nothing was around it; absent if it reads a variable from outside.
fn whole(normal: &Expr, depth: Slot) -> Option<Expr> {
    let from_outside = |node: &Node| matches!(node, Node::Variable(slot) if *slot < depth);
    match depth {
        0 => Some(normal.clone()),
        _ if visit::any(normal, &from_outside) => None,
        _ => Some(normalise::value(normal)),
    }
}
