//! Normal forms: expressions that mean the same should look the same, so that their leaves are one.
//!
//! - slots are the depth of their binder, so names and order of binding do not matter;
//! - operands of `and` and `or` are flattened, sorted by their bytes and said once;
//! - `select`, `exists`, `forall`, `none` over one variable, a filter in boolean position and a count that only asks
//!   whether there is any all become `exists`; filters of filters become one;
//! - a constant stands on the right of a comparison, and what only consists of constants is evaluated;
//! - a test of time on either side of its anchor becomes two on one side each.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{functions, visit};
use crate::eval::ops;
use crate::lang::typed::{Binding, Comparison, Expr, Node, Quantifier, Slot, Step};
use crate::time::{Anchor, Direction, Occurs};
use crate::value::Value;

/// What a normal form says twice may consist of so many expressions: doubled at every level, a short text would be
/// larger than any memory.
const REPEATED_SIZE_MAX: usize = 64;

/// The normal form of an expression in boolean position.
pub(crate) fn normalise(expr: &Expr) -> Expr {
    Normal::default().boolean(expr)
}

/// The normal form of an expression of which the value matters.
pub(crate) fn value(expr: &Expr) -> Expr {
    Normal::default().value(expr)
}

/// Wraps a node; spans do not take part in normal forms.
pub(crate) fn expr(node: Node) -> Expr {
    Expr { node, span: Default::default() }
}

fn constant(value: bool) -> Expr {
    expr(Node::Literal(Value::Boolean(value)))
}

/// The negation, without doubling it.
pub(crate) fn not(operand: Expr) -> Expr {
    match operand.node {
        Node::Literal(value) => constant(!ops::truth(&value)),
        Node::Not(inner) if is_boolean(&inner) => *inner,
        node => expr(Node::Not(Box::new(expr(node)))),
    }
}

/// The conjunction of normal forms.
pub(crate) fn all(operands: Vec<Expr>) -> Expr {
    join(operands, true)
}

/// The disjunction of normal forms.
pub(crate) fn any(operands: Vec<Expr>) -> Expr {
    join(operands, false)
}

/// `and` if `conjunction`, else `or`; what decides it alone is all that is left of it.
fn join(operands: Vec<Expr>, conjunction: bool) -> Expr {
    let mut flat = Vec::new();
    for operand in operands {
        match operand.node {
            Node::And(inner) if conjunction => flat.extend(inner),
            Node::Or(inner) if !conjunction => flat.extend(inner),
            Node::Literal(value) if ops::truth(&value) == conjunction => {}
            Node::Literal(_) => return constant(!conjunction),
            node => flat.push(expr(node)),
        }
    }
    flat.sort_by_cached_key(bytes);
    flat.dedup();
    match (flat.len(), flat.pop()) {
        (1, Some(only)) => only,
        (_, None) => constant(conjunction),
        (_, Some(last)) => {
            flat.push(last);
            expr(if conjunction { Node::And(flat) } else { Node::Or(flat) })
        }
    }
}

/// The bytes by which normal forms are ordered and identified.
pub(crate) fn bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // Writing to memory cannot fail, and every part of an expression can be written.
    postcard::to_allocvec(value).unwrap_or_default()
}

/// Whether the value is true or false, whatever the profile.
fn is_boolean(expr: &Expr) -> bool {
    matches!(
        expr.node,
        Node::Literal(Value::Boolean(_))
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare { .. }
            | Node::Quantified { .. }
            | Node::Occurs { .. }
            | Node::Member(_)
            | Node::Chain { .. }
    )
}

/// The binders around the expression at hand: their slots in the source and in the normal form.
#[derive(Default)]
struct Normal {
    slots: Vec<(Slot, Slot)>,
    depth: Slot,
}

impl Normal {
    fn boolean(&mut self, source: &Expr) -> Expr {
        truth_of(self.value(source))
    }

