//! XDM-style JSON Schema to types. Read: `type`, `format`, `items`, `properties`, `additionalProperties`,
//! `meta:xdmType`. Keywords that would combine schemas are refused; all others are descriptions and are ignored.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::{OTHERS, Type, UnionSchema, join_fields};
use crate::limits::VALUE_DEPTH_MAX;

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Attributes of a person.
    Profile,
    /// Experience events.
    Event,
}

/// One schema of the union.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its id, for messages.
    pub id: &'a str,
    /// What it describes.
    pub class: Class,
    /// Its `properties`.
    pub properties: &'a Map<String, Json>,
}

/// Why schemas make no union.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One of them cannot be read.
    #[error("schema `{schema}`, field `{path}`: {reason}")]
    Invalid {
        /// Its id.
        schema: String,
        /// The field, dotted.
        path: String,
        /// Why.
        reason: Reason,
    },
    /// Two of them disagree.
    #[error(
        "schema `{schema}`, field `{path}`: another schema or field group gives it a type that cannot be joined with this one"
    )]
    Conflict {
        /// The later of the two.
        schema: String,
        /// The field, dotted.
        path: String,
    },
}

/// Why a field's schema cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is not an object.
    #[error("a schema must be an object")]
    NotAnObject,
    /// A type that JSON Schema does not have.
    #[error("type `{0}` is unknown; known are string, integer, number, boolean, array and object")]
    UnknownType(String),
    /// `["string", "integer"]`
    #[error("several types for one field are not supported")]
    SeveralTypes,
    /// A keyword that would combine schemas.
    #[error("`{0}` is not supported; write the properties out")]
    Unsupported(&'static str),
    /// An object is either known or a map.
    #[error("`properties` and `additionalProperties` exclude each other; use one of them")]
    OpenObject,
    /// Nested too deeply.
    #[error("nested deeper than the {VALUE_DEPTH_MAX} levels allowed")]
    TooDeep,
    /// No name.
    #[error("a field needs a name without dots, other than `{OTHERS}`")]
    Name,
    /// A field group that is none, or not of this class.
    #[error("{0}")]
    FieldGroup(String),
    /// A field that is always there and has its type already.
    #[error("the field is always there; leave it out")]
    Reserved,
}

const COMBINATORS: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "not", "patternProperties"];

impl UnionSchema {
    /// The union of schemas, with the fields that are always there. Fields that several schemas have are joined.
    pub fn from_json_schemas<'a>(schemas: impl IntoIterator<Item = Source<'a>>) -> Result<Self, Error> {
        let mut union = Self::default();
        for schema in schemas {
            let reserved = match schema.class {
                Class::Profile => &["identityMap", "segmentMembership"][..],
                Class::Event => &["_id", "timestamp"][..],
            };
            let mut reader = Reader { path: Vec::new() };
            let fields = reader.properties(schema.properties, reserved).map_err(|reason| Error::Invalid {
                schema: schema.id.to_string(),
                path: reader.path.join("."),
                reason,
            })?;
            let target = match schema.class {
                Class::Profile => &mut union.profile,
                Class::Event => &mut union.event,
            };
            let mut path = String::new();
            *target = join_fields(target, &fields, &mut path)
                .map_err(|()| Error::Conflict { schema: schema.id.to_string(), path })?;
        }
        Ok(union)
    }
}

/// On an error, `path` stays at the field that is at fault.
struct Reader {
    path: Vec<String>,
}

impl Reader {
    fn properties(
        &mut self,
        properties: &Map<String, Json>,
        reserved: &[&str],
    ) -> Result<BTreeMap<String, Type>, Reason> {
        let mut fields = BTreeMap::new();
        for (name, schema) in properties {
            // Names carry no prefix in expressions and in data (`pql.md` 1.1).
            let name = name.strip_prefix("xdm:").unwrap_or(name);
            self.path.push(name.to_string());
            if name.is_empty() || name.contains('.') || name == OTHERS {
                return Err(Reason::Name);
            }
            if reserved.contains(&name) {
                return Err(Reason::Reserved);
            }
            fields.insert(name.to_string(), self.of(schema)?);
            self.path.pop();
        }
        Ok(fields)
    }

