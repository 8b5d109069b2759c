//! Numbers as people write them. Everything rounds to the nearest, and of two that are as near to the even digit.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::locale::{self, Locale, Marks};
use super::{Context, lift};
use crate::value::Value;

/// Decimals of a number that is no amount of money.
const NUMBER_DECIMALS_MAX: usize = 3;
/// Significant digits that can be asked for, as in JavaScript.
const PRECISION_MAX: i64 = 100;
/// From which power of ten on a number has an exponent, as in JavaScript; the other end is its precision.
const EXPONENT_MIN: i32 = -6;

/// `(number, locale)`
pub(super) fn number(_: Context, arguments: &[Value]) -> Value {
    localized(arguments, |value, locale| {
        let digits = decimal(value, NUMBER_DECIMALS_MAX)?;
        let digits =
            if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
        let (minus, digits) = signed(digits);
        let minus = if minus { locale.marks.minus } else { "" };
        Some(format!("{minus}{}", grouped(digits, locale.marks)))
    })
}

/// `(number, locale)`: an amount of the money of the locale's country.
pub(super) fn currency(_: Context, arguments: &[Value]) -> Value {
    localized(arguments, |value, locale| {
        let digits = decimal(value, locale.decimals)?;
        let (minus, digits) = signed(&digits);
        let amount = if minus { locale.amount.1 } else { locale.amount.0 };
        let mut found = String::new();
        for place in amount.chars() {
            match place {
                '¤' => found.push_str(locale.symbol),
                '#' => found.push_str(&grouped(digits, locale.marks)),
                '-' => found.push_str(locale.marks.minus),
                other => found.push(other),
            }
        }
        Some(found)
    })
}

/// A share of 1 as whole percent.
pub(super) fn percentage(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| {
        let percent = match value {
            Value::Integer(share) => share.checked_mul(100).map(|percent| percent.to_string()),
            other => other.as_f64().and_then(|share| decimal(&Value::double(share * 100.0), 0)),
        };
        percent.map_or(Value::Null, |percent| Value::String(format!("{percent}%")))
    })
}

