//! Functions of maps and objects.

use alloc::format;
use alloc::string::String;

use super::Context;
use crate::gather::gather;
use crate::value::{Fields, Value};

pub(super) fn get(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields), Value::String(key)] => fields.get(key).cloned().unwrap_or_default(),
        _ => Value::Null,
    }
}

pub(super) fn keys(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields)] => Value::List(fields.keys().map(|key| Value::from(key.as_str())).collect()),
        _ => Value::Null,
    }
}

pub(super) fn values(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields)] => Value::List(fields.values().cloned().collect()),
        _ => Value::Null,
    }
}

/// `{key, value}` of every key, in the order of the keys.
pub(super) fn entries(_: Context, arguments: &[Value]) -> Value {
    let [Value::Object(fields)] = arguments else { return Value::Null };
    let entry = |(key, value): (&String, &Value)| {
        let parts =
            [(String::from("key"), Value::from(key.as_str())), (String::from("value"), value.clone())];
        Value::Object(parts.into())
    };
    Value::List(fields.iter().map(entry).collect())
}

/// A map of one entry, or of none if there is no value; null without a key.
pub(super) fn map_entry(_: Context, arguments: &[Value]) -> Value {
    let [key, value] = arguments else { return Value::Null };
    let Some(key) = key_of(key) else { return Value::Null };
    let entry = (*value != Value::Null).then(|| (key, value.clone()));
    Value::Object(gather(entry))
}

/// One map of the entries of all; of the same key, the last.
pub(super) fn merge(_: Context, arguments: &[Value]) -> Value {
    let [Value::List(maps)] = arguments else { return Value::Null };
    let mut merged = Fields::new();
    for map in maps {
        if let Value::Object(fields) = map {
            merged.extend(fields.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    Value::Object(merged)
}

/// The text of a key; absent for what cannot be one.
pub(super) fn key_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) => Some(format!("{}", value.to_json())),
        Value::Time(_) => value.to_json().as_str().map(String::from),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

pub(super) fn is_null(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(matches!(arguments.first(), None | Some(Value::Null)))
}

pub(super) fn is_not_null(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(!matches!(arguments.first(), None | Some(Value::Null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Context = Context { now_ms: 0 };

    #[test]
    fn maps_are_read() {
        let map = Value::Object(Fields::from([(String::from("a"), Value::Integer(1))]));
        assert_eq!(get(ANY, &[map.clone(), Value::from("a")]), Value::Integer(1));
        assert_eq!(get(ANY, &[map.clone(), Value::from("b")]), Value::Null);
        assert_eq!(keys(ANY, core::slice::from_ref(&map)), Value::List([Value::from("a")].into()));
        assert_eq!(values(ANY, &[map]), Value::List([Value::Integer(1)].into()));
        assert_eq!(get(ANY, &[Value::from("a"), Value::from("a")]), Value::Null);
    }

    #[test]
    fn maps_are_made_of_entries_and_taken_apart() {
        let one = |key: &str, value| map_entry(ANY, &[Value::from(key), Value::Integer(value)]);
        let map = merge(ANY, &[Value::List([one("a", 1), one("b", 2), Value::Null, one("a", 3)].into())]);
        assert_eq!(map.field("a"), Value::Integer(3));
        let entries = entries(ANY, &[map]);
        assert_eq!(entries.field("key"), Value::List([Value::from("a"), Value::from("b")].into()));
        assert_eq!(entries.field("value"), Value::List([Value::Integer(3), Value::Integer(2)].into()));
        assert_eq!(map_entry(ANY, &[Value::Integer(5), Value::Null]), Value::Object(Fields::new()));
        assert_eq!(key_of(&Value::Time(0)), Some("1970-01-01T00:00:00.000Z".into()));
    }

    #[test]
    fn null_is_the_only_thing_that_is_null() {
        assert_eq!(is_null(ANY, &[Value::Null]), Value::Boolean(true));
        assert_eq!(is_not_null(ANY, &[Value::Boolean(false)]), Value::Boolean(true));
    }
}