    fn value(&mut self, source: &Expr) -> Expr {
        match &source.node {
            Node::Literal(_) | Node::Profile | Node::Events | Node::Member(_) | Node::Context(_) => {
                expr(source.node.clone())
            }
            Node::Variable(slot) => {
                let found = self.slots.iter().rev().find(|(old, _)| old == slot);
                expr(found.map_or(Node::Literal(Value::Null), |(_, new)| Node::Variable(*new)))
            }
            Node::Field { object, name } => {
                let object = Box::new(self.value(object));
                folded(expr(Node::Field { object, name: name.clone() }))
            }
            Node::List(items) => expr(Node::List(self.values(items))),
            Node::Object(fields) => {
                let fields = fields.iter().map(|(name, part)| (name.clone(), self.value(part)));
                expr(Node::Object(fields.collect()))
            }
            Node::Not(operand) => not(self.boolean(operand)),
            Node::And(operands) => as_boolean(all(self.booleans(operands))),
            Node::Or(operands) => as_boolean(any(self.booleans(operands))),
            Node::Compare { operator, left, right } => {
                compare(*operator, self.value(left), self.value(right))
            }
            Node::Arithmetic { operator, left, right } => {
                let (left, right) = (Box::new(self.value(left)), Box::new(self.value(right)));
                folded(expr(Node::Arithmetic { operator: *operator, left, right }))
            }
            Node::Negate(operand) => folded(expr(Node::Negate(Box::new(self.value(operand))))),
            Node::If { test, then, otherwise } => {
                let (then, otherwise) = (self.value(then), self.value(otherwise));
                match self.boolean(test).node {
                    Node::Literal(value) if ops::truth(&value) => then,
                    Node::Literal(_) => otherwise,
                    node => expr(Node::If {
                        test: Box::new(expr(node)),
                        then: Box::new(then),
                        otherwise: Box::new(otherwise),
                    }),
                }
            }
            Node::Let { slot, value, body } => {
                let value = Box::new(self.value(value));
                let (slot, body) = self.within(*slot, |normal| normal.value(body));
                expr(Node::Let { slot, value, body: Box::new(body) })
            }
            Node::Filter { source, slot, condition } => {
                let source = self.value(source);
                let (slot, condition) = self.within(*slot, |normal| normal.boolean(condition));
                filter(source, slot, condition)
            }
            Node::Select(variables) => expr(Node::Select(self.bindings(variables))),
            Node::Quantified { quantifier, variables } => {
                let mut variables = self.bindings(variables);
                match (variables.len(), variables.pop()) {
                    (1, Some(only)) => quantified(*quantifier, only),
                    (_, last) => {
                        variables.extend(last);
                        expr(Node::Quantified { quantifier: *quantifier, variables })
                    }
                }
            }
            Node::Map { source, slot, body } => {
                let source = Box::new(self.value(source));
                let (slot, body) = self.within(*slot, |normal| normal.value(body));
                expr(Node::Map { source, slot, body: Box::new(body) })
            }
            Node::Call { function, arguments } => {
                let arguments = self.values(arguments);
                folded(expr(Node::Call { function: *function, arguments }))
            }
            Node::Occurs { timestamp, test } => self.occurs(timestamp, test),
            Node::Chain { source, slot, order, steps } => {
                let source = Box::new(self.value(source));
                let (_, order) = self.within(*slot, |normal| normal.value(order));
                // A step that asks for nothing is none.
                let asking = steps.iter().filter(|step| step.least > 0 || step.most.is_some());
                let (slot, steps): (_, Vec<Step>) =
                    self.within(*slot, |normal| asking.map(|step| normal.step(step)).collect());
                if steps.is_empty() {
                    return constant(true);
                }
                expr(Node::Chain { source, slot, order: Box::new(order), steps })
            }
        }
    }

    fn step(&mut self, step: &Step) -> Step {
        let mut gaps = step.gaps.clone();
        gaps.sort_by_cached_key(bytes);
        gaps.dedup();
        Step { condition: self.boolean(&step.condition), gaps, least: step.least, most: step.most }
    }

    fn values(&mut self, sources: &[Expr]) -> Vec<Expr> {
        sources.iter().map(|source| self.value(source)).collect()
    }

