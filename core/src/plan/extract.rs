//! From the normal form of an audience to a formula over leaves.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::event_set::{self, EventSet};
use super::leaf::{Aggregate, EventWindow, Formula, LeafKind};
use super::leaf_set::{LeafSet, Needs};
use super::normalise::expr;
use super::{functions, sequence, visit};
use crate::id::AudienceId;
use crate::lang::typed::{Binding, Comparison, Expr, Node, Quantifier, Step};
use crate::limits::EVENTS_PER_PROFILE_MAX;
use crate::value::Value;

/// Finds the number of an audience of the same program.
pub(crate) type Audiences<'a> = &'a dyn Fn(&AudienceId) -> Option<u32>;

/// The formula of a normal form in boolean position; its leaves are added to the set.
pub(crate) fn formula(normal: &Expr, leaves: &mut LeafSet, audiences: Audiences<'_>) -> Formula {
    Extract { leaves, audiences }.formula(normal)
}

/// The formula of a test of events, if they can be judged as they come.
pub(crate) fn of_events(normal: &Expr, leaves: &mut LeafSet, audiences: Audiences<'_>) -> Option<Formula> {
    Extract { leaves, audiences }.of_events(normal)
}

struct Extract<'a> {
    leaves: &'a mut LeafSet,
    audiences: Audiences<'a>,
}

impl Extract<'_> {
    fn formula(&mut self, normal: &Expr) -> Formula {
        match &normal.node {
            Node::Literal(value) => Formula::Constant(crate::eval::ops::truth(value)),
            Node::Not(operand) => negation(self.formula(operand)),
            Node::And(operands) => join(operands.iter().map(|operand| self.formula(operand)).collect(), true),
            Node::Or(operands) => join(operands.iter().map(|operand| self.formula(operand)).collect(), false),
            Node::Member(audience) => match (self.audiences)(audience) {
                Some(number) => Formula::Audience(number),
                None => Formula::Leaf(self.leaves.add(LeafKind::Member(audience.clone()), Needs::All)),
            },
            Node::Profile
            | Node::Events
            | Node::Context(_)
            | Node::Variable(_)
            | Node::Field { .. }
            | Node::List(_)
            | Node::Object(_)
            | Node::Compare { .. }
            | Node::Arithmetic { .. }
            | Node::Negate(_)
            | Node::If { .. }
            | Node::Let { .. }
            | Node::Filter { .. }
            | Node::Select(_)
            | Node::Quantified { .. }
            | Node::Map { .. }
            | Node::Call { .. }
            | Node::Occurs { .. }
            | Node::Chain { .. } => self.test(normal),
        }
    }

    /// A test that is no boolean combination: of attributes, of an event window, or of the stored events.
    fn test(&mut self, normal: &Expr) -> Formula {
        let reads_members = visit::reads_members(normal);
        if !visit::reads_events(normal) && !reads_members {
            return Formula::Leaf(self.leaves.add(LeafKind::Attribute(normal.clone()), Needs::All));
        }
        if !reads_members && let Some(formula) = self.of_events(normal) {
            return formula;
        }
        Formula::Leaf(self.leaves.add(LeafKind::History(normal.clone()), Needs::All))
    }

    fn of_events(&mut self, normal: &Expr) -> Option<Formula> {
        match &normal.node {
            Node::Quantified { quantifier, variables } => self.of_quantified(*quantifier, variables),
            Node::Compare { operator, left, right } => self.of_comparison(*operator, left, right),
            Node::Chain { source, slot, order, steps } => {
                let events = sequence::events(source, *slot, order)?;
                match &**steps {
                    [only] if only.gaps.is_empty() => self.of_step(&events.narrowed(&only.condition), only),
                    steps => {
                        let kind = LeafKind::Sequence(sequence::sequence(&events, steps)?);
                        Some(Formula::Leaf(self.leaves.add(kind, Needs::All)))
                    }
                }
            }
            _ => self.any_of(event_set::satisfying(normal)?),
        }
    }

    /// A single step counts its events.
    fn of_step(&mut self, events: &EventSet, step: &Step) -> Option<Formula> {
        let (least, most) = (Value::Integer(step.least.into()), step.most);
        let enough = self.aggregate(events.clone(), Aggregate::Count, Comparison::GreaterOrEqual, least)?;
        let Some(most) = most else { return Some(enough) };
        let most = Value::Integer(most.into());
        let not_too_many = self.aggregate(events.clone(), Aggregate::Count, Comparison::LessOrEqual, most)?;
        Some(join(vec![enough, not_too_many], true))
    }

    fn of_quantified(&mut self, quantifier: Quantifier, variables: &[Binding]) -> Option<Formula> {
        match (quantifier, variables) {
            (Quantifier::Exists, [binding]) => self.any_of(event_set::bound(binding)?),
            (Quantifier::One, [binding]) => {
                let set = event_set::bound(binding)?;
                self.aggregate(set, Aggregate::Count, Comparison::Equal, Value::Integer(1))
            }
            (Quantifier::Exists | Quantifier::ForAll | Quantifier::None | Quantifier::One, _) => None,
        }
    }

    fn of_comparison(&mut self, operator: Comparison, left: &Expr, right: &Expr) -> Option<Formula> {
        if let (Node::Call { function, arguments }, Node::Literal(constant)) = (&left.node, &right.node)
            && let (Some(aggregate), [list]) = (functions::aggregate(*function), &**arguments)
            && let Some(set) = event_set::items(list)
        {
            let number = matches!(constant, Value::Integer(_) | Value::Double(_));
            return if number { self.aggregate(set, aggregate, operator, constant.clone()) } else { None };
        }
        let whole = Node::Compare { operator, left: Box::new(left.clone()), right: Box::new(right.clone()) };
        self.any_of(event_set::satisfying(&expr(whole))?)
    }

    /// Whether there is any; a disjunction of tests of time becomes a disjunction of windows.
    fn any_of(&mut self, set: EventSet) -> Option<Formula> {
        let mut found = Vec::new();
        for set in set.alternatives() {
            let window = set.window()?;
            found.push(match window.predicate.node {
                Node::Literal(Value::Boolean(false)) => Formula::Constant(false),
                _ => Formula::Leaf(self.leaves.add(LeafKind::Events(window), Needs::Newest(1))),
            });
        }
        Some(join(found, false))
    }

    fn aggregate(
        &mut self,
        set: EventSet,
        aggregate: Aggregate,
        comparison: Comparison,
        constant: Value,
    ) -> Option<Formula> {
        let window: EventWindow = set.window()?;
        let needs = match aggregate {
            Aggregate::Count => needed_to_compare(comparison, &constant),
            Aggregate::Sum | Aggregate::Average | Aggregate::Minimum | Aggregate::Maximum => Needs::All,
        };
        let leaf = self.leaves.add(LeafKind::Events(window), needs);
        let any = match (aggregate, comparison, &constant) {
            (Aggregate::Count, Comparison::Greater | Comparison::NotEqual, Value::Integer(0))
            | (Aggregate::Count, Comparison::GreaterOrEqual, Value::Integer(1)) => Some(true),
            (Aggregate::Count, Comparison::LessOrEqual | Comparison::Equal, Value::Integer(0))
            | (Aggregate::Count, Comparison::Less, Value::Integer(1)) => Some(false),
            (_, _, _) => None,
        };
        Some(match any {
            Some(true) => Formula::Leaf(leaf),
            Some(false) => negation(Formula::Leaf(leaf)),
            None => Formula::Aggregate { leaf, aggregate, comparison, constant },
        })
    }
}

