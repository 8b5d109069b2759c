//! Functions of numbers, and between text and numbers.

use alloc::string::String;

use super::{Context, decimal, lift};
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

/// A number without its fraction, also one that a text is, in decimal, with nothing around it; 1 and 0 of true and false;
/// `Null` of anything else.
pub(super) fn to_int(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::Integer(number) => Value::Integer(*number),
        Value::Double(number) => whole(*number),
        Value::Boolean(value) => Value::Integer((*value).into()),
        Value::String(text) => match number_of(text) {
            Some(Value::Double(number)) => whole(number),
            Some(number) => number,
            None => Value::Null,
        },
        Value::Null | Value::Time(_) | Value::List(_) | Value::Object(_) => Value::Null,
    })
}

/// The number that a text is; the text itself if it is none, as documented.
pub(super) fn to_number(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| number_of(text).unwrap_or_else(|| Value::from(text)))
}

/// The number that a text is, or the value is; null of anything else.
pub(super) fn to_decimal(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::Integer(_) | Value::Double(_) => value.clone(),
        Value::String(text) => number_of(text).unwrap_or_default(),
        Value::Null | Value::Boolean(_) | Value::Time(_) | Value::List(_) | Value::Object(_) => Value::Null,
    })
}

/// `12`, `-1.5`, `2e3`: digits first, so that neither "inf" nor " 5" is a number.
fn number_of(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().map(Value::Integer).ok().or_else(|| match Value::double(decimal::double(text)?) {
        Value::Null => None,
        number => Some(number),
    })
}

/// What the words for it say, in any case, and whether a number is not 0.
pub(super) fn to_boolean(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| match value {
        Value::Boolean(value) => Value::Boolean(*value),
        Value::Integer(number) => Value::Boolean(*number != 0),
        Value::Double(number) => Value::Boolean(number.abs() > 0.0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
        Value::Null | Value::Time(_) | Value::String(_) | Value::List(_) | Value::Object(_) => Value::Null,
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

pub(super) fn to_string(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| text_of(value).map_or(Value::Null, Value::String))
}

/// As in JSON, without quotes; times as RFC 3339. None of a list or an object.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) => {
            Some(alloc::format!("{}", value.to_json()))
        }
        Value::Time(timestamp_ms) => Some(crate::time::format_instant(*timestamp_ms)),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
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
        assert_eq!(to_int(ANY, &[Value::from("42.6")]), Value::Integer(42));
        assert_eq!(to_int(ANY, &[Value::Boolean(true)]), Value::Integer(1));
        for text in ["", " 12", "1.0.0", "twelve", "99999999999999999999", "inf", "nan", "-", "."] {
            assert_eq!(to_int(ANY, &[Value::from(text)]), Value::Null, "{text}");
        }
        assert_eq!(to_number(ANY, &[Value::from("-1.5")]), Value::Double(-1.5));
        assert_eq!(to_number(ANY, &[Value::from("1e999")]), Value::from("1e999"));
        assert_eq!(to_boolean(ANY, &[Value::from("TRUE")]), Value::Boolean(true));
        assert_eq!(to_boolean(ANY, &[Value::from("yes")]), Value::Null);
        assert_eq!(to_boolean(ANY, &[Value::Double(0.0)]), Value::Boolean(false));
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
