//! Objects and maps: made of parts, read by key, put together.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::Context;
use super::super::map::key_of;
use super::text_at;
use crate::limits::{COMPUTED_TEXT_BYTES_MAX, CONSTRUCTED_ITEMS_MAX, VALUE_DEPTH_MAX};
use crate::value::{Fields, Value};

/// `((key, value)...)`: of the same key the first; null if a key is missing.
pub(in super::super) fn of_pairs(_: Context, arguments: &[Value]) -> Value {
    if let [object @ Value::Object(_)] = arguments {
        return object.clone();
    }
    let mut fields = Fields::new();
    for pair in arguments.chunks(2) {
        let [key, value] = pair else { return Value::Null };
        let Some(key) = key_of(key) else { return Value::Null };
        insert_first(&mut fields, key, value);
    }
    Value::Object(fields)
}

/// Objects hold no nulls.
fn insert_first(fields: &mut Fields, key: String, value: &Value) {
    if *value != Value::Null {
        fields.entry(key).or_insert_with(|| value.clone());
    }
}

/// `((key, list)...)`: an object for every place, of the items there.
pub(in super::super) fn of_lists(_: Context, arguments: &[Value]) -> Value {
    let mut columns = Vec::new();
    for pair in arguments.chunks(2) {
        let [key, list] = pair else { return Value::Null };
        let Some(key) = key_of(key) else { return Value::Null };
        columns.push((key, list.items()));
    }
    let length = columns.iter().map(|(_, items)| items.len()).max().unwrap_or_default();
    // A row repeats every key.
    let bytes: usize = columns.iter().map(|(key, _)| key.len() + 1).sum();
    let is_bounded = length.checked_mul(bytes).is_some_and(|bytes| bytes <= COMPUTED_TEXT_BYTES_MAX)
        && u64::try_from(length * columns.len()).is_ok_and(|items| items <= CONSTRUCTED_ITEMS_MAX);
    if !is_bounded {
        return Value::Null;
    }
    let row = |place: usize| {
        let mut fields = Fields::new();
        for (key, items) in &columns {
            insert_first(&mut fields, key.clone(), items.get(place).unwrap_or(&Value::Null));
        }
        Value::Object(fields)
    };
    Value::List((0..length).map(row).collect())
}

/// `(list, field)`: the objects of a list by what the field of each is; of the same key the first.
pub(in super::super) fn by_field(_: Context, arguments: &[Value]) -> Value {
    let (Some(list), Some(field)) = (arguments.first(), text_at(arguments, 1)) else { return Value::Null };
    if *list == Value::Null {
        return Value::Null;
    }
    let mut fields = Fields::new();
    for item in list.items() {
        if let Some(key) = key_of(&item.field(field)) {
            insert_first(&mut fields, key, item);
        }
    }
    Value::Object(fields)
}

/// `(maps...)`: one of the entries of all; of the same key the first.
pub(in super::super) fn joined(_: Context, arguments: &[Value]) -> Value {
    let mut fields = Fields::new();
    let mut found = false;
    for map in arguments {
        match map {
            Value::Object(entries) => {
                found = true;
                entries.iter().for_each(|(key, value)| insert_first(&mut fields, key.clone(), value));
            }
            Value::Null => {}
            _ => return Value::Null,
        }
    }
    if found { Value::Object(fields) } else { Value::Null }
}

/// `(map, keys)`: the value of one key; of a list of keys those that there are, each once.
pub(in super::super) fn values(_: Context, arguments: &[Value]) -> Value {
    let [Value::Object(map), keys] = arguments else { return Value::Null };
    let get = |key: &Value| key_of(key).and_then(|key| map.get(&key)).cloned();
    let Value::List(keys) = keys else { return get(keys).unwrap_or_default() };
    let mut found: Vec<Value> = Vec::new();
    for value in keys.iter().filter_map(get) {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    Value::List(found)
}

/// `(map, keys)`: whether there is any of the keys.
pub(in super::super) fn has_keys(_: Context, arguments: &[Value]) -> Value {
    let [Value::Object(map), keys] = arguments else { return Value::Null };
    let has = |key: &Value| key_of(key).is_some_and(|key| map.contains_key(&key));
    Value::Boolean(keys.items().iter().any(has))
}

/// The value that a text of JSON is; null if it is none.
pub(in super::super) fn of_json(_: Context, arguments: &[Value]) -> Value {
    let read = |text: &str| serde_json::from_str(text).ok();
    match arguments.first() {
        Some(Value::String(text)) => {
            read(text).and_then(|json| Value::from_json(&json, VALUE_DEPTH_MAX).ok()).unwrap_or_default()
        }
        // The documented example is an object and not its text.
        Some(object @ Value::Object(_)) => object.clone(),
        Some(_) | None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        let names = json!({"firstName": "John", "lastName": "Doe"});
        let pairs = json!(["firstName", "John", "lastName", "Doe"]);
        check_calculated("to_object", pairs.clone(), names.clone());
        check_calculated("object_to_map", pairs, names);
        check_calculated(
            "arrays_to_objects",
            json!(["sku", ["id1", "id2"], "price", [22.5, 14.35]]),
            json!([{"sku": "id1", "price": 22.5}, {"sku": "id2", "price": 14.35}]),
        );
        let book = json!({"author": "George R. R. Martin", "price": 17.99});
        check_calculated("map_get_values", json!([book, "author"]), json!("George R. R. Martin"));
        check_calculated("map_has_keys", json!([book, "author"]), json!(true));
        check_calculated(
            "add_to_map",
            json!([book, {"author": "Neil Gaiman", "publisher": "William Morrow"}]),
            json!({"author": "George R. R. Martin", "price": 17.99, "publisher": "William Morrow"}),
        );
        let (home, work) = (json!({"city": "Rome", "type": "home"}), json!({"city": "Bonn", "type": "work"}));
        check_calculated("array_to_map", json!([[home, work], "type"]), json!({"home": home, "work": work}));
        check_calculated("json_to_object", json!(["{\"a\": {\"b\": [1]}}"]), json!({"a": {"b": [1]}}));
        check_calculated("get_keys", json!([{"book1": "a", "book2": "b"}]), json!(["book1", "book2"]));
    }

    #[test]
    fn what_does_not_fit_is_left_out_or_null() {
        check_calculated("to_object", json!(["a", 1, "b"]), json!(null));
        check_calculated("to_object", json!(["a", 1, 2, null, "a", 3]), json!({"a": 1}));
        check_calculated(
            "arrays_to_object",
            json!(["a", [1, 2], "b", [3]]),
            json!([{"a": 1, "b": 3}, {"a": 2}]),
        );
        check_calculated("arrays_to_object", json!(["a".repeat(2_000), vec![1; 2_000]]), json!(null));
        check_calculated(
            "map_get_values",
            json!([{"a": 1, "b": 1, "c": 2}, ["a", "b", "x", "c"]]),
            json!([1, 2]),
        );
        check_calculated("map_get_values", json!([{"1": "one"}, 1]), json!("one"));
        check_calculated("map_has_keys", json!([{"a": 1}, ["x", "a"]]), json!(true));
        check_calculated("map_has_keys", json!([{"a": 1}, ["x"]]), json!(false));
        check_calculated("array_to_map", json!([[{"a": 1}, {"b": 2}], "a"]), json!({"1": {"a": 1}}));
        check_calculated("json_to_object", json!(["{"]), json!(null));
    }
}