    fn booleans(&mut self, sources: &[Expr]) -> Vec<Expr> {
        sources.iter().map(|source| self.boolean(source)).collect()
    }

    fn within<T>(&mut self, slot: Slot, inside: impl FnOnce(&mut Self) -> T) -> (Slot, T) {
        let depth = self.depth;
        self.slots.push((slot, depth));
        self.depth = depth.saturating_add(1);
        let result = inside(self);
        self.depth = depth;
        self.slots.pop();
        (depth, result)
    }

    fn bindings(&mut self, sources: &[Binding]) -> Vec<Binding> {
        let (depth, bound) = (self.depth, self.slots.len());
        let mut bindings = Vec::new();
        for Binding { slot, source, condition } in sources {
            let source = self.value(source);
            let new = self.depth;
            self.slots.push((*slot, new));
            self.depth = new.saturating_add(1);
            bindings.push(Binding { slot: new, source, condition: self.boolean(condition) });
        }
        self.depth = depth;
        self.slots.truncate(bound);
        bindings
    }

    fn occurs(&mut self, timestamp: &Expr, test: &Occurs) -> Expr {
        let timestamp = self.value(timestamp);
        let test = self.test(test);
        let one = |test| folded(expr(Node::Occurs { timestamp: Box::new(timestamp.clone()), test }));
        if !test.is_two_sided() {
            return one(test);
        }
        let side = |side: Direction| match test.clone() {
            Occurs::Offset { bound, count, unit, anchor, .. } => {
                Occurs::Offset { bound, count, unit, direction: side, anchor }
            }
            Occurs::Side { anchor, .. } => Occurs::Side { direction: side, anchor },
            other @ (Occurs::On(_) | Occurs::Between(..)) => other,
        };
        let sides = [side(Direction::Before), side(Direction::After)];
        if visit::size(&timestamp) <= REPEATED_SIZE_MAX {
            return any(sides.into_iter().map(one).collect());
        }
        let slot = self.depth;
        let named = || Box::new(expr(Node::Variable(slot)));
        let sides = sides.into_iter().map(|test| expr(Node::Occurs { timestamp: named(), test }));
        let body = Box::new(any(sides.collect()));
        expr(Node::Let { slot, value: Box::new(timestamp), body })
    }

    fn test(&mut self, test: &Occurs) -> Occurs {
        match test {
            Occurs::Offset { bound, count, unit, direction, anchor } => Occurs::Offset {
                bound: *bound,
                count: *count,
                unit: *unit,
                direction: *direction,
                anchor: self.anchor(anchor),
            },
            Occurs::Side { direction, anchor } => {
                Occurs::Side { direction: *direction, anchor: self.anchor(anchor) }
            }
            Occurs::On(anchor) => Occurs::On(self.anchor(anchor)),
            Occurs::Between(first, last) => Occurs::Between(self.anchor(first), self.anchor(last)),
        }
    }

    fn anchor(&mut self, anchor: &Anchor<Box<Expr>>) -> Anchor<Box<Expr>> {
        match anchor {
            Anchor::Exact(at) => Anchor::Exact(Box::new(self.value(at))),
            Anchor::Now
            | Anchor::Today
            | Anchor::Yesterday
            | Anchor::Tomorrow
            | Anchor::This(_)
            | Anchor::Last(_)
            | Anchor::Next(_) => anchor.clone(),
        }
    }
}

/// A normal form in boolean position, kept true or false where it is a value.
fn as_boolean(operand: Expr) -> Expr {
    if is_boolean(&operand) { operand } else { expr(Node::And(vec![operand])) }
}

/// A value in boolean position.
fn truth_of(value: Expr) -> Expr {
    match value.node {
        Node::Literal(value) => constant(ops::truth(&value)),
        Node::Filter { source, slot, condition } => exists(*source, slot, *condition),
        Node::And(mut operands) if operands.len() == 1 => operands.pop().map_or(constant(true), truth_of),
        // The test is said twice: of tests of tests, only while they are small.
        Node::If { test, then, otherwise } if visit::size(&test) <= REPEATED_SIZE_MAX => {
            let negated = not((*test).clone());
            any(vec![all(vec![*test, truth_of(*then)]), all(vec![negated, truth_of(*otherwise)])])
        }
        node => expr(node),
    }
}

