//! `chain`: of one step, the events of the step, counted; of several, whether events of the steps come one after another.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{self, Comparison, Kind, Literal, Name, Operator, Step};
use super::super::diagnostic::{Span, code};
use super::super::functions;
use super::super::typed::{Expr, Node, Slot};
use super::scope::Frame;
use super::types::{self, Ty};
use super::{Checker, Typed};
use crate::value::Value;

/// What tells apart events of the same instant.
const ID: &str = "_id";

impl<'a> Checker<'a> {
    pub(super) fn chain(
        &mut self,
        events: &ast::Expr,
        order: &ast::Expr,
        steps: &[Step],
        span: Span,
    ) -> Typed<'a> {
        // Every step looks at it, so it has to be small.
        if !is_path(order) {
            let help = "write `chain(xEvent, timestamp, [...])`";
            return self.reported(
                code::BAD_STEP,
                order.span,
                "a chain is ordered by a field of the events",
                help,
            );
        }
        match steps {
            [] => {
                self.reported(code::BAD_STEP, span, "a chain has at least one step", "write `[A: WHAT(...)]`")
            }
            [step] => self.expr(&counted(events, order, step, span)),
            steps => self.sequence(events, order, steps, span),
        }
    }

    /// A call with the events of every step, each as its place in the order, and how many of them there must be.
    fn sequence(&mut self, events: &ast::Expr, order: &ast::Expr, steps: &[Step], span: Span) -> Typed<'a> {
        let source = self.expr(events);
        let item = self.items_of(&source);
        if types::field(&item, ID).is_none() {
            let message = "the items of this array have no `_id`, by which a chain tells them apart";
            return self.reported(code::ARGUMENT_TYPE, source.span(), message, "a chain goes over `xEvent`");
        }
        // The events are named, because every step looks through them.
        let shared = self.slot();
        let list = Expr { node: Node::Variable(shared), span: source.span() };
        let mut arguments = Vec::new();
        for step in steps {
            let count = Node::Literal(Value::Integer(step.count.unwrap_or(1).into()));
            arguments.push(Expr { node: count, span: step.label.span });
            arguments.push(self.places(list.clone(), &item, order, step));
        }
        let Some(row) = functions::find("follow") else { return Typed::unknown(span) };
        let call = Node::Call { function: row.function(), arguments };
        let body = Box::new(Expr { node: call, span });
        Typed::boolean(Node::Let { slot: shared, value: Box::new(source.expr), body }, span)
    }

    /// `[order, _id]` of every event of the step.
    fn places(&mut self, list: Expr, item: &Ty<'a>, order: &ast::Expr, step: &Step) -> Expr {
        let span = step.label.span;
        let slot = self.slot();
        let condition = condition(order, step, span);
        let condition =
            self.within(Frame::Item { slot, ty: item.clone() }, |checker| checker.expr(&condition)).expr;
        let found = Node::Filter { source: Box::new(list), slot, condition: Box::new(condition) };
        let slot = self.slot();
        let order = self.within(Frame::Item { slot, ty: item.clone() }, |checker| checker.instant(order));
        let pair = Node::List(vec![order.expr, id_of(slot, span)]);
        // A list of one, because lists within are flattened.
        let body = Node::List(vec![Expr { node: pair, span }]);
        let (source, body) = (Box::new(Expr { node: found, span }), Box::new(Expr { node: body, span }));
        Expr { node: Node::Map { source, slot, body }, span }
    }
}

fn is_path(expr: &ast::Expr) -> bool {
    let mut expr = expr;
    while let Kind::Field(object, _) = &expr.kind {
        expr = object;
    }
    matches!(expr.kind, Kind::Name(_))
}

fn id_of(slot: Slot, span: Span) -> Expr {
    let object = Box::new(Expr { node: Node::Variable(slot), span });
    Expr { node: Node::Field { object, name: ID.into() }, span }
}

/// `events[what and where and order occurs when].count() >= n`
fn counted(events: &ast::Expr, order: &ast::Expr, step: &Step, span: Span) -> ast::Expr {
    let condition = Box::new(condition(order, step, span));
    let found = ast::Expr::new(Kind::Filter(Box::new(events.clone()), condition), span);
    let name = Name { text: String::from("count"), span: step.label.span };
    let count = ast::Expr::new(Kind::Method(Box::new(found), name, Vec::new()), span);
    let least = ast::Expr::new(Kind::Literal(Literal::Integer(step.count.unwrap_or(1).into())), span);
    let at_least = Operator::Compare(Comparison::GreaterOrEqual);
    ast::Expr::new(Kind::Binary(at_least, Box::new(count), Box::new(least)), span)
}

/// `what and where and order occurs when`; in this shape also one of them, or none, is a condition.
fn condition(order: &ast::Expr, step: &Step, span: Span) -> ast::Expr {
    let mut conditions: Vec<ast::Expr> =
        [&step.what, &step.condition].into_iter().flatten().cloned().collect();
    if let Some(when) = &step.when {
        conditions.push(ast::Expr::new(Kind::Occurs(Box::new(order.clone()), when.clone()), order.span));
    }
    ast::Expr::new(Kind::And(conditions), span)
}