    fn of(&mut self, schema: &Json) -> Result<Type, Reason> {
        if self.path.len() > VALUE_DEPTH_MAX {
            return Err(Reason::TooDeep);
        }
        let Json::Object(schema) = schema else { return Err(Reason::NotAnObject) };
        if let Some(keyword) = COMBINATORS.iter().find(|keyword| schema.contains_key(**keyword)) {
            return Err(Reason::Unsupported(keyword));
        }
        let xdm_type = schema.get("meta:xdmType").and_then(Json::as_str);
        let format = schema.get("format").and_then(Json::as_str).or(xdm_type);
        match type_name(schema)?.or_else(|| xdm_type.and_then(json_type_of)) {
            Some("string") => Ok(match format {
                Some("date") => Type::Date,
                Some("date-time") => Type::DateTime,
                Some(_) | None => Type::String,
            }),
            Some("boolean") => Ok(Type::Boolean),
            Some("integer") => Ok(Type::Integer),
            Some("number") => Ok(Type::Number),
            Some("array") => match schema.get("items") {
                Some(items) => Ok(Type::list(self.step("[]", items)?)),
                None => Ok(Type::list(Type::Any)),
            },
            Some("object") => self.object(schema),
            Some(other) => Err(Reason::UnknownType(other.to_string())),
            None if schema.contains_key("properties") => self.object(schema),
            None => Ok(Type::Any),
        }
    }

    fn object(&mut self, schema: &Map<String, Json>) -> Result<Type, Reason> {
        match (schema.get("properties"), schema.get("additionalProperties")) {
            (Some(Json::Object(properties)), None | Some(Json::Bool(false))) => {
                Ok(Type::Object(self.properties(properties, &[])?))
            }
            (Some(Json::Object(_)), Some(_)) => Err(Reason::OpenObject),
            (Some(_), _) => Err(Reason::NotAnObject),
            (None, None | Some(Json::Bool(true))) => Ok(Type::map(Type::Any)),
            (None, Some(Json::Bool(false))) => Ok(Type::Object(BTreeMap::new())),
            (None, Some(values)) => Ok(Type::map(self.step("*", values)?)),
        }
    }

    fn step(&mut self, name: &str, schema: &Json) -> Result<Type, Reason> {
        self.path.push(name.to_string());
        let of = self.of(schema)?;
        self.path.pop();
        Ok(of)
    }
}

/// `type`, where `["string", "null"]` means the same as `"string"`: every field may be missing.
fn type_name(schema: &Map<String, Json>) -> Result<Option<&str>, Reason> {
    match schema.get("type") {
        None => Ok(None),
        Some(Json::String(name)) => Ok(Some(name)),
        Some(Json::Array(names)) => {
            let mut names = names.iter().filter_map(Json::as_str).filter(|name| *name != "null");
            match (names.next(), names.next()) {
                (Some(only), None) => Ok(Some(only)),
                (_, _) => Err(Reason::SeveralTypes),
            }
        }
        Some(other) => Err(Reason::UnknownType(other.to_string())),
    }
}

