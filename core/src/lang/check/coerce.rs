//! Constants to the type they are used with (`pql.md` 1.4: the second operand is coerced to the type of the first).

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::super::schema::Type;
use super::super::typed::{Expr, Node};
use super::types::{self, Class, Ty};
use super::{Checker, Typed};
use crate::time::parse_instant;
use crate::value::Value;

/// The same constant as the type says, if it can be said so.
fn constant(value: &Value, ty: &Type) -> Option<Value> {
    match (types::class(ty), value) {
        (Class::Any, _) | (_, Value::Null) => Some(value.clone()),
        (Class::Boolean, Value::String(text)) => [("true", true), ("false", false)]
            .into_iter()
            .find(|(word, _)| text.eq_ignore_ascii_case(word))
            .map(|(_, value)| Value::Boolean(value)),
        (Class::Number, Value::String(text)) => number(text),
        (Class::Text, Value::Integer(number)) => Some(Value::String(format!("{number}"))),
        (Class::Text, Value::Boolean(value)) => Some(Value::String(value.to_string())),
        (Class::Time, Value::String(text)) => parse_instant(text).map(Value::Time),
        (Class::Time, Value::Integer(at_ms)) => Some(Value::Time(*at_ms)),
        (Class::Boolean, Value::Boolean(_))
        | (Class::Number, Value::Integer(_) | Value::Double(_))
        | (Class::Text, Value::String(_))
        | (Class::Time, Value::Time(_)) => Some(value.clone()),
        (Class::Boolean | Class::Number | Class::Text | Class::Time | Class::List | Class::Object, _) => None,
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse() {
        return Some(Value::Integer(whole));
    }
    // `parse` would also take "inf" and "nan".
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite()).map(Value::Double)
}

fn coerced_item(item: &Expr, ty: &Type) -> Option<Expr> {
    let Node::Literal(value) = &item.node else { return None };
    let value = constant(value, ty)?;
    Some(Expr { node: Node::Literal(value), span: item.span })
}

impl<'a> Checker<'a> {
    /// Constants, also those in a list, as the type of the items of `ty`; anything else as it is. A constant that
    /// cannot be said so keeps its own type, and the comparison that follows reports it.
    pub(super) fn coerced(&self, typed: Typed<'a>, ty: &Type) -> Typed<'a> {
        let ty = types::scalar(ty);
        let span = typed.span();
        if let Node::Literal(value) = &typed.expr.node {
            return match constant(value, ty) {
                // Nothing to learn from, or nothing to say.
                Some(known) if *ty == Type::Any || known == Value::Null => typed,
                Some(value) => Typed::new(Node::Literal(value), span, Ty::Owned(ty.clone())),
                None => typed,
            };
        }
        let Node::List(items) = &typed.expr.node else { return typed };
        if *ty == Type::Any {
            return typed;
        }
        let said: Vec<Option<Expr>> = items.iter().map(|item| coerced_item(item, ty)).collect();
        let item_type = if said.iter().all(Option::is_some) {
            Ty::Owned(ty.clone())
        } else {
            types::item(&typed.ty).unwrap_or(Ty::Borrowed(types::ANY))
        };
        let items = said.into_iter().zip(items).map(|(said, item)| said.unwrap_or_else(|| item.clone()));
        Typed::new(Node::List(items.collect()), span, types::list_of(item_type))
    }

    /// Whether the values can be equal at all. A constant text beside a time would have become a time if it were one.
    pub(super) fn fit(left: &Typed<'a>, right: &Typed<'a>) -> bool {
        let text = |typed: &Typed<'a>| matches!(typed.expr.node, Node::Literal(Value::String(_)));
        let time = |typed: &Typed<'a>| types::class(types::scalar(&typed.ty)) == Class::Time;
        let timeless = text(left) && time(right) || time(left) && text(right);
        !timeless && Self::comparable(&left.ty, &right.ty)
    }

    /// Whether values of the types can be equal at all. What is not known may be.
    pub(super) fn comparable(left: &Type, right: &Type) -> bool {
        let whole = |ty: &Type| *types::scalar(ty) == Type::Integer;
        match (types::class(types::scalar(left)), types::class(types::scalar(right))) {
            (Class::Any, _) | (_, Class::Any) => true,
            // Stored times are text or milliseconds.
            (Class::Text, Class::Time) | (Class::Time, Class::Text) => true,
            (Class::Number, Class::Time) => whole(left),
            (Class::Time, Class::Number) => whole(right),
            (left, right) => left == right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, ty: &Type, expected: Option<Value>) {
        assert_eq!(constant(&value.into(), ty), expected);
    }

    #[test]
    fn constants_become_what_they_are_used_with() {
        check("True", &Type::Boolean, Some(Value::Boolean(true)));
        check("5", &Type::Integer, Some(Value::Integer(5)));
        check("5.5", &Type::Number, Some(Value::Double(5.5)));
        check(5, &Type::String, Some(Value::from("5")));
        check("1970-01-02", &Type::Date, Some(Value::Time(86_400_000)));
        check(5, &Type::DateTime, Some(Value::Time(5)));
        check("x", &Type::Any, Some(Value::from("x")));
    }

    #[test]
    fn what_cannot_be_said_so_is_refused() {
        check("yes", &Type::Boolean, None);
        check("NaN", &Type::Number, None);
        check("inf", &Type::Number, None);
        check("last week", &Type::Date, None);
        check(Value::Boolean(true), &Type::Integer, None);
        check(1, &Type::List(alloc::boxed::Box::new(Type::Integer)), None);
    }
}
