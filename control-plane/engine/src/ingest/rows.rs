//! Rows of files to records: an event if the source says where an event's id and time are, else attributes.
//!
//! A source with a mapping takes what is mapped and nothing else; one without takes every column that is not an
//! identity, an id or the time. The cells of some files are all text, and of others numbers stand for codes, so here,
//! and only here, scalars are fitted to the schema: `5` to `"5"`, `"5"` to `5`.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::Type;
use acquaint_core::limits::EVENT_BYTES_MAX;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::catalog::{EventMapping, SchemaClass, Source};
use acquaint_store::record::Body;
use serde_json::Value as Json;

use super::rules::Rules;
use super::{Refusal, mapping, validate};

/// One row to its record.
pub fn row(rules: &Rules, source: &Source, row: &Json) -> Result<Vec<Body>, Refusal> {
    let Json::Object(row) = row else {
        return Err(Refusal::new("not_an_object", "", "a row should be an object"));
    };
    // An empty cell says nothing; in a file it does not delete.
    let row = fields::without_nulls(validate::patch(row)?);
    let identities = identities(rules, source, &row)?;
    match &source.event {
        Some(of) => event(rules, source, of, row, identities),
        None => upsert(rules, source, row, identities),
    }
}

fn identities(rules: &Rules, source: &Source, row: &Fields) -> Result<Vec<Identity>, Refusal> {
    let mut found = Vec::new();
    for column in &source.identities {
        let value = mapping::read(row, &column.from);
        if let Some(id) = validate::id_text(&column.from, value.as_deref())? {
            found.push((column.from.clone(), Identity { namespace: column.namespace.clone(), id }));
        }
    }
    validate::identities(rules, &found)
}

fn event(
    rules: &Rules,
    source: &Source,
    of: &EventMapping,
    row: Fields,
    identities: Vec<Identity>,
) -> Result<Vec<Body>, Refusal> {
    let named = format!("source `{}`", source.id);
    let (dataset, schema) = rules.dataset(&named, source.event_dataset.as_deref(), SchemaClass::Event)?;
    let id = event_id(source, of, &row)?;
    let timestamp_ms = validate::instant(&of.timestamp, mapping::read(&row, &of.timestamp).as_deref())?
        .ok_or_else(|| {
            Refusal::new("no_timestamp", &of.timestamp, format!("column `{}` is empty", of.timestamp))
        })?;
    let mut found = taken(source, row)?;
    found.insert("eventType".to_owned(), of.event_type.as_str().into());
    let found = validate::event_fields(schema, fitted(&schema.schema.event, found))?;
    validate::size(&fields::to_json(&found), EVENT_BYTES_MAX)?;
    let event = Event { id, timestamp_ms, fields: found };
    Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: None }])
}

/// The columns that identify the event, behind the source: two files may count from 1. A hyphen inside one of several
/// is escaped, so that `1-2`, `3` is not `1`, `2-3`.
fn event_id(source: &Source, of: &EventMapping, row: &Fields) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    for column in &of.id {
        let value = mapping::read(row, column);
        let part = validate::id_text(column, value.as_deref())?;
        let part = part.ok_or_else(|| {
            Refusal::new("no_id", column, format!("column `{column}`, part of the event's id, is empty"))
        })?;
        parts.push(match of.id.as_slice() {
            [_] => part,
            _ => part.replace('\\', "\\\\").replace('-', "\\-"),
        });
    }
    let id = format!("{}:{}", source.id, parts.join("-"));
    validate::message_id("", &id)?;
    Ok(id)
}

fn upsert(
    rules: &Rules,
    source: &Source,
    row: Fields,
    identities: Vec<Identity>,
) -> Result<Vec<Body>, Refusal> {
    let named = format!("source `{}`", source.id);
    let (dataset, schema) = rules.dataset(&named, source.profile_dataset.as_deref(), SchemaClass::Profile)?;
    let attributes = fitted(&schema.schema.profile, taken(source, row)?);
    let attributes = validate::attributes(schema, attributes)?;
    Ok(vec![Body::Upsert { message: None, dataset: dataset.into(), identities, attributes }])
}

/// The fields of the row that the record takes.
fn taken(source: &Source, mut row: Fields) -> Result<Fields, Refusal> {
    if !source.mapping.is_empty() {
        return Ok(mapping::apply(&source.mapping, row)?.0);
    }
    let identities = source.identities.iter().map(|column| &column.from);
    let event = source.event.iter().flat_map(|event| event.id.iter().chain([&event.timestamp]));
    for column in identities.chain(event) {
        row.remove(column);
    }
    Ok(row)
}

/// Scalars as the schema wants them, where that loses nothing. What cannot be fitted is left for the schema to refuse.
pub(super) fn fitted(types: &BTreeMap<String, Type>, found: Fields) -> Fields {
    found
        .into_iter()
        .map(|(name, value)| match types.get(&name) {
            Some(of) => (name, fit(of, value)),
            None => (name, value),
        })
        .collect()
}

fn fit(of: &Type, value: Value) -> Value {
    match (of, value) {
        (Type::Object(types), Value::Object(inner)) => Value::Object(fitted(types, inner)),
        (Type::Map(of), Value::Object(inner)) => {
            Value::Object(inner.into_iter().map(|(name, value)| (name, fit(of, value))).collect())
        }
        (Type::List(of), Value::List(items)) => {
            Value::List(items.into_iter().map(|item| fit(of, item)).collect())
        }
        (Type::String, Value::Integer(number)) => Value::String(number.to_string()),
        (Type::String, Value::Double(number)) => Value::String(number.to_string()),
        (Type::String, Value::Boolean(value)) => Value::String(value.to_string()),
        (Type::Integer, Value::String(text)) => {
            text.trim().parse().map_or(Value::String(text), Value::Integer)
        }
        (Type::Number, Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::double(number),
            Ok(_) | Err(_) => Value::String(text),
        },
        (Type::Boolean, Value::String(text)) => match text.trim() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => Value::String(text),
        },
        (_, value) => value,
    }
}
