//! The steps of a chain as text, for people. Labels are not kept in normal forms: steps are named in their order.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::text;
use crate::lang::typed::{Expr, LastOfBefore, Node, Step};
use crate::time::Occurs;
use crate::value::Value;

/// What a step asks, as far as it is text already.
pub(crate) struct StepText<'a> {
    /// Of the events.
    pub(crate) what: String,
    /// Of their time.
    pub(crate) when: Vec<String>,
    pub(crate) gaps: &'a [Occurs<LastOfBefore>],
    pub(crate) least: u32,
    pub(crate) most: Option<u32>,
}

/// `A: WHAT(...), B: WHAT(...) WHEN(<= 1 day after A)`
pub(crate) fn of_steps<'a>(steps: impl IntoIterator<Item = StepText<'a>>) -> String {
    let mut anchor = String::new();
    let mut texts: Vec<String> = Vec::new();
    for (step, number) in steps.into_iter().zip(0_u8..) {
        let label = label(number);
        texts.push(format!("{label}:{}", of_step(&step, &anchor)));
        if step.least > 0 {
            anchor = label;
        }
    }
    texts.join(", ")
}

/// The steps of a chain that is not folded.
pub(crate) fn of_typed(steps: &[Step]) -> String {
    of_steps(steps.iter().map(|step| StepText {
        what: condition(&step.condition),
        when: Vec::new(),
        gaps: &step.gaps,
        least: step.least,
        most: step.most,
    }))
}

/// Empty if nothing is asked.
pub(crate) fn condition(condition: &Expr) -> String {
    match &condition.node {
        Node::Literal(Value::Boolean(true)) => String::new(),
        _ => text::of_expr(condition),
    }
}

fn of_step(step: &StepText<'_>, anchor: &str) -> String {
    let mut out = String::new();
    if !step.what.is_empty() {
        out.push_str(&format!(" WHAT({})", step.what));
    }
    let gaps = step.gaps.iter().map(|gap| text::of_test(gap, &|_| anchor.to_string()));
    let when: Vec<String> = step.when.iter().cloned().chain(gaps).collect();
    if !when.is_empty() {
        out.push_str(&format!(" WHEN({})", when.join(" and ")));
    }
    match (step.least, step.most) {
        (1, None) => {}
        (least, None) => out.push_str(&format!(" COUNT({least})")),
        (least, Some(most)) if least == most => out.push_str(&format!(" COUNT(exactly {least})")),
        (0, Some(most)) => out.push_str(&format!(" COUNT(at most {most})")),
        (least, Some(most)) => out.push_str(&format!(" COUNT(between {least} and {most})")),
    }
    out
}

fn label(number: u8) -> String {
    match b'A'.checked_add(number) {
        Some(letter) if letter <= b'Z' => char::from(letter).to_string(),
        Some(_) | None => format!("S{number}"),
    }
}
