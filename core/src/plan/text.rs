//! Normal forms as text, for people: what a term of an audience asks. Close to PQL, and not meant to be read back.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::leaf::{Aggregate, EventWindow, LeafKind};
use super::sequence_text;
use crate::lang::typed::{Arithmetic, Binding, Comparison, Expr, Node, Quantifier, Slot};
use crate::lang::words;
use crate::time::{Anchor, Bound, Interval, Occurs, calendar::DAY_MS, format_date, format_instant};
use crate::value::Value;

/// What a leaf asks.
pub(crate) fn of_leaf(kind: &LeafKind) -> String {
    match kind {
        LeafKind::Attribute(expr) | LeafKind::History(expr) => of_expr(expr),
        LeafKind::Member(audience) => format!("inSegment({})", quoted(audience.as_str())),
        LeafKind::Events(window) => of_window(window),
        LeafKind::Sequence(sequence) => {
            let steps = sequence.steps.iter().map(|step| sequence_text::StepText {
                what: sequence_text::condition(&step.predicate),
                when: step.window.iter().map(|test| of_test(test, &of_interval)).collect(),
                gaps: &step.gaps,
                least: step.least,
                most: step.most,
            });
            format!("chain(xEvent, timestamp, [{}])", sequence_text::of_steps(steps))
        }
    }
}

/// A comparison of an aggregate of an events leaf.
pub(crate) fn of_aggregate(
    window: &EventWindow,
    aggregate: Aggregate,
    comparison: Comparison,
    constant: &Value,
) -> String {
    let function = match aggregate {
        Aggregate::Count => "count",
        Aggregate::Sum => "sum",
        Aggregate::Average => "average",
        Aggregate::Minimum => "min",
        Aggregate::Maximum => "max",
    };
    format!("{}.{function}() {} {}", of_window(window), comparison.symbol(), of_value(constant))
}

fn of_window(window: &EventWindow) -> String {
    let mut conditions = Vec::new();
    match &window.predicate.node {
        Node::Literal(Value::Boolean(true)) => {}
        Node::And(operands) => conditions.extend(operands.iter().map(operand)),
        _ => conditions.push(operand(&window.predicate)),
    }
    for test in &window.window {
        conditions.push(format!("timestamp occurs {}", of_test(test, &of_interval)));
    }
    let filter =
        if conditions.is_empty() { String::new() } else { format!("[{}]", conditions.join(" and ")) };
    match &window.value {
        None => format!("xEvent{filter}"),
        Some(value) if matches!(value.node, Node::Field { .. }) => {
            format!("xEvent{filter}.{}", of_expr(value))
        }
        Some(value) => format!("xEvent{filter}.map({})", of_expr(value)),
    }
}

/// An expression; the fields of the event are written bare.
pub(crate) fn of_expr(expr: &Expr) -> String {
    match &expr.node {
        Node::Literal(value) => of_value(value),
        Node::Profile => "profile".into(),
        Node::Events => "xEvent".into(),
        Node::Variable(slot) => variable(*slot),
        Node::Field { object, name } => match object.node {
            Node::Profile | Node::Variable(0) => name.clone(),
            _ => format!("{}.{name}", operand(object)),
        },
        Node::List(items) => format!("[{}]", list(items)),
        Node::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), of_expr(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Node::Not(inner) => format!("not ({})", of_expr(inner)),
        Node::And(operands) => joined(operands, " and "),
        Node::Or(operands) => joined(operands, " or "),
        Node::Compare { operator, left, right } => {
            format!("{} {} {}", operand(left), operator.symbol(), operand(right))
        }
        Node::Arithmetic { operator, left, right } => {
            let operator = match operator {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
                Arithmetic::Remainder => "%",
            };
            format!("{} {operator} {}", operand(left), operand(right))
        }
        Node::Negate(inner) => format!("-{}", operand(inner)),
        Node::If { test, then, otherwise } => {
            format!("if ({}, {}, {})", of_expr(test), of_expr(then), of_expr(otherwise))
        }
        Node::Let { slot, value, body } => {
            format!("let {} = {} in {}", variable(*slot), of_expr(value), of_expr(body))
        }
        Node::Filter { source, slot, condition } => format!("select {}", binding(*slot, source, condition)),
        Node::Select(variables) => format!("select {}", bindings(variables)),
        Node::Quantified { quantifier, variables } => {
            let quantifier = match quantifier {
                Quantifier::Exists => "exists",
                Quantifier::ForAll => "forall",
                Quantifier::None => "none",
                Quantifier::One => "one",
            };
            format!("{quantifier} {}", bindings(variables))
        }
        Node::Map { source, slot, body } => {
            format!("{}.map(({}) => {})", operand(source), variable(*slot), of_expr(body))
        }
        Node::Call { function, arguments } => {
            let name = function.row().map_or("unknown", |row| row.name);
            match arguments.split_first() {
                Some((receiver, rest)) => format!("{}.{name}({})", operand(receiver), list(rest)),
                None => format!("{name}()"),
            }
        }
        Node::Occurs { timestamp, test } => {
            format!("{} occurs {}", operand(timestamp), of_test(test, &|at| of_expr(at)))
        }
        Node::Member(audience) => format!("inSegment({})", quoted(audience.as_str())),
        Node::Chain { source, slot, order, steps } => {
            let steps = sequence_text::of_typed(steps);
            format!("chain({} as {}, {}, [{steps}])", operand(source), variable(*slot), of_expr(order))
        }
        Node::Context(name) => format!("@{{{name}}}"),
    }
}

