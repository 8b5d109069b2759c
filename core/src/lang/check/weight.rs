//! How large a value an expression can put together from its own constants: named and repeated, `let a = [x, x] in
//! let b = [a, a] in ...` doubles with every line.

use super::super::functions::Family;
use super::super::schema::Type;
use super::super::typed::{Binding, Expr, Node, Slot};

/// Whether a type consists of at most so many others. Of objects in objects, it doubles as values do.
pub(super) fn is_type_within(ty: &Type, most: &mut u64) -> bool {
    match most.checked_sub(1) {
        Some(rest) => *most = rest,
        None => return false,
    }
    match ty {
        Type::List(inner) | Type::Map(inner) => is_type_within(inner, most),
        Type::Object(fields) => fields.values().all(|field| is_type_within(field, most)),
        Type::Any
        | Type::Boolean
        | Type::Integer
        | Type::Number
        | Type::String
        | Type::Date
        | Type::DateTime => true,
    }
}

/// Weights of what `let` binds, innermost last; what comes from a profile weighs 1.
#[derive(Default)]
pub(super) struct Weights {
    bound: alloc::vec::Vec<(Slot, u64)>,
    largest: u64,
}

impl Weights {
    /// The weight of the heaviest value that is made on the way.
    pub(super) fn largest(expr: &Expr) -> u64 {
        let mut weights = Self::default();
        weights.of(expr);
        weights.largest
    }

    fn of(&mut self, expr: &Expr) -> u64 {
        let weight = self.made(expr);
        self.largest = self.largest.max(weight);
        weight
    }

    fn made(&mut self, expr: &Expr) -> u64 {
        match &expr.node {
            Node::Literal(_) | Node::Profile | Node::Events | Node::Member(_) | Node::Context(_) => 1,
            Node::Variable(slot) => {
                self.bound.iter().rev().find(|(bound, _)| bound == slot).map_or(1, |(_, weight)| *weight)
            }
            Node::Field { object, .. } => self.of(object),
            Node::List(items) => self.sum(items).max(1),
            // What a function gives is no larger than what it is given; calculated fields may put all of it together.
            Node::Call { function, arguments }
                if function.row().is_some_and(|row| row.family == Family::CalculatedField) =>
            {
                self.sum(arguments).max(1)
            }
            Node::Call { arguments, .. } => arguments.iter().fold(1, |most, part| most.max(self.of(part))),
            Node::Object(fields) => {
                fields.iter().fold(1, |sum: u64, (_, part)| sum.saturating_add(self.of(part)))
            }
            Node::Not(part) | Node::Negate(part) => self.test(&[part]),
            Node::And(parts) | Node::Or(parts) => {
                self.sum(parts);
                1
            }
            Node::Compare { left, right, .. } => self.test(&[left, right]),
            Node::Arithmetic { left, right, .. } => self.of(left).max(self.of(right)),
            Node::If { test, then, otherwise } => {
                self.of(test);
                self.of(then).max(self.of(otherwise))
            }
            Node::Let { slot, value, body } => {
                let value = self.of(value);
                self.bound.push((*slot, value));
                let body = self.of(body);
                self.bound.pop();
                body
            }
            Node::Filter { source, slot, condition } => {
                let source = self.of(source);
                self.item(*slot, source, condition);
                source
            }
            Node::Map { source, slot, body } => {
                let source = self.of(source);
                let body = self.item(*slot, source, body);
                source.saturating_mul(body)
            }
            Node::Select(variables) => self.tuples(variables),
            Node::Quantified { variables, .. } => {
                self.tuples(variables);
                1
            }
            Node::Occurs { timestamp, .. } => self.test(&[timestamp]),
            Node::Chain { source, slot, order, steps } => {
                let source = self.of(source);
                self.item(*slot, source, order);
                for step in steps {
                    self.item(*slot, source, &step.condition);
                }
                1
            }
        }
    }

    fn sum(&mut self, parts: &[Expr]) -> u64 {
        parts.iter().fold(0, |sum: u64, part| sum.saturating_add(self.of(part)))
    }

    fn test(&mut self, parts: &[&Expr]) -> u64 {
        for part in parts {
            self.of(part);
        }
        1
    }

    /// An item weighs no more than the list that it is of.
    fn item(&mut self, slot: Slot, source: u64, body: &Expr) -> u64 {
        self.bound.push((slot, source));
        let body = self.of(body);
        self.bound.pop();
        body
    }

    fn tuples(&mut self, variables: &[Binding]) -> u64 {
        let outer = self.bound.len();
        let mut product = 1_u64;
        for Binding { slot, source, condition } in variables {
            let source = self.of(source);
            self.bound.push((*slot, source));
            self.of(condition);
            product = product.saturating_mul(source);
        }
        self.bound.truncate(outer);
        product
    }
}
