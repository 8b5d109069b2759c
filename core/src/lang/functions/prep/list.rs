//! Lists put together, and values chosen.

use alloc::vec::Vec;

use super::super::Context;
use crate::value::Value;

/// `(lists...)`: their items in one list; a missing list has none.
pub(in super::super) fn join(_: Context, arguments: &[Value]) -> Value {
    Value::List(arguments.iter().flat_map(Value::items).cloned().collect())
}

/// `(list)`: the items of the lists in it, at any depth.
pub(in super::super) fn flatten(_: Context, arguments: &[Value]) -> Value {
    let Some(list @ Value::List(_)) = arguments.first() else { return Value::Null };
    let mut found = Vec::new();
    collect(list, &mut found);
    Value::List(found)
}

/// Values are no deeper than expressions may nest and stored values be.
fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        other => found.push(other.clone()),
    }
}

/// `(value, ...)`: the value as it is. What is appended to, or replaced, is said when profiles are updated; where a field is
/// exported there is nothing of it.
pub(in super::super) fn as_it_is(_: Context, arguments: &[Value]) -> Value {
    arguments.first().cloned().unwrap_or_default()
}

/// `(key, (option, value)... [, otherwise])`
pub(in super::super) fn decode(_: Context, arguments: &[Value]) -> Value {
    let Some((key, options)) = arguments.split_first() else { return Value::Null };
    for pair in options.chunks(2) {
        match pair {
            [option, value] if option.equals(key) => return value.clone(),
            [otherwise] => return otherwise.clone(),
            _ => {}
        }
    }
    Value::Null
}

/// What is mapped with it is left out.
pub(in super::super) fn nothing(_: Context, _: &[Value]) -> Value {
    Value::Null
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        check_calculated(
            "join_arrays",
            json!([["a", "b"], ["c"], ["d", "e"]]),
            json!(["a", "b", "c", "d", "e"]),
        );
        check_calculated("upsert_array_append", json!([[123, 456]]), json!([123, 456]));
        check_calculated("upsert_array_replace", json!([[123, 456], 1]), json!([123, 456]));
        let decode = |state: serde_json::Value, expected: &str| {
            let arguments = json!([state, "ca", "California", "pa", "Pennsylvania", "N/A"]);
            check_calculated("decode", arguments, json!(expected));
        };
        decode(json!("ca"), "California");
        decode(json!("pa"), "Pennsylvania");
        decode(json!("ny"), "N/A");
        decode(json!(null), "N/A");
        check_calculated("nullify", json!([]), json!(null));
    }

    #[test]
    fn lists_are_flattened_at_any_depth() {
        check_calculated("flattenArray", json!([[1, [2, [3, null]], []]]), json!([1, 2, 3, null]));
        check_calculated("flattenArray", json!(["a"]), json!(null));
        check_calculated("join_arrays", json!([null, ["a"]]), json!(["a"]));
        check_calculated("decode", json!(["a", "b", 1]), json!(null));
        check_calculated("decode", json!(["a"]), json!(null));
    }
}
