//! Functions of text that templates add (`pql.md` 1.8, AJO extras).

use alloc::string::String;

use super::{Context, lift};
use crate::limits::COMPUTED_TEXT_BYTES_MAX;
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
        Value::String(found)
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
    replaced(arguments, 1)
}

/// `(text, part, replacement)`: from the start to the end.
pub(super) fn replace_all(_: Context, arguments: &[Value]) -> Value {
    replaced(arguments, usize::MAX)
}

fn replaced(arguments: &[Value], count: usize) -> Value {
    let part = |index: usize| arguments.get(index).and_then(Value::as_str);
    let (Some(part), Some(by)) = (part(1).filter(|part| !part.is_empty()), part(2)) else {
        return Value::Null;
    };
    each_text(arguments, |text| {
        let count = text.matches(part).take(count).count();
        // Known before it is made: a long replacement of every letter would outgrow any memory.
        let length = text.len().saturating_add(count.saturating_mul(by.len()));
        if length > COMPUTED_TEXT_BYTES_MAX {
            return Value::Null;
        }
        Value::String(text.replacen(part, by, count))
    })
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

/// What stands before the `://` of an address.
pub(super) fn url_protocol(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| url.protocol)
}

/// The host of an address, without user and port.
pub(super) fn url_host(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| url.host)
}

/// What stands behind the host, without query and fragment.
pub(super) fn url_path(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| url.path)
}

struct Url<'t> {
    protocol: &'t str,
    host: &'t str,
    path: &'t str,
}

impl<'t> Url<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let (protocol, rest) = text.split_once("://")?;
        let (rest, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(slash)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            // Not inside the brackets of an IPv6 address.
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        (!protocol.is_empty() && !host.is_empty()).then_some(Self { protocol, host, path })
    }
}

fn each_url(arguments: &[Value], part: impl for<'t> Fn(Url<'t>) -> &'t str) -> Value {
    each_text(arguments, |text| Url::read(text).map_or(Value::Null, |url| Value::from(part(url))))
}

fn each_text(arguments: &[Value], compute: impl Fn(&str) -> Value) -> Value {
    lift::each(arguments.first(), |value| value.as_str().map_or(Value::Null, &compute))
}

fn whole(arguments: &[Value], index: usize) -> Option<usize> {
    match arguments.get(index) {
        Some(Value::Integer(number)) => usize::try_from(*number).ok(),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use serde_json::json;

    use super::super::find;
    use super::*;

    fn check(name: &str, arguments: serde_json::Value, expected: serde_json::Value) {
        let values: Vec<Value> =
            arguments.as_array().unwrap().iter().map(|json| Value::from_json(json, 8).unwrap()).collect();
        let found = (find(name).unwrap().apply)(Context { now_ms: 0 }, &values);
        assert_eq!(found.to_json(), expected, "{name} {arguments}");
    }

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
        check("replaceAll", json!(["aaa", "aa", "b"]), json!("ba"));
        check("replaceAll", json!(["aaa", "", "b"]), json!(null));
        check("replaceAll", json!(["a".repeat(2_000), "a", "b".repeat(2_000)]), json!(null));
        check("replace", json!(["a".repeat(2_000), "aaa", ""]), json!("a".repeat(1_997)));
        check("camelCase", json!(["10 downing  street"]), json!("10 Downing  Street"));
    }

    #[test]
    fn addresses_are_taken_apart() {
        check("getUrlHost", json!(["https://me@www.example.com:8443/a?b#c"]), json!("www.example.com"));
        check("getUrlHost", json!(["http://[::1]/"]), json!("[::1]"));
        check("getUrlPath", json!(["https://www.example.com/a/b.html?c=/d"]), json!("/a/b.html"));
        check("getUrlPath", json!(["https://www.example.com"]), json!(""));
        check("getUrlProtocol", json!(["https://www.example.com"]), json!("https"));
        check("getUrlHost", json!(["www.example.com"]), json!(null));
    }
}
