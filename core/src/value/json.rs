//! JSON to values and back.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Error, Fields, Value};
use crate::time::format_instant;

impl Value {
    /// Reads JSON whose objects and arrays are nested at most `depth_max` deep (a scalar has depth 0). Null fields of
    /// objects are dropped; null items of arrays stay. Whole numbers beyond `i64` become floating point.
    pub fn from_json(json: &serde_json::Value, depth_max: usize) -> Result<Self, Error> {
        read(json, depth_max, depth_max)
    }

    /// Writes JSON. A time becomes RFC 3339 text.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(value) => serde_json::Value::Bool(*value),
            Self::Integer(number) => serde_json::Value::from(*number),
            Self::Double(number) => serde_json::Value::from(*number),
            Self::Time(timestamp_ms) => serde_json::Value::String(format_instant(*timestamp_ms)),
            Self::String(text) => serde_json::Value::String(text.clone()),
            Self::List(items) => serde_json::Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Object(fields) => serde_json::Value::Object(super::fields::to_json(fields)),
        }
    }
}

/// Reads an object that keeps its `Null` fields, at any depth: a patch, in which null deletes
/// ([`super::fields::merge_patch`]).
pub fn patch_from_json(
    json: &serde_json::Map<String, serde_json::Value>,
    depth_max: usize,
) -> Result<Fields, Error> {
    patch(json, depth_max, depth_max)
}

fn patch(
    json: &serde_json::Map<String, serde_json::Value>,
    levels: usize,
    max: usize,
) -> Result<Fields, Error> {
    let levels = levels.checked_sub(1).ok_or(Error::TooDeep { max })?;
    json.iter()
        .map(|(name, value)| {
            let value = match value {
                serde_json::Value::Object(inner) => Value::Object(patch(inner, levels, max)?),
                other => read(other, levels, max)?,
            };
            Ok((name.clone(), value))
        })
        .collect()
}

/// Reads an object; see [`Value::from_json`].
pub fn fields_from_json(
    json: &serde_json::Map<String, serde_json::Value>,
    depth_max: usize,
) -> Result<Fields, Error> {
    object(json, depth_max, depth_max)
}

fn read(json: &serde_json::Value, levels: usize, max: usize) -> Result<Value, Error> {
    Ok(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Boolean(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => number.as_f64().map_or(Value::Null, Value::double),
        },
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => {
            let levels = levels.checked_sub(1).ok_or(Error::TooDeep { max })?;
            Value::List(items.iter().map(|item| read(item, levels, max)).collect::<Result<Vec<_>, _>>()?)
        }
        serde_json::Value::Object(json) => Value::Object(object(json, levels, max)?),
    })
}

fn object(
    json: &serde_json::Map<String, serde_json::Value>,
    levels: usize,
    max: usize,
) -> Result<Fields, Error> {
    let levels = levels.checked_sub(1).ok_or(Error::TooDeep { max })?;
    let mut fields = Fields::new();
    for (name, value) in json {
        let value = read(value, levels, max)?;
        if value != Value::Null {
            fields.insert(name.clone(), value);
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(json: serde_json::Value, expected: serde_json::Value) {
        assert_eq!(Value::from_json(&json, 16).unwrap().to_json(), expected);
    }

    #[test]
    fn json_goes_in_and_comes_back() {
        check(json!({"a": [1, 2.5, "x", true, {"b": {}}]}), json!({"a": [1, 2.5, "x", true, {"b": {}}]}));
        check(json!({"a": null, "b": {"c": null}, "d": [null]}), json!({"b": {}, "d": [null]}));
        check(json!(u64::MAX), json!(18_446_744_073_709_551_616.0));
        assert_eq!(Value::Time(0).to_json(), json!("1970-01-01T00:00:00.000Z"));
        assert_eq!(Value::Double(f64::NAN).to_json(), json!(null));
    }

    #[test]
    fn nesting_is_counted() {
        assert!(Value::from_json(&json!(1), 0).is_ok());
        assert!(Value::from_json(&json!([[1]]), 2).is_ok());
        assert_eq!(Value::from_json(&json!([[1]]), 1), Err(Error::TooDeep { max: 1 }));
        assert_eq!(Value::from_json(&json!({"a": {}}), 1), Err(Error::TooDeep { max: 1 }));
    }

    #[test]
    fn nesting_of_a_hundred_thousand_is_refused_before_recursion() {
        let mut json = json!(1);
        for _ in 0..100_000 {
            json = serde_json::Value::Array(Vec::from([json]));
        }
        assert_eq!(Value::from_json(&json, 16), Err(Error::TooDeep { max: 16 }));
        // Dropping it would recurse as deeply as the reader must not.
        core::mem::forget(json);
    }
}
