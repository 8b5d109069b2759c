//! Looking through a checked expression: its parts, and what it reads.

use alloc::boxed::Box;

use super::functions;
use crate::lang::functions::Clock;
use crate::lang::typed::{Binding, Expr, Node, Slot};
use crate::time::{Anchor, Occurs};

/// Calls `visit` with every direct part of an expression.
pub(crate) fn parts<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.node {
        Node::Literal(_)
        | Node::Profile
        | Node::Events
        | Node::Variable(_)
        | Node::Member(_)
        | Node::Context(_) => {}
        Node::Field { object: part, .. } | Node::Not(part) | Node::Negate(part) => visit(part),
        Node::List(parts) | Node::And(parts) | Node::Or(parts) => parts.iter().for_each(visit),
        Node::Call { arguments, .. } => arguments.iter().for_each(visit),
        Node::Object(fields) => fields.iter().for_each(|(_, part)| visit(part)),
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
            steps.iter().for_each(|step| visit(&step.condition));
        }
    }
}

fn anchors<'e>(test: &'e Occurs, visit: &mut dyn FnMut(&'e Expr)) {
    let mut anchor = |anchor: &'e Anchor<Box<Expr>>| {
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

/// Whether the expression or any part of it, at any depth, is as asked.
pub(crate) fn any(expr: &Expr, asked: &dyn Fn(&Node) -> bool) -> bool {
    if asked(&expr.node) {
        return true;
    }
    let mut found = false;
    parts(expr, &mut |part| found = found || any(part, asked));
    found
}

/// Of how many expressions it consists, itself included.
pub(crate) fn size(expr: &Expr) -> usize {
    let mut size = 1_usize;
    parts(expr, &mut |part| size = size.saturating_add(self::size(part)));
    size
}

/// Whether the events are read.
pub fn reads_events(expr: &Expr) -> bool {
    any(expr, &|node| matches!(node, Node::Events))
}

/// The name of a function that the edge does not compute, if one is called.
pub fn not_at_edge(expr: &Expr) -> Option<&'static str> {
    let mut found = match &expr.node {
        Node::Call { function, .. } => function.row().filter(|row| !row.at_edge).map(|row| row.name),
        Node::Literal(_)
        | Node::Profile
        | Node::Events
        | Node::Variable(_)
        | Node::Member(_)
        | Node::Context(_)
        | Node::Field { .. }
        | Node::List(_)
        | Node::Object(_)
        | Node::Not(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::Compare { .. }
        | Node::Arithmetic { .. }
        | Node::Negate(_)
        | Node::If { .. }
        | Node::Let { .. }
        | Node::Filter { .. }
        | Node::Select(_)
        | Node::Quantified { .. }
        | Node::Map { .. }
        | Node::Occurs { .. }
        | Node::Chain { .. } => None,
    };
    parts(expr, &mut |part| found = found.or_else(|| not_at_edge(part)));
    found
}

/// Whether other audiences are read.
pub(crate) fn reads_members(expr: &Expr) -> bool {
    any(expr, &|node| matches!(node, Node::Member(_)))
}

/// Whether the value may change at any instant, so that nobody can say when it next does.
pub(crate) fn reads_instant(expr: &Expr) -> bool {
    any(
        expr,
        &|node| matches!(node, Node::Call { function, .. } if functions::clock(*function) == Clock::Instant),
    )
}

/// Whether a time is asked where in its year it lies, whichever year that is.
pub(crate) fn ignores_year(expr: &Expr) -> bool {
    any(expr, &|node| matches!(node, Node::Call { function, .. } if functions::ignores_year(*function)))
}

/// Whether the value may change with nothing but time.
pub(crate) fn reads_clock(expr: &Expr) -> bool {
    any(expr, &|node| match node {
        Node::Occurs { test, .. } => test.depends_on_now(),
        Node::Call { function, .. } => functions::reads_clock(*function),
        Node::Literal(_)
        | Node::Profile
        | Node::Events
        | Node::Variable(_)
        | Node::Field { .. }
        | Node::List(_)
        | Node::Object(_)
        | Node::Not(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::Compare { .. }
        | Node::Arithmetic { .. }
        | Node::Negate(_)
        | Node::If { .. }
        | Node::Let { .. }
        | Node::Filter { .. }
        | Node::Select(_)
        | Node::Quantified { .. }
        | Node::Map { .. }
        | Node::Member(_)
        | Node::Chain { .. }
        | Node::Context(_) => false,
    })
}

/// Whether something is read that only a decision knows.
pub fn reads_context(expr: &Expr) -> bool {
    any(expr, &|node| matches!(node, Node::Context(_)))
}

/// Whether one event, bound to slot 0, is all that is read of a profile: not its attributes, other events or audiences,
/// nor variables from outside. In a normal form slots are depths, so that any other variable is bound inside.
pub(crate) fn reads_one_event_only(expr: &Expr) -> bool {
    !any(expr, &|node| matches!(node, Node::Profile | Node::Events | Node::Member(_) | Node::Context(_)))
}

/// The steps of a path from the variable of a slot: `x.a.b`.
pub(crate) fn path_from(slot: Slot, expr: &Expr) -> Option<alloc::vec::Vec<&str>> {
    match &expr.node {
        Node::Variable(variable) if *variable == slot => Some(alloc::vec::Vec::new()),
        Node::Field { object, name } => {
            let mut path = path_from(slot, object)?;
            path.push(name);
            Some(path)
        }
        _ => None,
    }
}
