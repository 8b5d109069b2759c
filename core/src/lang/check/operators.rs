//! Comparison, membership in a list, patterns, and arithmetic.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{self, Kind, Literal, Operator};
use super::super::diagnostic::{Span, code};
use super::super::functions;
use super::super::schema::Type;
use super::super::typed::{Arithmetic, Comparison, Expr, Node};
use super::arguments::Argument;
use super::types::{self, Class, Ty};
use super::{Checker, Typed};
use crate::time::parse_instant;
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        match operator {
            Operator::Compare(comparison) => self.compare(comparison, left, right, span),
            Operator::Arithmetic(arithmetic) => self.arithmetic(arithmetic, left, right, span),
            Operator::In => self.membership("in", left, right, span),
            Operator::NotIn => self.membership("notIn", left, right, span),
            Operator::Like => self.pattern("like", left, right, span),
            Operator::Matches => self.pattern("matches", left, right, span),
            Operator::Otherwise => self.otherwise(left, right, span),
        }
    }

    /// The left side, or the right one if it is missing or has nothing in it. The left side is named: said twice, it would
    /// double with every operator in it.
    fn otherwise(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed<'a> {
        let (left, right) = (self.expr(left), self.expr(right));
        let (slot, at) = (self.slot(), left.span());
        let variable = Typed::new(Node::Variable(slot), at, left.ty.clone());
        let test = self.apply_named("isNotEmpty", vec![variable.clone()], at);
        let node = Node::If {
            test: Box::new(test.expr),
            then: Box::new(variable.expr),
            otherwise: Box::new(right.expr),
        };
        let ty = types::join(left.ty, right.ty);
        let body = Box::new(Expr { node, span });
        Typed::new(Node::Let { slot, value: Box::new(left.expr), body }, span, ty)
    }

    fn compare(
        &mut self,
        operator: Comparison,
        left_tree: &ast::Expr,
        right_tree: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        let is_null = |tree: &ast::Expr| tree.kind == Kind::Literal(Literal::Null);
        if is_null(left_tree) || is_null(right_tree) {
            let message = "a comparison with `null` is never true";
            self.warn(code::ALWAYS_FALSE, span, message, "write `x.isNull()` or `x.isNotNull()`");
        }
        let (left, right) = (self.expr(left_tree), self.expr(right_tree));
        let (left, right) = self.agreed(left, right);
        let (left, right) = if has_order(operator) { dated(left, right) } else { (left, right) };
        if !Self::fit(&left, &right) {
            let message = format!(
                "{} cannot be compared with {}",
                types::describe(&left.ty),
                types::describe(&right.ty)
            );
            return self.reported(code::INCOMPARABLE, span, message, comparison_help(&left, &right));
        }
        if has_order(operator) {
            self.require_order(operator, &left, &right, span);
        }
        let (left, right) = if has_order(operator) { (left, right) } else { as_instants(left, right) };
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Typed::boolean(Node::Compare { operator, left, right }, span)
    }

    /// Constants of either side as the type of the other; the left side decides if both are constants.
    pub(super) fn agreed(&self, left: Typed<'a>, right: Typed<'a>) -> (Typed<'a>, Typed<'a>) {
        if left.is_literal() && !right.is_literal() && !matches!(right.expr.node, Node::List(_)) {
            let left = self.coerced(left, &right.ty);
            return (left, right);
        }
        let right = self.coerced(right, &left.ty);
        (left, right)
    }

    /// `<` means something for numbers and times only (design, decision 11).
    fn require_order(&mut self, operator: Comparison, left: &Typed<'a>, right: &Typed<'a>, span: Span) {
        let classes = [types::class(types::scalar(&left.ty)), types::class(types::scalar(&right.ty))];
        let time = classes.contains(&Class::Time);
        let unordered = |class: &Class| match class {
            Class::Any | Class::Number | Class::Time => false,
            Class::Text => !time,
            Class::Boolean | Class::List | Class::Object => true,
        };
        let text = |typed: &Typed<'a>| matches!(typed.expr.node, Node::Literal(Value::String(_)));
        let side = if classes.first().is_some_and(unordered) || text(left) { left } else { right };
        if classes.iter().any(unordered) || text(left) || text(right) {
            let message = format!("`{}` does not order {}", operator.symbol(), types::describe(&side.ty));
            let help =
                "numbers and times have an order; dates are written `\"2020-03-14\"` or `date(2020, 3, 14)`";
            self.error(code::NO_ORDER, span, message, help);
        }
    }

    pub(super) fn membership(
        &mut self,
        name: &str,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        let (value, list) = (self.expr(left), self.expr(right));
        // `in ("a")`: parentheses around a single constant.
        let list = if list.is_literal() && *list.ty != Type::Any {
            let (at, ty) = (list.span(), list.ty.clone());
            Typed::new(Node::List(vec![list.expr]), at, types::list_of(ty))
        } else {
            list
        };
        if types::item(&list.ty).is_none() {
            let message = types::mismatch("an array", &list.ty);
            let help = "compare one value with `=`; several stand in brackets: `[1, 2]`";
            return self.reported(code::NOT_A_LIST, list.span(), message, help);
        }
        let (value, list) = self.agreed(value, list);
        if !Self::comparable(&value.ty, &list.ty) {
            let message =
                format!("{} cannot be in {}", types::describe(&value.ty), types::describe(&list.ty));
            return self.reported(code::INCOMPARABLE, span, message, "");
        }
        let (value, list) = as_instants(value, list);
        self.apply_named(name, vec![value, list], span)
    }

    fn pattern(&mut self, name: &str, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed<'a> {
        let left = self.expr(left);
        self.apply(name, vec![Argument::Checked(left), Argument::Tree(right)], span, span)
    }

    fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        let (left, right) = (self.expr(left), self.expr(right));
        let is_map = |typed: &Typed<'a>| matches!(*typed.ty, Type::Map(_));
        let maps = is_map(&left) || is_map(&right);
        let (left, right) = (self.number_or_map(left), self.number_or_map(right));
        let whole = *left.ty == Type::Integer && *right.ty == Type::Integer;
        let ty = if whole && operator != Arithmetic::Divide { types::INTEGER } else { types::NUMBER };
        let ty = if maps { Ty::Owned(Type::map(Type::Number)) } else { Ty::Borrowed(ty) };
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Typed::new(Node::Arithmetic { operator, left, right }, span, ty)
    }

    pub(super) fn negate(&mut self, operand: &ast::Expr, span: Span) -> Typed<'a> {
        let operand = self.expr(operand);
        let operand = self.number(operand);
        let ty = if *operand.ty == Type::Integer { types::INTEGER } else { types::NUMBER };
        Typed::new(Node::Negate(Box::new(operand.expr)), span, Ty::Borrowed(ty))
    }

    /// Maps of numbers are computed with key by key.
    fn number_or_map(&mut self, operand: Typed<'a>) -> Typed<'a> {
        match &*operand.ty {
            Type::Map(value) if matches!(types::class(value), Class::Any | Class::Number) => operand,
            _ => self.number(operand),
        }
    }

    fn number(&mut self, operand: Typed<'a>) -> Typed<'a> {
        let operand = self.coerced_text(operand);
        match types::class(&operand.ty) {
            Class::Any | Class::Number => operand,
            class @ (Class::Boolean | Class::Text | Class::Time | Class::List | Class::Object) => {
                let message = types::mismatch("a number", &operand.ty);
                let help = if class == Class::List { "add the items up with `.sum()`" } else { "" };
                self.reported(code::NOT_A_NUMBER, operand.span(), message, help)
            }
        }
    }

    /// `"5"` as a number; other types are left alone, `true` is no number.
    fn coerced_text(&self, operand: Typed<'a>) -> Typed<'a> {
        let text = matches!(operand.expr.node, Node::Literal(Value::String(_)));
        if text { self.coerced(operand, types::NUMBER) } else { operand }
    }
}

fn has_order(operator: Comparison) -> bool {
    match operator {
        Comparison::Equal | Comparison::NotEqual => false,
        Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => true,
    }
}

/// Texts that are compared in order and look like times are times.
fn dated<'a>(left: Typed<'a>, right: Typed<'a>) -> (Typed<'a>, Typed<'a>) {
    let dated = |typed: Typed<'a>| {
        let Node::Literal(Value::String(text)) = &typed.expr.node else { return typed };
        match parse_instant(text) {
            Some(at_ms) => {
                let span = typed.span();
                Typed::new(Node::Literal(Value::Time(at_ms)), span, Ty::Owned(Type::DateTime))
            }
            None => typed,
        }
    };
    (dated(left), dated(right))
}