/// A filter, of whose source the outermost filter is taken in.
fn filter(source: Expr, slot: Slot, condition: Expr) -> Expr {
    let (source, condition) = merged(source, condition);
    expr(Node::Filter { source: Box::new(source), slot, condition: Box::new(condition) })
}

fn exists(source: Expr, slot: Slot, condition: Expr) -> Expr {
    let (source, condition) = merged(source, condition);
    let variables = vec![Binding { slot, source, condition }];
    expr(Node::Quantified { quantifier: Quantifier::Exists, variables })
}

/// Both filters bind at the same depth, so their conditions name the item alike.
fn merged(source: Expr, condition: Expr) -> (Expr, Expr) {
    match source.node {
        Node::Filter { source, condition: inner, .. } => (*source, all(vec![*inner, condition])),
        node => (expr(node), condition),
    }
}

fn quantified(quantifier: Quantifier, binding: Binding) -> Expr {
    let Binding { slot, source, condition } = binding;
    match quantifier {
        Quantifier::Exists => exists(source, slot, condition),
        Quantifier::None => not(exists(source, slot, condition)),
        Quantifier::ForAll => not(exists(source, slot, not(condition))),
        Quantifier::One => {
            let (source, condition) = merged(source, condition);
            let variables = vec![Binding { slot, source, condition }];
            expr(Node::Quantified { quantifier, variables })
        }
    }
}

fn compare(operator: Comparison, left: Expr, right: Expr) -> Expr {
    let is_constant = |side: &Expr| matches!(side.node, Node::Literal(_));
    let (operator, left, right) = if is_constant(&left) && !is_constant(&right) {
        (mirrored(operator), right, left)
    } else {
        (operator, left, right)
    };
    if let (Some((source, slot, condition)), Some(asked)) =
        (counted(&left), asks_for_any(operator, &right.node))
    {
        let found = exists(source, slot, condition);
        return if asked { found } else { not(found) };
    }
    folded(expr(Node::Compare { operator, left: Box::new(left), right: Box::new(right) }))
}

fn mirrored(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// The filter that is counted, of events: items of other lists may be null, which are found and not counted.
fn counted(side: &Expr) -> Option<(Expr, Slot, Expr)> {
    let Node::Call { function, arguments } = &side.node else { return None };
    let (Some(super::leaf::Aggregate::Count), [list]) = (functions::aggregate(*function), &**arguments)
    else {
        return None;
    };
    match &list.node {
        Node::Filter { source, slot, condition } if are_events(source) => {
            Some(((**source).clone(), *slot, (**condition).clone()))
        }
        _ => None,
    }
}

fn are_events(list: &Expr) -> bool {
    match &list.node {
        Node::Filter { source, .. } => are_events(source),
        node => matches!(node, Node::Events),
    }
}

/// Whether a count compared like this asks for any (true) or none (false) at all.
fn asks_for_any(operator: Comparison, constant: &Node) -> Option<bool> {
    let Node::Literal(Value::Integer(constant)) = constant else { return None };
    match (operator, constant) {
        (Comparison::Greater | Comparison::NotEqual, 0) | (Comparison::GreaterOrEqual, 1) => Some(true),
        (Comparison::LessOrEqual | Comparison::Equal, 0) | (Comparison::Less, 1) => Some(false),
        (_, _) => None,
    }
}

/// An expression of constants only, evaluated; any other as it is.
fn folded(whole: Expr) -> Expr {
    let mut constants = true;
    visit::parts(&whole, &mut |part| constants = constants && matches!(part.node, Node::Literal(_)));
    if constants && !visit::reads_clock(&whole) {
        expr(Node::Literal(crate::eval::constant(&whole)))
    } else {
        whole
    }
}