fn json_type_of(xdm_type: &str) -> Option<&'static str> {
    Some(match xdm_type {
        "string" | "date" | "date-time" => "string",
        "boolean" => "boolean",
        "int" | "integer" | "long" | "short" | "byte" => "integer",
        "number" | "double" => "number",
        "array" => "array",
        "object" | "map" => "object",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use serde_json::json;

    use super::*;

    fn read(schemas: &[(&str, Class, Json)]) -> Result<UnionSchema, Error> {
        UnionSchema::from_json_schemas(schemas.iter().map(|(id, class, properties)| Source {
            id,
            class: *class,
            properties: properties.as_object().unwrap(),
        }))
    }

    fn check_type(schema: &Json, expected: Type) {
        let union = read(&[("s", Class::Profile, json!({ "x": schema }))]).unwrap();
        assert_eq!(union.profile["x"], expected, "{schema}");
    }

    fn check_error(schema: &Json, expected: &str) {
        let error = read(&[("s", Class::Profile, json!({"a": {"properties": {"x": schema}}}))]).unwrap_err();
        assert_eq!(format!("{error}"), format!("schema `s`, field `{expected}"), "{schema}");
    }

    #[test]
    fn types_are_read() {
        check_type(&json!({"type": "string"}), Type::String);
        check_type(&json!({"type": ["null", "integer"], "title": "x"}), Type::Integer);
        check_type(&json!({"type": "string", "format": "date"}), Type::Date);
        check_type(&json!({"type": "string", "format": "date-time"}), Type::DateTime);
        check_type(&json!({"type": "string", "format": "uri"}), Type::String);
        check_type(&json!({"meta:xdmType": "long"}), Type::Integer);
        check_type(&json!({"type": "string", "meta:xdmType": "date"}), Type::Date);
        check_type(&json!({"type": "array", "items": {"type": "number"}}), Type::list(Type::Number));
        check_type(&json!({"type": "object", "additionalProperties": true}), Type::map(Type::Any));
        check_type(
            &json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
            Type::map(Type::Boolean),
        );
        check_type(
            &json!({"properties": {"xdm:y": {"type": "boolean"}}}),
            Type::Object(BTreeMap::from([("y".into(), Type::Boolean)])),
        );
        check_type(&json!({}), Type::Any);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        check_error(
            &json!({"type": "text"}),
            "a.x`: type `text` is unknown; known are string, integer, number, boolean, array and object",
        );
        check_error(&json!(7), "a.x`: a schema must be an object");
        check_error(&json!({"$ref": "x"}), "a.x`: `$ref` is not supported; write the properties out");
        check_error(
            &json!({"type": ["string", "integer"]}),
            "a.x`: several types for one field are not supported",
        );
        check_error(
            &json!({"type": "array", "items": {"type": 1}}),
            "a.x.[]`: type `1` is unknown; known are string, integer, number, boolean, array and object",
        );
        check_error(
            &json!({"properties": {"y": {}}, "additionalProperties": true}),
            "a.x`: `properties` and `additionalProperties` exclude each other; use one of them",
        );
    }

    #[test]
    fn deep_schemas_are_refused() {
        let mut schema = json!({"type": "string"});
        for _ in 0..100 {
            schema = json!({"type": "array", "items": schema});
        }
        let error = read(&[("s", Class::Event, json!({ "x": schema }))]).unwrap_err();
        assert!(matches!(error, Error::Invalid { reason: Reason::TooDeep, .. }));
    }

    #[test]
    fn schemas_are_joined_and_disagreement_is_named() {
        let first = ("a", Class::Event, json!({"c": {"properties": {"n": {"type": "integer"}}}}));
        let second = ("b", Class::Event, json!({"c": {"properties": {"n": {"type": "number"}, "m": {}}}}));
        let third = ("c", Class::Event, json!({"c": {"properties": {"n": {"type": "string"}}}}));
        let union = read(&[first.clone(), second]).unwrap();
        assert_eq!(union.event["c"].field("n").unwrap().into_owned(), Type::Number);
        assert_eq!(union.event["eventType"], Type::String);
        assert_eq!(read(&[first, third]), Err(Error::Conflict { schema: "c".into(), path: "c.n".into() }));
    }

    #[test]
    fn what_is_always_there_is_not_declared_again() {
        let error = read(&[("s", Class::Event, json!({"timestamp": {"type": "string"}}))]).unwrap_err();
        assert!(matches!(error, Error::Invalid { reason: Reason::Reserved, .. }));
    }
}
