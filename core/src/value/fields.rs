//! Fields by path: reading, inserting, merging. A path is dotted: `person.name.firstName`.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, Fields, Value};
use crate::gather::gather;
use crate::limits::PATH_STEPS_MAX;

pub use super::json::{fields_from_json as from_json, patch_from_json};

/// The value at the end of the steps, if every step but the last is an object.
pub fn get<S: AsRef<str>>(fields: &Fields, steps: impl IntoIterator<Item = S>) -> Option<&Value> {
    let mut steps = steps.into_iter();
    let mut found = fields.get(steps.next()?.as_ref())?;
    for step in steps {
        let Value::Object(inner) = found else { return None };
        found = inner.get(step.as_ref())?;
    }
    Some(found)
}

/// The value at a dotted path.
pub fn get_path<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    get(fields, path.split('.'))
}

/// Puts a value at a dotted path, making the objects on the way. `Null` removes instead.
pub fn insert_path(fields: &mut Fields, path: &str, value: Value) -> Result<(), Error> {
    let steps: Vec<&str> = path.split('.').collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err(Error::EmptyStep { path: path.into() });
    }
    if steps.len() > PATH_STEPS_MAX {
        return Err(Error::TooDeep { max: PATH_STEPS_MAX });
    }
    if value == Value::Null {
        remove(fields, &steps);
        return Ok(());
    }
    let Some((last, way)) = steps.split_last() else { return Ok(()) };
    let mut at = fields;
    for step in way {
        let next = at.entry(String::from(*step)).or_insert_with(|| Value::Object(Fields::new()));
        let found = next.kind();
        let Value::Object(inner) = next else {
            return Err(Error::NotAnObject { path: path.into(), at: String::from(*step), found });
        };
        at = inner;
    }
    at.insert(String::from(*last), value);
    Ok(())
}

/// Removes what is at the end of the steps, and the objects on the way that are left empty.
pub fn remove<S: AsRef<str>>(fields: &mut Fields, steps: &[S]) -> Option<Value> {
    let (first, rest) = steps.split_first()?;
    if rest.is_empty() {
        return fields.remove(first.as_ref());
    }
    let Some(Value::Object(inner)) = fields.get_mut(first.as_ref()) else { return None };
    let removed = remove(inner, rest);
    if removed.is_some() && inner.is_empty() {
        fields.remove(first.as_ref());
    }
    removed
}

/// Lays a patch over fields: objects are merged field by field, `Null` deletes, anything else replaces
/// (JSON merge patch, RFC 7396). A list is one value.
pub fn merge_patch(fields: &mut Fields, patch: Fields) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                fields.remove(&name);
            }
            Value::Object(inner) => match fields.get_mut(&name) {
                Some(Value::Object(existing)) => merge_patch(existing, inner),
                Some(_) | None => {
                    fields.insert(name, Value::Object(without_nulls(inner)));
                }
            },
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Double(_)
            | Value::Time(_)
            | Value::String(_)
            | Value::List(_) => {
                fields.insert(name, value.without_nulls());
            }
        }
    }
}

/// Adds the fields that are missing, at any depth; what is there stays, and `Null` says nothing.
pub fn add_missing(fields: &mut Fields, more: Fields) {
    for (name, value) in more {
        match (fields.get_mut(&name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(existing)), Value::Object(inner)) => add_missing(existing, inner),
            (Some(_), _) => {}
            (None, value) => drop(fields.insert(name, value.without_nulls())),
        }
    }
}

/// The fields without those that are `Null`, at any depth.
pub fn without_nulls(fields: Fields) -> Fields {
    let kept = fields.into_iter().filter(|(_, value)| *value != Value::Null);
    gather(kept.map(|(name, value)| (name, value.without_nulls())))
}

/// Writes JSON.
pub fn to_json(fields: &Fields) -> serde_json::Map<String, serde_json::Value> {
    gather(fields.iter().map(|(name, value)| (name.clone(), value.to_json())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(json: &serde_json::Value) -> Fields {
        patch_from_json(json.as_object().unwrap(), 16).unwrap()
    }

    fn check_patch(target: &serde_json::Value, patch: &serde_json::Value, expected: serde_json::Value) {
        let mut target = fields(target);
        merge_patch(&mut target, fields(patch));
        assert_eq!(serde_json::Value::Object(to_json(&target)), expected);
    }

    #[test]
    fn a_patch_merges_objects_and_null_deletes() {
        check_patch(&json!({"a": {"b": 1, "c": 2}}), &json!({"a": {"b": 3}}), json!({"a": {"b": 3, "c": 2}}));
        check_patch(&json!({"a": {"b": 1, "c": 2}}), &json!({"a": {"b": null}}), json!({"a": {"c": 2}}));
        check_patch(&json!({"a": 1}), &json!({"a": {"b": null, "c": 1}}), json!({"a": {"c": 1}}));
        check_patch(&json!({"a": [1, 2]}), &json!({"a": [3]}), json!({"a": [3]}));
        check_patch(&json!({}), &json!({"a": [{"b": null}]}), json!({"a": [{}]}));
        check_patch(&json!({}), &json!({"a": null}), json!({}));
    }

    #[test]
    fn paths_are_inserted_read_and_removed() {
        let mut target = Fields::new();
        insert_path(&mut target, "a.b.c", Value::Integer(1)).unwrap();
        insert_path(&mut target, "a.d", Value::Integer(2)).unwrap();
        assert_eq!(get_path(&target, "a.b.c"), Some(&Value::Integer(1)));
        assert_eq!(get_path(&target, "a.b.x"), None);
        assert_eq!(get_path(&target, "a.d.x"), None);
        insert_path(&mut target, "a.b.c", Value::Null).unwrap();
        assert_eq!(serde_json::Value::Object(to_json(&target)), json!({"a": {"d": 2}}));
    }

    #[test]
    fn a_path_through_a_scalar_or_without_a_name_is_refused() {
        let mut target = fields(&json!({"a": 1}));
        let error = insert_path(&mut target, "a.b", Value::Integer(1)).unwrap_err();
        assert_eq!(
            alloc::format!("{error}"),
            "`a.b` leads through `a`, which is an integer and not an object"
        );
        assert!(matches!(insert_path(&mut target, "", Value::Null), Err(Error::EmptyStep { .. })));
        let deep = "a.".repeat(100_000) + "a";
        assert!(matches!(insert_path(&mut target, &deep, Value::Integer(1)), Err(Error::TooDeep { .. })));
        assert!(matches!(insert_path(&mut target, "a..b", Value::Null), Err(Error::EmptyStep { .. })));
    }
}
