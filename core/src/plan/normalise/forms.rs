//! The nodes of normal forms, each made so that what means the same looks the same.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::eval::ops;
use crate::lang::typed::{Binding, Comparison, Expr, Node, Quantifier, Slot};
use crate::plan::{functions, leaf::Aggregate, visit};
use crate::value::Value;

/// What a normal form says twice may consist of so many expressions: doubled at every level, a short text would be
/// larger than any memory.
pub(super) const REPEATED_SIZE_MAX: usize = 64;

/// Wraps a node; spans do not take part in normal forms.
pub(crate) fn expr(node: Node) -> Expr {
    Expr { node, span: Default::default() }
}

pub(super) fn constant(value: bool) -> Expr {
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

/// A normal form in boolean position, kept true or false where it is a value.
pub(super) fn as_boolean(operand: Expr) -> Expr {
    if is_boolean(&operand) { operand } else { expr(Node::And(vec![operand])) }
}

/// A value in boolean position.
pub(super) fn truth_of(value: Expr) -> Expr {
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
pub(super) fn filter(source: Expr, slot: Slot, condition: Expr) -> Expr {
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

pub(super) fn quantified(quantifier: Quantifier, binding: Binding) -> Expr {
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

pub(super) fn compare(operator: Comparison, left: Expr, right: Expr) -> Expr {
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
    let (Some(Aggregate::Count), [list]) = (functions::aggregate(*function), &**arguments) else {
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
pub(super) fn folded(whole: Expr) -> Expr {
    let mut constants = true;
    visit::parts(&whole, &mut |part| constants = constants && matches!(part.node, Node::Literal(_)));
    if constants && !visit::reads_clock(&whole) {
        expr(Node::Literal(crate::eval::constant(&whole)))
    } else {
        whole
    }
}
