//! `chain`: of one step, the events of the step, counted; of several, whether events of the steps come one after another.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::{self, Comparison, Count, Kind, Literal, Name, Operator};
use super::super::diagnostic::{Span, code};
use super::super::typed::{Node, Step};
use super::scope::Frame;
use super::{Checker, Typed, gap, types};
use crate::limits::CHAIN_STEPS_MAX;

/// What tells apart events of the same instant.
const ID: &str = "_id";

impl<'a> Checker<'a> {
    pub(super) fn chain(
        &mut self,
        events: &ast::Expr,
        order: &ast::Expr,
        steps: &[ast::Step],
        span: Span,
    ) -> Typed<'a> {
        // Every step looks at it, so it has to be small.
        if !is_path(order) {
            let message = "a chain is ordered by a field of the events";
            return self.reported(
                code::BAD_STEP,
                order.span,
                message,
                "write `chain(xEvent, timestamp, [...])`",
            );
        }
        if steps.len() > CHAIN_STEPS_MAX {
            let message =
                format!("the chain has {} steps, more than the {CHAIN_STEPS_MAX} allowed", steps.len());
            let help = "ask for fewer events, or split the chain into audiences that refer to each other";
            return self.reported(code::TOO_MANY_STEPS, span, message, help);
        }
        let errors = self.errors;
        self.shape(steps, span);
        if self.errors > errors {
            return Typed::unknown(span);
        }
        match steps {
            [step] => match (count_test(step), gap::has_gap(step, steps)) {
                (Some(test), false) => self.expr(&counted(events, order, step, test, span)),
                (_, _) => self.sequence(events, order, steps, span),
            },
            steps => self.sequence(events, order, steps, span),
        }
    }

    /// What is wrong with the steps whatever they ask of events.
    fn shape(&mut self, steps: &[ast::Step], span: Span) {
        if steps.is_empty() {
            self.error(code::BAD_STEP, span, "a chain has at least one step", "write `[A: WHAT(...)]`");
            return;
        }
        for (number, step) in steps.iter().enumerate() {
            let Name { text, span } = &step.label;
            if steps.iter().take(number).any(|other| other.label == step.label) {
                let message = format!("two steps have the label `{text}`");
                self.error(code::DUPLICATE_LABEL, *span, message, "give every step a label of its own");
            }
            match step.count {
                Some(Count { least, most: Some(most), span }) if most < least => {
                    let message = format!("no count is at least {least} and at most {most}");
                    let help = format!("write `COUNT(between {most} and {least})`");
                    self.error(code::BAD_STEP, span, message, help);
                }
                Some(Count { least: 0, most: None, span }) => {
                    let help = "leave it out, or exclude such events with `COUNT(exactly 0)`";
                    self.warn(code::BAD_STEP, span, "this step asks for nothing", help);
                }
                Some(_) | None => {}
            }
        }
        if steps.iter().all(is_exclusion) {
            let message = "a chain of nothing but exclusions has no event that they could stand beside";
            let help = "negate it instead: `not chain(xEvent, timestamp, [A: WHAT(...)])`";
            self.error(code::BAD_STEP, span, message, help);
        }
    }

    fn sequence(
        &mut self,
        events: &ast::Expr,
        order: &ast::Expr,
        steps: &[ast::Step],
        span: Span,
    ) -> Typed<'a> {
        let source = self.expr(events);
        let item = self.items_of(&source);
        if types::field(&item, ID).is_none() {
            let message = "the items of this array have no `_id`, by which a chain tells them apart";
            return self.reported(code::ARGUMENT_TYPE, source.span(), message, "a chain goes over `xEvent`");
        }
        let slot = self.slot();
        let frame = || Frame::Item { slot, ty: item.clone() };
        let time = self.within(frame(), |checker| checker.instant(order)).expr;
        let mut typed = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let (gaps, times) = self.within(frame(), |checker| checker.gaps(steps, number));
            let condition = condition(order, step, times, step.label.span);
            let condition = self.within(frame(), |checker| checker.expr(&condition)).expr;
            let (least, most) = range(step);
            if gap::can_never_match(&condition, &time, &gaps) {
                let message = "this step can never match: no time passes all of its tests";
                self.warn(code::ALWAYS_FALSE, step.label.span, message, "look at the tests in `WHEN(...)`");
            }
            typed.push(Step { condition, gaps, least, most });
        }
        let (source, order) = (Box::new(source.expr), Box::new(time));
        Typed::boolean(Node::Chain { source, slot, order, steps: typed }, span)
    }
}

fn is_path(expr: &ast::Expr) -> bool {
    let mut expr = expr;
    while let Kind::Field(object, _) = &expr.kind {
        expr = object;
    }
    matches!(expr.kind, Kind::Name(_))
}

/// The least and the most events of a step.
pub(super) fn range(step: &ast::Step) -> (u32, Option<u32>) {
    step.count.map_or((1, None), |count| (count.least, count.most))
}

fn is_exclusion(step: &ast::Step) -> bool {
    range(step).1 == Some(0)
}

/// The one comparison of the number of events that a step by itself amounts to.
fn count_test(step: &ast::Step) -> Option<(Comparison, u32)> {
    match range(step) {
        (least, None) => Some((Comparison::GreaterOrEqual, least)),
        (least, Some(most)) if least == most => Some((Comparison::Equal, most)),
        (0, Some(most)) => Some((Comparison::LessOrEqual, most)),
        (_, Some(_)) => None,
    }
}

/// `events[what and where and order occurs when].count() >= n`
fn counted(
    events: &ast::Expr,
    order: &ast::Expr,
    step: &ast::Step,
    (comparison, number): (Comparison, u32),
    span: Span,
) -> ast::Expr {
    let condition = Box::new(condition(order, step, &step.when, span));
    let found = ast::Expr::new(Kind::Filter(Box::new(events.clone()), condition), span);
    let name = Name { text: String::from("count"), span: step.label.span };
    let count = ast::Expr::new(Kind::Method(Box::new(found), name, Vec::new()), span);
    let number = ast::Expr::new(Kind::Literal(Literal::Integer(number.into())), span);
    let operator = Operator::Compare(comparison);
    ast::Expr::new(Kind::Binary(operator, Box::new(count), Box::new(number)), span)
}

/// `what and where and order occurs when`; in this shape also one of them, or none, is a condition.
fn condition<'s>(
    order: &ast::Expr,
    step: &ast::Step,
    times: impl IntoIterator<Item = &'s ast::Occurs>,
    span: Span,
) -> ast::Expr {
    let mut conditions: Vec<ast::Expr> =
        [&step.what, &step.condition].into_iter().flatten().cloned().collect();
    for test in times {
        conditions.push(ast::Expr::new(Kind::Occurs(Box::new(order.clone()), test.clone()), order.span));
    }
    ast::Expr::new(Kind::And(conditions), span)
}
