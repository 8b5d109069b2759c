//! Functions of numbers, and between text and numbers.

use super::{Context, lift};
use crate::value::Value;

pub(super) fn absolute(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        #[expect(clippy::cast_precision_loss, reason = "the one integer whose absolute value does not fit")]
        Value::Integer(number) => {
            number.checked_abs().map_or(Value::double(-(*number as f64)), Value::Integer)
        }
        Value::Double(number) => Value::double(number.abs()),
        Value::Null
        | Value::Boolean(_)
        | Value::Time(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Object(_) => Value::Null,
    })
}

/// The whole number that a text is, in decimal, with nothing around it, or a number without its fraction; `Null` if it is
/// none.
pub(super) fn to_int(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::Integer(number) => Value::Integer(*number),
        Value::Double(number) => whole(*number),
        Value::String(text) => text.parse().map_or(Value::Null, Value::Integer),
        Value::Null | Value::Boolean(_) | Value::Time(_) | Value::List(_) | Value::Object(_) => Value::Null,
    })
}

/// Two's complement, as 64 bits.
pub(super) fn to_hex_string(_: Context, arguments: &[Value]) -> Value {
    match arguments.first() {
        Some(Value::Integer(number)) => Value::String(alloc::format!("{number:x}")),
        Some(_) | None => Value::Null,
    }
}

pub(super) fn round_up(_: Context, arguments: &[Value]) -> Value {
    rounded(arguments, |number, whole| whole < number, 1)
}

pub(super) fn round_down(_: Context, arguments: &[Value]) -> Value {
    rounded(arguments, |number, whole| whole > number, -1)
}

/// The number without its fraction, one step further if that is on the wrong side.
fn rounded(arguments: &[Value], wrong: fn(f64, f64) -> bool, step: i64) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::Integer(number) => Value::Integer(*number),
        Value::Double(number) => match whole(*number) {
            #[expect(clippy::cast_precision_loss, reason = "where it loses, there was no fraction")]
            Value::Integer(cut) if wrong(*number, cut as f64) => {
                cut.checked_add(step).map_or(Value::Null, Value::Integer)
            }
            cut => cut,
        },
        Value::Null
        | Value::Boolean(_)
        | Value::Time(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Object(_) => Value::Null,
    })
}

/// Without its fraction; `Null` if that does not fit.
fn whole(number: f64) -> Value {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is to go")]
    if (-LIMIT..LIMIT).contains(&number) { Value::Integer(number as i64) } else { Value::Null }
}

/// As in JSON, without quotes; times as RFC 3339.
pub(super) fn to_string(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::String(text) => Value::String(text.clone()),
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) => {
            Value::String(alloc::format!("{}", value.to_json()))
        }
        Value::Time(timestamp_ms) => Value::String(crate::time::format_instant(*timestamp_ms)),
        Value::Null | Value::List(_) | Value::Object(_) => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Context = Context { now_ms: 0 };

    #[test]
    fn numbers_lose_their_sign() {
        assert_eq!(absolute(ANY, &[Value::Integer(-3)]), Value::Integer(3));
        assert_eq!(absolute(ANY, &[Value::Double(-0.5)]), Value::Double(0.5));
        assert_eq!(absolute(ANY, &[Value::Integer(i64::MIN)]), Value::Double(9_223_372_036_854_775_808.0));
        assert_eq!(absolute(ANY, &[Value::from("-3")]), Value::Null);
    }

    #[test]
    fn text_becomes_a_number_only_if_it_is_one() {
        assert_eq!(to_int(ANY, &[Value::from("-12")]), Value::Integer(-12));
        for text in ["", " 12", "1.0", "twelve", "99999999999999999999"] {
            assert_eq!(to_int(ANY, &[Value::from(text)]), Value::Null, "{text}");
        }
    }

    #[test]
    fn numbers_become_whole() {
        let check = |function: fn(Context, &[Value]) -> Value, number: f64, expected: i64| {
            assert_eq!(function(ANY, &[Value::Double(number)]), Value::Integer(expected), "{number}");
        };
        check(to_int, 42.6, 42);
        check(to_int, -42.6, -42);
        check(round_up, 72.55, 73);
        check(round_up, -72.55, -72);
        check(round_down, 72.55, 72);
        check(round_down, -72.55, -73);
        check(round_down, 3.0, 3);
        assert_eq!(round_up(ANY, &[Value::Double(1e30)]), Value::Null);
        assert_eq!(to_hex_string(ANY, &[Value::Integer(158)]), Value::from("9e"));
    }

    #[test]
    fn values_become_text() {
        assert_eq!(to_string(ANY, &[Value::Double(1.5)]), Value::from("1.5"));
        assert_eq!(to_string(ANY, &[Value::Boolean(true)]), Value::from("true"));
        assert_eq!(to_string(ANY, &[Value::Time(0)]), Value::from("1970-01-01T00:00:00.000Z"));
    }
}
