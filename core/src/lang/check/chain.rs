//! `chain` of one step: the events of the step, counted. Several steps in order need a state of their own, and are not
//! lowered yet.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::{self, Comparison, Expr, Kind, Literal, Name, Operator, Step};
use super::super::diagnostic::Span;
use super::{Checker, Typed};

impl<'a> Checker<'a> {
    pub(super) fn chain(&mut self, events: &Expr, order: &Expr, steps: &[Step], span: Span) -> Typed<'a> {
        let [step] = steps else {
            let help = "ask for each step with `xEvent[...]`, if their order does not matter";
            return self.unsupported("a `chain` of several steps", span, help);
        };
        self.expr(&counted(events, order, step, span))
    }
}

/// `events[what and where and order occurs when].count() >= n`
fn counted(events: &Expr, order: &Expr, step: &Step, span: Span) -> Expr {
    let mut conditions: Vec<Expr> = [&step.what, &step.condition].into_iter().flatten().cloned().collect();
    if let Some(when) = &step.when {
        conditions.push(Expr::new(Kind::Occurs(Box::new(order.clone()), when.clone()), order.span));
    }
    // In this shape also one condition, or none, is a condition.
    let condition = Box::new(Expr::new(Kind::And(conditions), span));
    let found = Expr::new(Kind::Filter(Box::new(events.clone()), condition), span);
    let name = Name { text: String::from("count"), span: step.label.span };
    let count = Expr::new(Kind::Method(Box::new(found), name, Vec::new()), span);
    let least = Expr::new(Kind::Literal(Literal::Integer(step.count.unwrap_or(1).into())), span);
    let at_least = Operator::Compare(Comparison::GreaterOrEqual);
    Expr::new(ast::Kind::Binary(at_least, Box::new(count), Box::new(least)), span)
}
