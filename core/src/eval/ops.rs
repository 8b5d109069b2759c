//! What the operators do: one meaning for every evaluator (`pql.md` 1.4; design, decisions 1, 10, 11 and 13).

use core::cmp::Ordering;

use crate::gather::gather;
use crate::lang::typed::{Arithmetic, Comparison, Expr};
use crate::time::{Anchor, Interval, Occurs};
use crate::value::{Fields, Value};

/// The value in boolean position: null is false, a boolean is itself, a list is true if it has items, anything else
/// is true because it is there.
pub(crate) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Boolean(value) => *value,
        Value::List(items) => !items.is_empty(),
        Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::String(_) | Value::Object(_) => true,
    }
}

/// A comparison; false if either side is null or the sides have no order. A list against anything but a list: true if
/// any item matches.
pub(crate) fn compare(operator: Comparison, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::List(_), Value::List(_)) => compare_one(operator, left, right),
        (Value::List(items), _) => items.iter().any(|item| compare(operator, item, right)),
        (_, Value::List(items)) => items.iter().any(|item| compare(operator, left, item)),
        (_, _) => compare_one(operator, left, right),
    }
}

fn compare_one(operator: Comparison, left: &Value, right: &Value) -> bool {
    let order = || left.compare(right);
    match operator {
        Comparison::Equal => left.equals(right),
        Comparison::NotEqual => !left.equals(right),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Arithmetic on numbers, and on maps of numbers key by key; null of anything else. Whole numbers stay whole, except under `/`, until they do not fit.
pub(crate) fn arithmetic(operator: Arithmetic, left: &Value, right: &Value) -> Value {
    let whole = match (operator, left, right) {
        (Arithmetic::Add, Value::Integer(left), Value::Integer(right)) => left.checked_add(*right),
        (Arithmetic::Subtract, Value::Integer(left), Value::Integer(right)) => left.checked_sub(*right),
        (Arithmetic::Multiply, Value::Integer(left), Value::Integer(right)) => left.checked_mul(*right),
        (Arithmetic::Remainder, Value::Integer(left), Value::Integer(right)) => left.checked_rem(*right),
        (_, _, _) => None,
    };
    if let Some(whole) = whole {
        return Value::Integer(whole);
    }
    let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) else {
        return by_key(operator, left, right);
    };
    Value::double(match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    })
}

/// Maps of numbers key by key (a computed attribute divided by another): with a map, of the keys that both have; with a
/// number, of all. Keys without a value are left out.
fn by_key(operator: Arithmetic, left: &Value, right: &Value) -> Value {
    let of = |left: &Value, right: &Value| match (left, right) {
        (Value::Object(_), _) | (_, Value::Object(_)) => Value::Null,
        (_, _) => arithmetic(operator, left, right),
    };
    let computed: Fields = match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let both = left.iter().filter_map(|(key, left)| Some((key, left, right.get(key)?)));
            gather(both.map(|(key, left, right)| (key.clone(), of(left, right))))
        }
        (Value::Object(left), Value::Integer(_) | Value::Double(_)) => {
            gather(left.iter().map(|(key, left)| (key.clone(), of(left, right))))
        }
        (Value::Integer(_) | Value::Double(_), Value::Object(right)) => {
            gather(right.iter().map(|(key, right)| (key.clone(), of(left, right))))
        }
        (_, _) => return Value::Null,
    };
    Value::Object(gather(computed.into_iter().filter(|(_, value)| *value != Value::Null)))
}

/// `-x`
pub(crate) fn negate(value: &Value) -> Value {
    arithmetic(Arithmetic::Subtract, &Value::Integer(0), value)
}

/// Whether a timestamp, or any of a list of them, passes the test at `now_ms`.
pub(crate) fn occurs(timestamp: &Value, test: &Occurs<Interval>, now_ms: i64) -> bool {
    timestamp.items().iter().filter_map(Value::as_instant_ms).any(|at_ms| test.contains(at_ms, now_ms))
}

/// The test with its anchors evaluated; absent if one of them is no time.
pub(crate) fn resolve<'e>(
    test: &'e Occurs,
    mut value: impl FnMut(&'e Expr) -> Value,
) -> Option<Occurs<Interval>> {
    let mut anchor = |anchor: &'e Anchor<_>| resolve_anchor(anchor, &mut value);
    Some(match test {
        Occurs::Offset { bound, count, unit, direction, anchor: from } => Occurs::Offset {
            bound: *bound,
            count: *count,
            unit: *unit,
            direction: *direction,
            anchor: anchor(from)?,
        },
        Occurs::Side { direction, anchor: from } => {
            Occurs::Side { direction: *direction, anchor: anchor(from)? }
        }
        Occurs::On(at) => Occurs::On(anchor(at)?),
        Occurs::Between(first, last) => Occurs::Between(anchor(first)?, anchor(last)?),
    })
}

fn resolve_anchor<'e>(
    anchor: &'e Anchor<alloc::boxed::Box<Expr>>,
    value: &mut impl FnMut(&'e Expr) -> Value,
) -> Option<Anchor<Interval>> {
    Some(match anchor {
        Anchor::Now => Anchor::Now,
        Anchor::Today => Anchor::Today,
        Anchor::Yesterday => Anchor::Yesterday,
        Anchor::Tomorrow => Anchor::Tomorrow,
        Anchor::This(unit) => Anchor::This(*unit),
        Anchor::Last(unit) => Anchor::Last(*unit),
        Anchor::Next(unit) => Anchor::Next(*unit),
        Anchor::Exact(expr) => Anchor::Exact(value(expr).as_interval()?),
    })
}
