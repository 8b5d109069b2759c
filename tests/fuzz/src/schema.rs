//! JSON Schemas: read as types, joined with others, or refused with the field at fault.

use acquaint_core::lang;
use acquaint_core::lang::schema::{Class, Source, UnionSchema};
use serde_json::{Map, Value};

use super::world::Anything;

/// Any JSON objects are the properties of schemas, or are refused.
pub fn schema(input: &[u8]) {
    let mut read = Vec::new();
    for line in input.split(|byte| *byte == b'\n').take(8) {
        if let Ok(Value::Object(properties)) = serde_json::from_slice(line) {
            read.push(properties);
        }
    }
    let classes = [Class::Profile, Class::Event].into_iter().cycle();
    let sources: Vec<Source<'_>> =
        read.iter().zip(classes).map(|(properties, class)| Source { id: "s", class, properties }).collect();
    match UnionSchema::from_json_schemas(sources) {
        Ok(union) => used(&union, &read),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The names of a schema can be asked for, and values fitted to it.
fn used(union: &UnionSchema, read: &[Map<String, Value>]) {
    for name in union.profile.keys().take(20) {
        let _ = lang::compile(name, union, &Anything);
        let _ = lang::compile(&format!("{name}.unknown = 1"), union, &Anything);
    }
    for json in read {
        if let Ok(fields) = acquaint_core::value::fields::from_json(json, 16) {
            let _ = union.conform_attributes(fields.clone());
            let _ = union.conform_event(fields);
        }
    }
}

/// Schemas of every kind of field.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}"#,
        r#"{"m":{"type":"object","additionalProperties":{"type":"number"}},"d":{"type":"string","format":"date-time"}}"#,
        "{\"a\":{\"type\":\"integer\"}}\n{\"e\":{\"type\":\"boolean\"}}\n{\"a\":{\"type\":\"number\"}}",
        r#"{"x":{"meta:xdmType":"map","type":"object"},"y":{"$ref":"z"},"t":{"type":["string","null"]}}"#,
        r#"{"o":{"type":"object","additionalProperties":true},"a.b":{"type":"string"}}"#,
    ]
    .map(|seed| seed.as_bytes().to_vec())
    .to_vec()
}
