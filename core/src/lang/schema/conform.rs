//! Whether what comes in is what the schema says. Nothing is guessed: the text "5" is not a number.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{OTHERS, Type, UnionSchema};
use crate::lang::nearest::nearest;
use crate::time::{format_instant, parse_date, parse_instant};
use crate::value::{Fields, Value};

/// After so many violations of one record the rest are not looked for.
const VIOLATIONS_MAX: usize = 20;

/// One thing that is not as the schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A value of another type.
    #[error("`{path}` should be {expected}, found {found}")]
    WrongType {
        /// Where, for example `productListItems[2].priceTotal`.
        path: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: &'static str,
    },
    /// A field that no schema has.
    #[error("`{path}` is not in the schema{}", .nearest.as_ref().map(|name| alloc::format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownField {
        /// Where.
        path: String,
        /// A field with a similar name.
        nearest: Option<String>,
    },
}

impl Violation {
    /// The field it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::WrongType { path, .. } | Self::UnknownField { path, .. } => path,
        }
    }
}

impl UnionSchema {
    /// Checks the attributes of a record; null fields are allowed anywhere (they delete).
    pub fn conform_attributes(&self, attributes: Fields) -> Result<Fields, Vec<Violation>> {
        conform_except(&self.profile, attributes, &["identityMap", "segmentMembership"])
    }

    /// Checks the fields of an event, without `_id` and `timestamp`.
    pub fn conform_event(&self, fields: Fields) -> Result<Fields, Vec<Violation>> {
        conform_except(&self.event, fields, &["_id", "timestamp"])
    }
}

/// Checks fields, and writes them the way they are stored: whole numbers as integers where integers are wanted, times
/// as text.
pub fn conform(types: &BTreeMap<String, Type>, fields: Fields) -> Result<Fields, Vec<Violation>> {
    conform_except(types, fields, &[])
}

fn conform_except(
    types: &BTreeMap<String, Type>,
    fields: Fields,
    virtual_fields: &[&str],
) -> Result<Fields, Vec<Violation>> {
    let mut checker = Checker { path: String::new(), violations: Vec::new() };
    let fields = checker.object(types, fields, virtual_fields);
    if checker.violations.is_empty() { Ok(fields) } else { Err(checker.violations) }
}

struct Checker {
    path: String,
    violations: Vec<Violation>,
}

impl Checker {
    fn object(&mut self, types: &BTreeMap<String, Type>, fields: Fields, virtual_fields: &[&str]) -> Fields {
        let mut checked = Fields::new();
        for (name, value) in fields {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            match types.get(&name).or_else(|| types.get(OTHERS)) {
                Some(of) if !virtual_fields.contains(&name.as_str()) => {
                    let value = self.value(of, value);
                    checked.insert(name, value);
                }
                Some(_) | None => self.unknown(types, &name, virtual_fields),
            }
            self.path.truncate(length);
        }
        checked
    }

    fn unknown(&mut self, types: &BTreeMap<String, Type>, name: &str, virtual_fields: &[&str]) {
        let known = types.keys().map(String::as_str).filter(|known| !virtual_fields.contains(known));
        let nearest = nearest(name, known).map(String::from);
        self.report(|path| Violation::UnknownField { path, nearest });
    }

    fn value(&mut self, of: &Type, value: Value) -> Value {
        match (of, value) {
            (_, Value::Null) => Value::Null,
            (Type::Any, value)
            | (Type::Boolean, value @ Value::Boolean(_))
            | (Type::Integer, value @ Value::Integer(_))
            | (Type::Number, value @ (Value::Integer(_) | Value::Double(_)))
            | (Type::String, value @ Value::String(_))
            | (Type::DateTime, value @ Value::Integer(_)) => value,
            (Type::Integer, Value::Double(number)) => match whole(number) {
                Some(number) => Value::Integer(number),
                None => self.wrong(of, "a number that is not whole"),
            },
            (Type::Date, Value::String(text)) if parse_date(&text).is_some() => Value::String(text),
            (Type::DateTime, Value::String(text)) if parse_instant(&text).is_some() => Value::String(text),
            (Type::DateTime, Value::Time(timestamp_ms)) => Value::String(format_instant(timestamp_ms)),
            (Type::Date | Type::DateTime, Value::String(_)) => {
                self.wrong(of, "a string that is none (ISO 8601 is expected)")
            }
            (Type::List(item), Value::List(items)) => Value::List(
                items.into_iter().enumerate().map(|(index, value)| self.item(item, index, value)).collect(),
            ),
            (Type::Map(of), Value::Object(fields)) => {
                let types = fields.keys().map(|name| (name.clone(), of.as_ref().clone())).collect();
                Value::Object(self.object(&types, fields, &[]))
            }
            (Type::Object(types), Value::Object(fields)) => Value::Object(self.object(types, fields, &[])),
            (_, other) => self.wrong(of, other.kind()),
        }
    }