/// One side as an instant, if it is a time and not all of it is known before the audience runs.
fn as_instants<'a>(left: Typed<'a>, right: Typed<'a>) -> (Typed<'a>, Typed<'a>) {
    if is_time(&right) {
        let right = instant_beside(right, &left);
        (left, right)
    } else {
        let left = instant_beside(left, &right);
        (left, right)
    }
}

/// One instant has many spellings, and stored times are text: of two that are only known when the audience runs, one
/// becomes an instant, so that they are not compared letter by letter.
pub(super) fn instant_beside<'a>(typed: Typed<'a>, other: &Typed<'a>) -> Typed<'a> {
    if !is_time(&typed) || is_constant(&typed.expr) || is_constant(&other.expr) {
        return typed;
    }
    let Some(row) = functions::find("instant") else { return typed };
    let span = typed.span();
    let node = Node::Call { function: row.function(), arguments: vec![typed.expr] };
    Typed::new(node, span, typed.ty)
}

/// A list of date-times as instants, one for every item.
pub(super) fn instants<'a>(list: Typed<'a>) -> Typed<'a> {
    let date_times = matches!(&*list.ty, Type::List(item) if **item == Type::DateTime);
    if !date_times || is_constant(&list.expr) {
        return list;
    }
    let Some(row) = functions::find("instant") else { return list };
    let span = list.span();
    let node = Node::Call { function: row.function(), arguments: vec![list.expr] };
    Typed::new(node, span, list.ty)
}