/// `(number, digits)`: significant digits; with an exponent where there are more digits before the point than asked
/// for, or more than 5 zeros behind it.
pub(super) fn precision(_: Context, arguments: &[Value]) -> Value {
    let Some(Value::Integer(digits @ 1..=PRECISION_MAX)) = arguments.get(1) else { return Value::Null };
    let Ok(digits) = usize::try_from(*digits) else { return Value::Null };
    lift::each(arguments.first(), |value| {
        let scientific = match value {
            Value::Integer(number) => format!("{number:.*e}", digits - 1),
            Value::Double(number) => format!("{number:.*e}", digits - 1),
            Value::Null
            | Value::Boolean(_)
            | Value::Time(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Object(_) => return Value::Null,
        };
        placed(&scientific, digits).map_or(Value::Null, Value::String)
    })
}

/// `1.235e2` with four digits is `123.5`.
fn placed(scientific: &str, precision: usize) -> Option<String> {
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if exponent < EXPONENT_MIN || exponent >= i32::try_from(precision).ok()? {
        let plus = if exponent < 0 { "" } else { "+" };
        return Some(format!("{mantissa}e{plus}{exponent}"));
    }
    let (minus, mantissa) = signed(mantissa);
    let minus = if minus { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let Ok(before) = usize::try_from(exponent) else {
        let zeros = "0".repeat(usize::try_from(-1 - exponent).ok()?);
        return Some(format!("{minus}0.{zeros}{digits}"));
    };
    let (whole, rest) = digits.split_at_checked(before + 1)?;
    let point = if rest.is_empty() { "" } else { "." };
    Some(format!("{minus}{whole}{point}{rest}"))
}

fn localized(arguments: &[Value], write: impl Fn(&Value, &Locale) -> Option<String>) -> Value {
    let Some(locale) = arguments.get(1).and_then(Value::as_str).and_then(locale::find) else {
        return Value::Null;
    };
    lift::each(arguments.first(), |value| write(value, locale).map_or(Value::Null, Value::String))
}

/// The number with so many decimals, and without a minus if they are all zero.
fn decimal(value: &Value, decimals: usize) -> Option<String> {
    let written = match value {
        Value::Integer(number) if decimals == 0 => number.to_string(),
        Value::Integer(number) => format!("{number}.{}", "0".repeat(decimals)),
        Value::Double(number) => format!("{number:.decimals$}"),
        Value::Null
        | Value::Boolean(_)
        | Value::Time(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Object(_) => {
            return None;
        }
    };
    let zero = written.chars().all(|c| matches!(c, '-' | '0' | '.'));
    Some(if zero { written.trim_start_matches('-').into() } else { written })
}

fn signed(digits: &str) -> (bool, &str) {
    digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits))
}

fn grouped(digits: &str, marks: Marks) -> String {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let digit =
        |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(marks.zero) + digit)).unwrap_or(c);
    let mut found = String::new();
    let count = whole.chars().count();
    for (place, c) in whole.chars().enumerate() {
        let left = count - place;
        if place > 0 && left >= 3 && (left - 3) % marks.group_length == 0 {
            found.push(marks.group);
        }
        found.push(digit(c));
    }
    if !decimals.is_empty() {
        found.push(marks.decimal);
        found.extend(decimals.chars().map(digit));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    fn check_currency(number: serde_json::Value, locale: &str, expected: &str) {
        check("formatCurrency", json!([number, locale]), json!(expected));
    }

    fn check_number(number: serde_json::Value, locale: &str, expected: &str) {
        check("formatNumber", json!([number, locale]), json!(expected));
    }

    #[test]
    fn amounts_are_written_as_in_their_country() {
        check_currency(json!(56), "en_GB", "£56.00");
        check_currency(json!(1234567.891), "en_US", "$1,234,567.89");
        check_currency(json!(-1234.5), "en_US", "-$1,234.50");
        check_currency(json!(-1234.5), "de_DE", "-1.234,50\u{a0}€");
        check_currency(json!(-1234.5), "nl_NL", "€\u{a0}-1.234,50");
        check_currency(json!(-1234.5), "de_CH", "CHF-1’234.50");
        check_currency(json!(-1234.5), "sv_SE", "\u{2212}1\u{a0}234,50\u{a0}kr");
        check_currency(json!(1234567), "en_IN", "₹12,34,567.00");
        check_currency(json!(1234.5), "ja_JP", "￥1,234");
        check_currency(json!(-0.001), "en_US", "$0.00");
        check("formatCurrency", json!([1, "xx_XX"]), json!(null));
        check("formatCurrency", json!(["1", "en_US"]), json!(null));
    }

    #[test]
    fn numbers_are_written_as_in_their_locale() {
        check_number(json!(123456.789), "ar_EG", "١٢٣٬٤٥٦٫٧٨٩");
        check_number(json!(123456.789), "fr_FR", "123\u{202f}456,789");
        check_number(json!(-1234.5), "fi_FI", "\u{2212}1\u{a0}234,5");
        check_number(json!(1000), "de", "1.000");
        check_number(json!(999), "de", "999");
        check_number(json!(i64::MIN), "en_US", "-9,223,372,036,854,775,808");
        check_number(json!(0.12345), "en_US", "0.123");
        check_number(json!(100.0), "en_US", "100");
        check_number(json!(-0.0001), "en_US", "0");
    }

    #[test]
    fn halves_go_to_the_even_digit() {
        check_currency(json!(0.125), "en_US", "$0.12");
        check_currency(json!(0.375), "en_US", "$0.38");
        check("toPercentage", json!([0.125]), json!("12%"));
        check("toPrecision", json!([2.5, 1]), json!("2"));
        check("toPrecision", json!([25, 1]), json!("2e+1"));
    }

    #[test]
    fn shares_are_whole_percent() {
        check("toPercentage", json!([0.256]), json!("26%"));
        check("toPercentage", json!([1]), json!("100%"));
        check("toPercentage", json!([-0.5]), json!("-50%"));
        check("toPercentage", json!([i64::MAX]), json!(null));
    }

    #[test]
    fn precision_counts_significant_digits() {
        check("toPrecision", json!([123.456, 4]), json!("123.5"));
        check("toPrecision", json!([123.456, 2]), json!("1.2e+2"));
        check("toPrecision", json!([0.000123, 2]), json!("0.00012"));
        check("toPrecision", json!([0.0000001, 2]), json!("1.0e-7"));
        check("toPrecision", json!([-5, 3]), json!("-5.00"));
        check("toPrecision", json!([0, 2]), json!("0.0"));
        check("toPrecision", json!([123, 3]), json!("123"));
        for digits in [0, 101, -1] {
            check("toPrecision", json!([1, digits]), json!(null));
        }
    }
}
