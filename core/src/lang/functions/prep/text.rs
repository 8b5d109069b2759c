//! Text: found, cut, padded, split.

use alloc::string::String;

use super::super::{Context, lift};
use super::{count_at, text_at};
use crate::limits::COMPUTED_TEXT_BYTES_MAX;
use crate::value::Value;

/// `(text, part [, start [, occurrence]])`: where the part begins, in characters from 0; -1 if it does not.
pub(in super::super) fn place(_: Context, arguments: &[Value]) -> Value {
    let (start, occurrence) = match arguments.len() {
        0..=2 => (Some(0), Some(1)),
        3 => (count_at(arguments, 2), Some(1)),
        _ => (count_at(arguments, 2), count_at(arguments, 3)),
    };
    let (Some(part), Some(start), Some(occurrence @ 1..)) = (text_at(arguments, 1), start, occurrence) else {
        return Value::Null;
    };
    lift::each_text(arguments.first(), |text| {
        let begins = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(part));
        let places = text.char_indices().map(|(at, _)| at).enumerate().skip(start);
        let found = places.filter(|(_, at)| begins(*at)).nth(occurrence - 1);
        Value::Integer(found.and_then(|(place, _)| i64::try_from(place).ok()).unwrap_or(-1))
    })
}

/// `(text, part, replacement)`: every one.
pub(in super::super) fn replace(_: Context, arguments: &[Value]) -> Value {
    let (Some(part), Some(by)) =
        (text_at(arguments, 1).filter(|part| !part.is_empty()), text_at(arguments, 2))
    else {
        return Value::Null;
    };
    lift::each_text(arguments.first(), |text| {
        let most = text.len() + text.matches(part).count().saturating_mul(by.len());
        if most > COMPUTED_TEXT_BYTES_MAX { Value::Null } else { lift::text(text.replace(part, by)) }
    })
}

/// `(text, start, length)`
pub(in super::super) fn substring(_: Context, arguments: &[Value]) -> Value {
    let (Some(start), Some(length)) = (count_at(arguments, 1), count_at(arguments, 2)) else {
        return Value::Null;
    };
    lift::each_text(arguments.first(), |text| Value::String(text.chars().skip(start).take(length).collect()))
}

/// `(text, count)`: the first characters.
pub(in super::super) fn left(_: Context, arguments: &[Value]) -> Value {
    let Some(count) = count_at(arguments, 1) else { return Value::Null };
    lift::each_text(arguments.first(), |text| Value::String(text.chars().take(count).collect()))
}

/// `(text, count)`: the last characters.
pub(in super::super) fn right(_: Context, arguments: &[Value]) -> Value {
    let Some(count) = count_at(arguments, 1) else { return Value::Null };
    lift::each_text(arguments.first(), |text| {
        let before = text.chars().count().saturating_sub(count);
        Value::String(text.chars().skip(before).collect())
    })
}

/// `(text, size, padding)`: the padding before the text.
pub(in super::super) fn left_pad(_: Context, arguments: &[Value]) -> Value {
    padded(arguments, |text, padding| padding + text)
}

/// `(text, size, padding)`: the padding behind the text.
pub(in super::super) fn right_pad(_: Context, arguments: &[Value]) -> Value {
    padded(arguments, |text, padding| String::from(text) + &padding)
}

/// Padding that is missing or empty is a space, as documented.
fn padded(arguments: &[Value], joined: impl Fn(&str, String) -> String) -> Value {
    let Some(size) = count_at(arguments, 1).filter(|size| *size <= COMPUTED_TEXT_BYTES_MAX) else {
        return Value::Null;
    };
    let padding = match arguments.get(2) {
        Some(Value::String(padding)) if !padding.is_empty() => padding.as_str(),
        Some(Value::String(_) | Value::Null) | None => " ",
        Some(_) => return Value::Null,
    };
    lift::each_text(arguments.first(), |text| {
        let missing = size.saturating_sub(text.chars().count());
        lift::text(joined(text, padding.chars().cycle().take(missing).collect()))
    })
}

/// `(text, separators)`: the parts between any of the characters.
pub(in super::super) fn split(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::String(text), Value::String(separators)] if !separators.is_empty() => {
            Value::List(text.split(|c| separators.contains(c)).map(Value::from).collect())
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        check_calculated("instr", json!(["adobe.com", "com"]), json!(6));
        check_calculated(
            "replacestr",
            json!(["This is a string re test", "re", "replace"]),
            json!("This is a string replace test"),
        );
        check_calculated("substr", json!(["This is a substring test", 7, 8]), json!(" a subst"));
        check_calculated("lpad", json!(["bat", 8, "yz"]), json!("yzyzybat"));
        check_calculated("rpad", json!(["bat", 8, "yz"]), json!("batyzyzy"));
        check_calculated("left", json!(["abcde", 2]), json!("ab"));
        check_calculated("right", json!(["abcde", 2]), json!("de"));
        check_calculated("split", json!(["Hello world", " "]), json!(["Hello", "world"]));
    }

    #[test]
    fn places_are_counted_in_characters() {
        check_calculated("instr", json!(["éa-éa", "a"]), json!(1));
        check_calculated("instr", json!(["éa-éa", "a", 2]), json!(4));
        check_calculated("instr", json!(["aaa", "aa", 0, 2]), json!(1));
        check_calculated("instr", json!(["aaa", "aa", 0, 3]), json!(-1));
        check_calculated("instr", json!(["aaa", "a", 0, 0]), json!(null));
        check_calculated("instr", json!(["aaa", "a", 9]), json!(-1));
    }

    #[test]
    fn text_that_is_long_enough_is_not_padded() {
        check_calculated("lpad", json!(["abc", 2, "x"]), json!("abc"));
        check_calculated("rpad", json!(["é", 3, null]), json!("é  "));
        check_calculated("rpad", json!(["é", 3, ""]), json!("é  "));
        check_calculated("rpad", json!(["a", i64::MAX, "x"]), json!(null));
        check_calculated("left", json!(["abc", -1]), json!(null));
        check_calculated("right", json!(["abc", 9]), json!("abc"));
        check_calculated("split", json!(["a-b_c", "_-"]), json!(["a", "b", "c"]));
        check_calculated("replacestr", json!(["a-a", "a", ""]), json!("-"));
        check_calculated("replacestr", json!(["a".repeat(2_000), "a", "b".repeat(2_000)]), json!(null));
    }
}
