//! The values that a term read: of its paths, and of what it compares.

use alloc::string::String;
use alloc::vec::Vec;

use super::Seen;
use crate::eval::answers::Answers;
use crate::eval::walk::Walk;
use crate::lang::typed::{Expr, Node};
use crate::limits::{EXPLANATION_TEXT_CHARACTERS_MAX, EXPLANATION_VALUE_PARTS_MAX, EXPLANATION_VALUES_MAX};
use crate::plan::{text, visit};
use crate::time::Occurs;
use crate::value::Value;

/// What a term over attributes read.
pub(super) fn of_attributes(answers: &Answers<'_>, expr: &Expr) -> Vec<Seen> {
    of(&Walk::of_profile(answers.profile, answers.now_ms), expr)
}

/// What a term over the stored events read; nothing where they are not at hand.
pub(super) fn of_history(answers: &Answers<'_>, expr: &Expr) -> Vec<Seen> {
    answers.with_events(|walk| of(&walk, expr)).unwrap_or_default()
}

fn of<'a>(walk: &Walk<'a, '_>, expr: &'a Expr) -> Vec<Seen> {
    let mut parts = Vec::new();
    collect(expr, &mut parts);
    let mut seen: Vec<Seen> = Vec::new();
    for part in parts {
        let text = text::of_expr(part);
        if seen.len() < EXPLANATION_VALUES_MAX && seen.iter().all(|known| known.text != text) {
            let mut room = EXPLANATION_VALUE_PARTS_MAX;
            let value = shortened(&walk.place(part, &mut Vec::new()).value(), &mut room);
            seen.push(Seen { text, value });
        }
    }
    seen
}

/// The parts that stand for values by themselves: nothing is looked for inside what is done for each item of a list.
fn collect<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &expr.node {
        Node::Literal(_) | Node::Profile | Node::Variable(_) => {}
        Node::Field { .. } | Node::Member(_) | Node::Map { .. } | Node::Select(_) => parts.push(expr),
        Node::Call { .. } if visit::reads_events(expr) => parts.push(expr),
        Node::Events | Node::Context(_) => parts.push(expr),
        Node::Call { arguments: inner, .. } | Node::List(inner) | Node::And(inner) | Node::Or(inner) => {
            inner.iter().for_each(|inner| collect(inner, parts));
        }
        Node::Object(fields) => fields.iter().for_each(|(_, value)| collect(value, parts)),
        Node::Not(inner) | Node::Negate(inner) => collect(inner, parts),
        Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
            collect(left, parts);
            collect(right, parts);
        }
        Node::If { test, then, otherwise } => {
            [test, then, otherwise].into_iter().for_each(|inner| collect(inner, parts));
        }
        Node::Let { value, .. } => collect(value, parts),
        Node::Filter { .. } if visit::reads_events(expr) => parts.push(expr),
        Node::Filter { source, .. } | Node::Chain { source, .. } => collect(source, parts),
        Node::Quantified { variables, .. } => {
            // A later variable may be of an earlier one's item.
            variables.first().into_iter().for_each(|first| collect(&first.source, parts));
        }
        Node::Occurs { timestamp, test } => {
            collect(timestamp, parts);
            anchors(test, parts);
        }
    }
}

fn anchors<'e>(test: &'e Occurs, parts: &mut Vec<&'e Expr>) {
    use crate::time::Anchor::Exact;
    let (first, last) = match test {
        Occurs::Offset { anchor, .. } | Occurs::Side { anchor, .. } | Occurs::On(anchor) => (anchor, None),
        Occurs::Between(first, last) => (first, Some(last)),
    };
    for anchor in core::iter::once(first).chain(last) {
        if let Exact(expr) = anchor {
            collect(expr, parts);
        }
    }
}

/// The beginning of a long value.
pub(super) fn shortened(value: &Value, room: &mut usize) -> Value {
    *room = room.saturating_sub(1);
    match value {
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::Time(_) => {
            value.clone()
        }
        Value::String(text) => Value::String(shortened_text(text)),
        Value::List(items) => {
            let items = items.iter().map_while(|item| (*room > 0).then(|| shortened(item, room)));
            Value::List(items.collect())
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map_while(|(name, value)| (*room > 0).then(|| (name.clone(), shortened(value, room))));
            Value::Object(fields.collect())
        }
    }
}

fn shortened_text(text: &str) -> String {
    match text.char_indices().nth(EXPLANATION_TEXT_CHARACTERS_MAX) {
        None => text.into(),
        Some((end, _)) => text
            .chars()
            .take_while({
                let mut at = 0;
                move |character| {
                    at += character.len_utf8();
                    at <= end
                }
            })
            .chain(core::iter::once('…'))
            .collect(),
    }
}