/// How many entries decide a comparison of their count: whether there are at least `n` needs `n`, whether there are
/// exactly or more than `n` needs one more.
fn needed_to_compare(comparison: Comparison, constant: &Value) -> Needs {
    let constant = match constant {
        Value::Integer(constant) => *constant,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it saturates, and 2 more than needed do no harm"
        )]
        Value::Double(constant) => (*constant as i64).saturating_add(1),
        _ => return Needs::All,
    };
    let needed = match comparison {
        Comparison::Less | Comparison::GreaterOrEqual => constant,
        Comparison::Equal | Comparison::NotEqual | Comparison::LessOrEqual | Comparison::Greater => {
            constant.saturating_add(1)
        }
    };
    match u32::try_from(needed.max(1)) {
        Ok(needed) if (needed as usize) < EVENTS_PER_PROFILE_MAX => Needs::Newest(needed),
        Ok(_) | Err(_) => Needs::All,
    }
}

fn negation(formula: Formula) -> Formula {
    match formula {
        Formula::Constant(value) => Formula::Constant(!value),
        Formula::Not(inner) => *inner,
        other => Formula::Not(Box::new(other)),
    }
}

/// `and` if `conjunction`, else `or`; cheap terms first, each once.
fn join(operands: Vec<Formula>, conjunction: bool) -> Formula {
    let mut flat: Vec<Formula> = Vec::new();
    for operand in operands {
        let inner = match operand {
            Formula::And(inner) if conjunction => inner,
            Formula::Or(inner) if !conjunction => inner,
            Formula::Constant(value) if value == conjunction => continue,
            Formula::Constant(_) => return Formula::Constant(!conjunction),
            other => vec![other],
        };
        for operand in inner {
            if !flat.contains(&operand) {
                flat.push(operand);
            }
        }
    }
    flat.sort_by_key(cost);
    match (flat.len(), flat.pop()) {
        (_, None) => Formula::Constant(conjunction),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            flat.push(last);
            if conjunction { Formula::And(flat) } else { Formula::Or(flat) }
        }
    }
}

fn cost(formula: &Formula) -> usize {
    match formula {
        Formula::Constant(_) => 0,
        Formula::Leaf(_) => 1,
        Formula::Aggregate { .. } => 2,
        Formula::Not(inner) => cost(inner),
        Formula::And(inner) | Formula::Or(inner) => 2 + inner.len(),
        Formula::Audience(_) => 1_000,
    }
}
