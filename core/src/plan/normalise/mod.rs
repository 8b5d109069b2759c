//! Normal forms: expressions that mean the same should look the same, so that their leaves are one.
//!
//! - slots are the depth of their binder, so names and order of binding do not matter;
//! - operands of `and` and `or` are flattened, sorted by their bytes and said once;
//! - `select`, `exists`, `forall`, `none` over one variable, a filter in boolean position and a count that only asks
//!   whether there is any all become `exists`; filters of filters become one;
//! - a constant stands on the right of a comparison, and what only consists of constants is evaluated;
//! - a test of time on either side of its anchor becomes two on one side each.

mod forms;

pub(crate) use forms::{all, bytes, expr};

use alloc::boxed::Box;
use alloc::vec::Vec;

use forms::{
    REPEATED_SIZE_MAX, any, as_boolean, compare, constant, filter, folded, not, quantified, truth_of,
};

use super::visit;
use crate::eval::ops;
use crate::lang::typed::{Binding, Expr, Node, Slot, Step};
use crate::time::{Anchor, Direction, Occurs};
use crate::value::Value;

/// The normal form of an expression in boolean position.
pub(crate) fn normalise(expr: &Expr) -> Expr {
    Normal::default().boolean(expr)
}

/// The normal form of an expression of which the value matters.
pub(crate) fn value(expr: &Expr) -> Expr {
    Normal::default().value(expr)
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