pub(super) fn is_time(typed: &Typed<'_>) -> bool {
    types::class(types::scalar(&typed.ty)) == Class::Time
}

fn is_constant(expr: &Expr) -> bool {
    match &expr.node {
        Node::Literal(_) => true,
        Node::List(items) => items.iter().all(is_constant),
        _ => false,
    }
}

fn comparison_help(left: &Typed<'_>, right: &Typed<'_>) -> String {
    let of = |typed: &Typed<'_>, class: Class| types::class(types::scalar(&typed.ty)) == class;
    let time = |typed: &Typed<'_>| of(typed, Class::Time);
    let object = |typed: &Typed<'_>| of(typed, Class::Object);
    if time(left) || time(right) {
        "times are written like \"2020-03-14\" or \"2020-03-14T12:00:00Z\"".into()
    } else if object(left) || object(right) {
        let names = types::scalar(if object(left) { &left.ty } else { &right.ty }).field_names();
        let some = names.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let such = if some.is_empty() { some } else { format!(", such as {some}") };
        format!("compare one of its fields{such}")
    } else if left.is_literal() != right.is_literal() && (of(left, Class::Number) || of(right, Class::Number))
    {
        "a number is written without quotes: `5`".into()
    } else if left.is_literal() != right.is_literal()
        && (of(left, Class::Boolean) || of(right, Class::Boolean))
    {
        "write `true` or `false`".into()
    } else {
        String::new()
    }
}
