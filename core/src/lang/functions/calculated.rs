//! What only calculated fields have: lists made, picked from and joined (`pql.md` section 6).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Context, convert};
use crate::limits::COMPUTED_TEXT_BYTES_MAX;
use crate::value::Value;

/// `(list, place)`: from 0; null outside.
pub(super) fn index(_: Context, arguments: &[Value]) -> Value {
    let [list, Value::Integer(place)] = arguments else { return Value::Null };
    let place = usize::try_from(*place).ok();
    place.and_then(|place| list.items().get(place)).cloned().unwrap_or_default()
}

/// `(separator, list)`
pub(super) fn join(_: Context, arguments: &[Value]) -> Value {
    joined(arguments.get(1), arguments.first())
}

/// `(list, separator)`, as templates have it.
pub(super) fn join_list(_: Context, arguments: &[Value]) -> Value {
    joined(arguments.first(), arguments.get(1))
}

fn joined(list: Option<&Value>, separator: Option<&Value>) -> Value {
    let (Some(list), Some(Value::String(separator))) = (list.filter(|list| **list != Value::Null), separator)
    else {
        return Value::Null;
    };
    let mut found = String::new();
    let texts = list.items().iter().filter_map(shown);
    for (place, text) in texts.enumerate() {
        if found.len() + separator.len() + text.len() > COMPUTED_TEXT_BYTES_MAX {
            return Value::Null;
        }
        if place > 0 {
            found.push_str(separator);
        }
        found.push_str(&text);
    }
    Value::String(found)
}

/// As text; objects and lists as JSON in single quotes, as the documented file shows them.
fn shown(item: &Value) -> Option<String> {
    let (Value::Object(_) | Value::List(_)) = item else { return convert::text_of(item) };
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let inner = |value: &Value| match value {
        Value::String(text) => quoted(text),
        Value::Null => "null".into(),
        other => shown(other).unwrap_or_default(),
    };
    Some(match item {
        Value::Object(fields) => {
            let parts: Vec<String> =
                fields.iter().map(|(key, value)| format!("{}:{}", quoted(key), inner(value))).collect();
            format!("{{{}}}", parts.join(","))
        }
        other => {
            let parts: Vec<String> = other.items().iter().map(inner).collect();
            format!("[{}]", parts.join(","))
        }
    })
}

/// The first of the values that is there; of one list, of its items.
pub(super) fn coalesce(_: Context, arguments: &[Value]) -> Value {
    values(arguments).iter().find(|value| **value != Value::Null).cloned().unwrap_or_default()
}

pub(super) fn first(_: Context, arguments: &[Value]) -> Value {
    values(arguments).first().cloned().unwrap_or_default()
}

pub(super) fn last(_: Context, arguments: &[Value]) -> Value {
    values(arguments).last().cloned().unwrap_or_default()
}

/// A list alone stands for its items.
fn values(arguments: &[Value]) -> &[Value] {
    match arguments {
        [only] => only.items(),
        several => several,
    }
}

/// Items of a list, fields of an object, characters of a text; anything else is one.
pub(super) fn size_of(_: Context, arguments: &[Value]) -> Value {
    let size = match arguments.first() {
        None | Some(Value::Null) => return Value::Null,
        Some(Value::List(items)) => items.len(),
        Some(Value::Object(fields)) => fields.len(),
        Some(Value::String(text)) => text.chars().count(),
        Some(Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::Time(_)) => 1,
    };
    i64::try_from(size).map_or(Value::Null, Value::Integer)
}

/// `(list, values...)`: a missing list is an empty one.
pub(super) fn add_to_array(_: Context, arguments: &[Value]) -> Value {
    let Some((list, added)) = arguments.split_first() else { return Value::Null };
    Value::List(list.items().iter().chain(added).cloned().collect())
}

/// `(includeNulls, values...)`
pub(super) fn to_array(_: Context, arguments: &[Value]) -> Value {
    let [Value::Boolean(with_nulls), values @ ..] = arguments else { return Value::Null };
    let kept = values.iter().filter(|value| *with_nulls || **value != Value::Null);
    Value::List(kept.cloned().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{check, check_calculated};

    #[test]
    fn items_are_picked() {
        check_calculated("index", json!([["a", "b"], 1]), json!("b"));
        check_calculated("index", json!([["a", "b"], 2]), json!(null));
        check_calculated("index", json!([["a", "b"], -1]), json!(null));
        check_calculated("first", json!([["1", "2", "3"]]), json!("1"));
        check_calculated("first", json!(["1", "2", "3"]), json!("1"));
        check_calculated("last", json!([["1", "2", "3"]]), json!("3"));
        check_calculated("last", json!([[]]), json!(null));
        check_calculated("coalesce", json!([null, null, "first", null, "second"]), json!("first"));
        check_calculated("coalesce", json!([[null, true, false]]), json!(true));
        check_calculated("coalesce", json!([null]), json!(null));
        check_calculated("size_of", json!([[1, 2, null, 4]]), json!(4));
        check_calculated("size_of", json!([null]), json!(null));
    }

    #[test]
    fn lists_are_made_and_joined() {
        check_calculated("add_to_array", json!([["a", "b"], "c", "d"]), json!(["a", "b", "c", "d"]));
        check_calculated("add_to_array", json!([null, "c"]), json!(["c"]));
        check_calculated("to_array", json!([false, 1, null, 2, 3]), json!([1, 2, 3]));
        check_calculated("to_array", json!([true, 1, null]), json!([1, null]));
        check_calculated("join", json!(["_", ["Marketing", null, 3]]), json!("Marketing_3"));
        check_calculated("join", json!(["_", null]), json!(null));
        check_calculated("join", json!(["x".repeat(1_000_000), ["a", "b", "c"]]), json!(null));
        check_calculated(
            "array_to_string",
            json!(["_", [{"id": 1, "name": "Acme's", "tags": ["a", null]}, {"id": 2}]]),
            json!("{'id':1,'name':'Acme\\'s','tags':['a',null]}_{'id':2}"),
        );
        check("join", json!([["red", "green", "blue"], ","]), json!("red,green,blue"));
        check("join", json!([[], ","]), json!(""));
    }
}
