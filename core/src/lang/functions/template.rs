//! Functions of text that templates add (`pql.md` 1.8, AJO extras).

use alloc::string::String;

use super::{Context, lift};
use crate::value::Value;

/// The code of the character at a place, from 0.
pub(super) fn char_code_at(_: Context, arguments: &[Value]) -> Value {
    let Some(place) = whole(arguments, 1) else { return Value::Null };
    each_text(arguments, |text| {
        let found = text.chars().nth(place);
        found.map_or(Value::Null, |character| Value::Integer(u32::from(character).into()))
    })
}

/// Every word with a capital, the rest as it is.
pub(super) fn capitalized(_: Context, arguments: &[Value]) -> Value {
    each_text(arguments, |text| {
        let mut found = String::with_capacity(text.len());
        let mut before = ' ';
        for character in text.chars() {
            if before.is_whitespace() {
                found.extend(character.to_uppercase());
            } else {
                found.push(character);
            }
            before = character;
        }
        lift::text(found)
    })
}

/// `(text, first, last)`: an X for every character but so many at either end.
pub(super) fn mask(_: Context, arguments: &[Value]) -> Value {
    let (Some(first), Some(last)) = (whole(arguments, 1), whole(arguments, 2)) else { return Value::Null };
    each_text(arguments, |text| {
        let end = text.chars().count().saturating_sub(last);
        let masked = text.chars().enumerate().map(
            |(place, shown)| {
                if (first..end).contains(&place) { 'X' } else { shown }
            },
        );
        Value::String(masked.collect())
    })
}

/// `(text, part, replacement)`: the first one.
pub(super) fn replace(_: Context, arguments: &[Value]) -> Value {
    let part = |index: usize| arguments.get(index).and_then(Value::as_str);
    let (Some(part), Some(by)) = (part(1).filter(|part| !part.is_empty()), part(2)) else {
        return Value::Null;
    };
    each_text(arguments, |text| lift::text(text.replacen(part, by, 1)))
}

/// `(text, first [, end])`: the characters from one place up to another, from 0.
pub(super) fn substr(_: Context, arguments: &[Value]) -> Value {
    let Some(first) = whole(arguments, 1) else { return Value::Null };
    let end = match arguments.get(2) {
        None => usize::MAX,
        Some(_) => match whole(arguments, 2) {
            Some(end) => end,
            None => return Value::Null,
        },
    };
    each_text(arguments, |text| {
        Value::String(text.chars().skip(first).take(end.saturating_sub(first)).collect())
    })
}

fn each_text(arguments: &[Value], compute: impl Fn(&str) -> Value) -> Value {
    lift::each_text(arguments.first(), compute)
}

fn whole(arguments: &[Value], index: usize) -> Option<usize> {
    match arguments.get(index) {
        Some(Value::Integer(number)) => usize::try_from(*number).ok(),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    #[test]
    fn characters_are_found_and_hidden() {
        check("charCodeAt", json!(["some", 3]), json!(101));
        check("charCodeAt", json!(["some", 4]), json!(null));
        check("mask", json!(["123456789", 1, 2]), json!("1XXXXXX89"));
        check("mask", json!(["né", 5, 5]), json!("né"));
        check("mask", json!(["né", 0, 0]), json!("XX"));
        check("substr", json!(["Hello, World!", 7, 12]), json!("World"));
        check("substr", json!(["Hello", 2]), json!("llo"));
        check("substr", json!(["Hello", 4, 2]), json!(""));
        check("substr", json!(["Hello", -1]), json!(null));
    }

    #[test]
    fn parts_of_text_are_replaced() {
        check("replace", json!(["a-b-c", "-", "+"]), json!("a+b-c"));
        check("replace", json!(["a".repeat(2_000), "aaa", ""]), json!("a".repeat(1_997)));
        check("camelCase", json!(["10 downing  street"]), json!("10 Downing  Street"));
    }
}
