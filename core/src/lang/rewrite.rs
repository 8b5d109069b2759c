//! Rebuilding a checked expression with some of its parts replaced.

use alloc::boxed::Box;

use super::typed::{Binding, Expr, Node};
use crate::time::{Anchor, Occurs};

/// Replaces every part, the whole included, for which `other` gives another; what is put in is not looked into again.
pub(crate) fn replace(expr: &mut Expr, other: &mut dyn FnMut(&Expr) -> Option<Expr>) {
    match other(expr) {
        Some(other) => *expr = other,
        None => parts(expr, &mut |part| replace(part, other)),
    }
}

/// Calls `visit` with every direct part, in the order of [`crate::plan`]'s reading visitor.
fn parts(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.node {
        Node::Literal(_)
        | Node::Profile
        | Node::Events
        | Node::Variable(_)
        | Node::Member(_)
        | Node::Context(_) => {}
        Node::Field { object: part, .. } | Node::Not(part) | Node::Negate(part) => visit(part),
        Node::List(parts) | Node::And(parts) | Node::Or(parts) => parts.iter_mut().for_each(visit),
        Node::Call { arguments, .. } => arguments.iter_mut().for_each(visit),
        Node::Object(fields) => fields.iter_mut().for_each(|(_, part)| visit(part)),
        Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Node::If { test, then, otherwise } => {
            visit(test);
            visit(then);
            visit(otherwise);
        }
        Node::Let { value, body, .. } => {
            visit(value);
            visit(body);
        }
        Node::Filter { source, condition: body, .. } | Node::Map { source, body, .. } => {
            visit(source);
            visit(body);
        }
        Node::Select(variables) | Node::Quantified { variables, .. } => {
            for Binding { source, condition, .. } in variables {
                visit(source);
                visit(condition);
            }
        }
        Node::Occurs { timestamp, test } => {
            visit(timestamp);
            anchors(test, visit);
        }
        Node::Chain { source, order, steps, .. } => {
            visit(source);
            visit(order);
            steps.iter_mut().for_each(|step| visit(&mut step.condition));
        }
    }
}

fn anchors(test: &mut Occurs, visit: &mut dyn FnMut(&mut Expr)) {
    let mut anchor = |anchor: &mut Anchor<Box<Expr>>| {
        if let Anchor::Exact(expr) = anchor {
            visit(expr);
        }
    };
    match test {
        Occurs::Offset { anchor: at, .. } | Occurs::Side { anchor: at, .. } | Occurs::On(at) => anchor(at),
        Occurs::Between(first, last) => {
            anchor(first);
            anchor(last);
        }
    }
}
