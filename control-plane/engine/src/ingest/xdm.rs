//! XDM messages of streaming connections, `{"header": {...}, "body": {"xdmEntity": {...}}}`, to records: an event, or
//! attributes, by the dataset that the header names, else by what the entity is.

use acquaint_core::limits::{EVENT_BYTES_MAX, RECORD_BYTES_MAX};
use acquaint_core::profile::{Event, Identity, identity};
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::catalog::{SchemaClass, Source};
use acquaint_store::record::Body;
use serde_json::{Map, Value as Json};

use super::request::Envelope;
use super::rules::{Dataset, Rules};
use super::{Refusal, clock, mapping, validate};

/// The field that says who an entity is about.
const IDENTITY_MAP: &str = "identityMap";

/// One message to its record.
pub fn message(
    rules: &Rules,
    source: &Source,
    message: &Json,
    envelope: &Envelope<'_>,
) -> Result<Vec<Body>, Refusal> {
    let object = |path: &str, pointer: &str| {
        message
            .pointer(pointer)
            .and_then(Json::as_object)
            .ok_or_else(|| Refusal::new("not_an_object", path, format!("a message needs an object `{path}`")))
    };
    let (header, entity) = (object("header", "/header")?, object("body.xdmEntity", "/body/xdmEntity")?);
    let of = place(rules, source, header, entity)?;
    let bytes_max = match of.dataset.class {
        SchemaClass::Event => EVENT_BYTES_MAX,
        SchemaClass::Profile => RECORD_BYTES_MAX,
    };
    validate::size(entity, bytes_max)?;
    let mut found = validate::patch(entity)?;
    let map = found.remove(IDENTITY_MAP);
    let identities = validate::identities(rules, &people(source, &found, map)?)?;
    let message_id = validate::id_text("header.msgId", found_in(header, "msgId").as_ref())?;
    let id = validate::id_text("_id", found.remove("_id").as_ref())?;
    match of.dataset.class {
        SchemaClass::Event => {
            let id = id.or(message_id).unwrap_or_else(|| envelope.fallback_id.to_owned());
            validate::message_id("_id", &id)?;
            let timestamp = validate::instant("timestamp", found.remove("timestamp").as_ref())?;
            let timestamp_ms = timestamp.ok_or_else(|| {
                Refusal::new(
                    "no_timestamp",
                    "timestamp",
                    "an event needs the `timestamp` at which it happened",
                )
            })?;
            let event = Event {
                id,
                timestamp_ms: clock::clamped(envelope.received_ms, timestamp_ms),
                fields: validate::event_fields(of.dataset, mapped(source, found)?)?,
            };
            Ok(vec![Body::Event { dataset: of.id.into(), identities, event, from_edge: None }])
        }
        SchemaClass::Profile => {
            if let Some(id) = &message_id {
                validate::message_id("header.msgId", id)?;
            }
            let attributes = validate::attributes(of.dataset, mapped(source, found)?)?;
            Ok(vec![Body::Upsert { message: message_id, dataset: of.id.into(), identities, attributes }])
        }
    }
}

fn found_in(header: &Map<String, Json>, name: &str) -> Option<Value> {
    header.get(name).and_then(Json::as_str).map(Value::from)
}

/// Where a message goes.
struct Place<'a> {
    id: &'a str,
    dataset: &'a Dataset,
}

/// The dataset that the header names, which has to be one of the source; else the one whose schema it names; else the
/// one for events if the entity says when it happened.
fn place<'a>(
    rules: &'a Rules,
    source: &'a Source,
    header: &Map<String, Json>,
    entity: &Map<String, Json>,
) -> Result<Place<'a>, Refusal> {
    let named = format!("source `{}`", source.id);
    let wanted = header.get("datasetId").and_then(Json::as_str);
    let of = |id: Option<&'a str>, class| {
        rules.dataset(&named, id, class).map(|(id, dataset)| Place { id, dataset })
    };
    let (events, profiles) = (source.event_dataset.as_deref(), source.profile_dataset.as_deref());
    match wanted {
        Some(wanted) if events == Some(wanted) => of(events, SchemaClass::Event),
        Some(wanted) if profiles == Some(wanted) => of(profiles, SchemaClass::Profile),
        Some(wanted) => {
            let reason = format!("{named} does not write to dataset `{wanted}`");
            Err(Refusal::new("wrong_dataset", "header.datasetId", reason))
        }
        None => {
            let schema = header.get("schemaRef").and_then(|of| of.get("id")).and_then(Json::as_str);
            let is_of =
                |id: Option<&str>| schema.is_some() && id.and_then(|id| rules.schema_of(id)) == schema;
            let is_event = match (is_of(events), is_of(profiles)) {
                (true, false) => true,
                (false, true) => false,
                (true, true) | (false, false) => entity.contains_key("timestamp"),
            };
            if is_event { of(events, SchemaClass::Event) } else { of(profiles, SchemaClass::Profile) }
        }
    }
}

/// Who it is about: by the entity's own map, then by the fields that the source says are identities.
pub(super) fn people(
    source: &Source,
    input: &Fields,
    map: Option<Value>,
) -> Result<Vec<(String, Identity)>, Refusal> {
    let mut found = Vec::new();
    match map {
        None | Some(Value::Null) => {}
        Some(Value::Object(map)) => {
            let identities = identity::identities_from_json(&fields::to_json(&map))
                .map_err(|error| Refusal::new("bad_identity", IDENTITY_MAP, error.to_string()))?;
            found.extend(identities.into_iter().map(|of| (format!("{IDENTITY_MAP}.{}", of.namespace), of)));
        }
        Some(other) => {
            let reason = format!("`{IDENTITY_MAP}` should be an object, found {}", other.kind());
            return Err(Refusal::new("wrong_type", IDENTITY_MAP, reason));
        }
    }
    for field in &source.identities {
        let value = mapping::read(input, &field.from);
        if let Some(id) = validate::id_text(&field.from, value.as_deref())? {
            found.push((field.from.clone(), Identity { namespace: field.namespace.clone(), id }));
        }
    }
    Ok(found)
}

/// What the source maps, over what stays as it is.
fn mapped(source: &Source, input: Fields) -> Result<Fields, Refusal> {
    let (mapped, mut rest) = mapping::apply(&source.mapping, input)?;
    mapping::lay(&mut rest, mapped);
    Ok(rest)
}