/// In parentheses if it consists of several words.
fn operand(expr: &Expr) -> String {
    match &expr.node {
        Node::And(_)
        | Node::Or(_)
        | Node::Arithmetic { .. }
        | Node::If { .. }
        | Node::Let { .. }
        | Node::Filter { .. }
        | Node::Select(_)
        | Node::Quantified { .. } => format!("({})", of_expr(expr)),
        Node::Literal(_)
        | Node::Profile
        | Node::Events
        | Node::Variable(_)
        | Node::Field { .. }
        | Node::List(_)
        | Node::Object(_)
        | Node::Not(_)
        | Node::Compare { .. }
        | Node::Negate(_)
        | Node::Map { .. }
        | Node::Call { .. }
        | Node::Occurs { .. }
        | Node::Member(_)
        | Node::Chain { .. }
        | Node::Context(_) => of_expr(expr),
    }
}

fn variable(slot: Slot) -> String {
    format!("x{slot}")
}

fn list(items: &[Expr]) -> String {
    items.iter().map(of_expr).collect::<Vec<_>>().join(", ")
}

fn joined(operands: &[Expr], word: &str) -> String {
    operands.iter().map(operand).collect::<Vec<_>>().join(word)
}

fn bindings(variables: &[Binding]) -> String {
    let bindings =
        variables.iter().map(|variable| binding(variable.slot, &variable.source, &variable.condition));
    bindings.collect::<Vec<_>>().join(", ")
}

fn binding(slot: Slot, source: &Expr, condition: &Expr) -> String {
    format!("{} from {} where {}", variable(slot), operand(source), operand(condition))
}

/// A test of time, with what stands for its exact anchors.
pub(crate) fn of_test<T>(test: &Occurs<T>, exact: &dyn Fn(&T) -> String) -> String {
    match test {
        Occurs::Offset { bound, count, unit, direction, anchor } => {
            let bound = match bound {
                Bound::More => ">",
                Bound::AtLeast => ">=",
                Bound::Less => "<",
                Bound::AtMost => "<=",
                Bound::Exactly => "=",
            };
            let unit = words::of_unit(*unit, *count != 1);
            let side = word(direction);
            format!("{bound} {count} {unit} {side} {}", of_anchor(anchor, exact))
        }
        Occurs::Side { direction, anchor } => format!("{} {}", word(direction), of_anchor(anchor, exact)),
        Occurs::On(anchor) => of_anchor(anchor, exact),
        Occurs::Between(first, last) => {
            format!("between {} and {}", of_anchor(first, exact), of_anchor(last, exact))
        }
    }
}

fn of_anchor<T>(anchor: &Anchor<T>, exact: &dyn Fn(&T) -> String) -> String {
    match anchor {
        Anchor::Now => "now".into(),
        Anchor::Today => "today".into(),
        Anchor::Yesterday => "yesterday".into(),
        Anchor::Tomorrow => "tomorrow".into(),
        Anchor::This(unit) => format!("this {}", word(unit)),
        Anchor::Last(unit) => format!("last {}", word(unit)),
        Anchor::Next(unit) => format!("next {}", word(unit)),
        Anchor::Exact(at) => exact(at),
    }
}

/// The names of single units and of directions are their words.
fn word(name: &dyn core::fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}

fn of_interval(interval: &Interval) -> String {
    if interval.end_ms.saturating_sub(interval.start_ms) == DAY_MS {
        format_date(interval.start_ms)
    } else {
        format_instant(interval.start_ms)
    }
}

/// A value as a literal.
pub(crate) fn of_value(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Time(at_ms) => format_instant(*at_ms),
        Value::String(text) => quoted(text),
        Value::List(items) => format!("[{}]", items.iter().map(of_value).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), of_value(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