    fn item(&mut self, of: &Type, index: usize, value: Value) -> Value {
        let length = self.path.len();
        self.path.push_str(&alloc::format!("[{index}]"));
        let value = self.value(of, value);
        self.path.truncate(length);
        value
    }

    fn wrong(&mut self, expected: &Type, found: &'static str) -> Value {
        let expected = expected.to_string();
        self.report(|path| Violation::WrongType { path, expected, found });
        Value::Null
    }

    fn report(&mut self, violation: impl FnOnce(String) -> Violation) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(violation(self.path.clone()));
        }
    }
}

/// The integer that a floating point number is exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "within 2^53, and compared afterwards")]
    let integer = (number.abs() <= EXACT_MAX).then_some(number as i64)?;
    #[expect(clippy::cast_precision_loss, reason = "within 2^53")]
    let back = integer as f64;
    (back.partial_cmp(&number) == Some(core::cmp::Ordering::Equal)).then_some(integer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Class, Source};
    use super::*;
    use crate::value::fields;

    fn schema() -> UnionSchema {
        let properties = json!({
            "person": {"properties": {"firstName": {"type": "string"}, "birthDate": {"type": "string", "format": "date"}}},
            "visits": {"type": "integer"},
            "spend": {"type": "number"},
            "seen": {"type": "string", "format": "date-time"},
            "items": {"type": "array", "items": {"properties": {"price": {"type": "number"}}}},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "extra": {"type": "object"},
        });
        let properties = properties.as_object().unwrap();
        UnionSchema::from_json_schemas([Source { id: "s", class: Class::Profile, properties }]).unwrap()
    }

    fn conformed(attributes: &serde_json::Value) -> Result<serde_json::Value, Vec<String>> {
        let attributes = fields::patch_from_json(attributes.as_object().unwrap(), 16).unwrap();
        match schema().conform_attributes(attributes) {
            Ok(fields) => Ok(serde_json::Value::Object(fields::to_json(&fields))),
            Err(violations) => Err(violations.iter().map(ToString::to_string).collect()),
        }
    }

    fn check_refused(attributes: &serde_json::Value, expected: &[&str]) {
        assert_eq!(conformed(attributes).unwrap_err(), expected, "{attributes}");
    }

    #[test]
    fn what_the_schema_says_is_accepted() {
        let attributes = json!({
            "person": {"firstName": "Ada", "birthDate": "1815-12-10"},
            "spend": 3, "seen": 1_700_000_000_000_i64,
            "items": [{"price": 1.5}, {}], "counts": {"a": 1}, "extra": {"anything": ["goes"]},
        });
        assert_eq!(conformed(&attributes).unwrap(), attributes);
        assert_eq!(conformed(&json!({"visits": 5.0})).unwrap(), json!({"visits": 5}));
        assert_eq!(
            conformed(&json!({"person": {"firstName": null}})).unwrap(),
            json!({"person": {"firstName": null}})
        );
    }

    #[test]
    fn wrong_types_are_named_with_path_expectation_and_finding() {
        check_refused(&json!({"visits": "5"}), &["`visits` should be an integer, found a string"]);
        check_refused(
            &json!({"visits": 5.5}),
            &["`visits` should be an integer, found a number that is not whole"],
        );
        check_refused(
            &json!({"visits": 1e300}),
            &["`visits` should be an integer, found a number that is not whole"],
        );
        check_refused(
            &json!({"items": [{}, {"price": "1"}]}),
            &["`items[1].price` should be a number, found a string"],
        );
        check_refused(&json!({"counts": {"a": true}}), &["`counts.a` should be an integer, found a boolean"]);
        check_refused(&json!({"person": []}), &["`person` should be an object, found a list"]);
        check_refused(
            &json!({"seen": "soon"}),
            &["`seen` should be a date-time, found a string that is none (ISO 8601 is expected)"],
        );
    }

    #[test]
    fn unknown_fields_are_named_with_the_nearest() {
        check_refused(
            &json!({"person": {"fristName": "Ada"}}),
            &["`person.fristName` is not in the schema; did you mean `firstName`?"],
        );
        check_refused(&json!({"zebra": 1}), &["`zebra` is not in the schema"]);
        check_refused(&json!({"identityMap": {}}), &["`identityMap` is not in the schema"]);
    }

    #[test]
    fn violations_are_all_named_up_to_a_limit() {
        assert_eq!(conformed(&json!({"visits": "x", "spend": "y"})).unwrap_err().len(), 2);
        let items: Vec<_> = (0..1_000).map(|_| json!(1)).collect();
        assert_eq!(conformed(&json!({ "items": items })).unwrap_err().len(), VIOLATIONS_MAX);
    }
}
