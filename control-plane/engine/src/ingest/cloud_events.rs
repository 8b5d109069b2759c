//! CloudEvents 1.0, as structured JSON, to records: every one is an event. `type` is its event type, the fields of `data`
//! are its fields, and `source` and `id` together are its id (`ingest-api.md` section 8).

use acquaint_core::limits::{EVENT_BYTES_MAX, EVENT_ID_CHARACTERS_MAX};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, Value};
use acquaint_store::catalog::{SchemaClass, Source};
use acquaint_store::record::Body;
use serde_json::{Map, Value as Json};

use super::request::Envelope;
use super::rules::Rules;
use super::{Refusal, clock, mapping, segment, validate, xdm};

/// One event to its record. Who it is about is said by `data.identityMap` and the identities of the source; where there
/// are none, by `subject`.
pub fn event(
    rules: &Rules,
    source: &Source,
    event: &Json,
    envelope: &Envelope<'_>,
) -> Result<Vec<Body>, Refusal> {
    let Json::Object(event) = event else {
        return Err(Refusal::new("not_an_object", "", "an event should be an object"));
    };
    validate::size(event, EVENT_BYTES_MAX)?;
    let Attributes { id, kind, subject, timestamp_ms } = attributes(event)?;
    let mut input = validate::patch(event)?;
    let mut data = match input.remove("data") {
        None | Some(Value::Null) => Fields::new(),
        Some(Value::Object(data)) => data,
        Some(other) => {
            let reason = format!(
                "`data` should be an object, whose fields are those of the event; found {}",
                other.kind()
            );
            return Err(Refusal::new("wrong_type", "data", reason));
        }
    };
    let map = data.remove("identityMap");
    data.remove("_id");
    let happened_ms = match (timestamp_ms, data.remove("timestamp")) {
        (Some(timestamp_ms), _) => timestamp_ms,
        (None, told) => validate::instant("data.timestamp", told.as_ref())?.unwrap_or(envelope.received_ms),
    };
    input.insert("data".to_owned(), Value::Object(data));
    let mut people = xdm::people(source, &input, map)?;
    if people.is_empty() {
        let namespace = source.user_namespace.as_deref().unwrap_or(segment::USER_NAMESPACE).to_owned();
        people.extend(subject.map(|id| ("subject".to_owned(), Identity { namespace, id })));
    }
    let identities = validate::identities(rules, &people)?;
    let of = format!("source `{}`", source.id);
    let (dataset, schema) = rules.dataset(&of, source.event_dataset.as_deref(), SchemaClass::Event)?;
    let event = Event {
        id,
        timestamp_ms: clock::clamped(envelope.received_ms, happened_ms),
        fields: validate::event_fields(schema, found(source, input, kind)?)?,
    };
    Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: None }])
}

/// The data's own fields over the event's type, and what the source maps over both.
fn found(source: &Source, input: Fields, kind: String) -> Result<Fields, Refusal> {
    let (mapped, mut rest) = mapping::apply(&source.mapping, input)?;
    let mut found = Fields::from([("eventType".to_owned(), kind.into())]);
    if let Some(Value::Object(data)) = rest.remove("data") {
        mapping::lay(&mut found, data);
    }
    mapping::lay(&mut found, mapped);
    Ok(found)
}

/// The attributes that mean something here.
struct Attributes {
    id: String,
    kind: String,
    subject: Option<String>,
    timestamp_ms: Option<i64>,
}

fn attributes(event: &Map<String, Json>) -> Result<Attributes, Refusal> {
    let bad = |name: &str, reason: String| Refusal::new("bad_attribute", name, reason);
    for name in event.keys() {
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_name && name != "data_base64" {
            let reason = format!("`{name}` is no name of an attribute: lower-case letters and digits are");
            return Err(bad(name, reason));
        }
    }
    let optional = |name: &str| match event.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if !text.is_empty() => Ok(Some(text.as_str())),
        Some(_) => Err(bad(name, format!("`{name}` should be a string that is not empty"))),
    };
    let required =
        |name: &str| optional(name)?.ok_or_else(|| bad(name, format!("an event needs a `{name}`")));
    let version = required("specversion")?;
    if version != "1.0" {
        let reason = format!("version `{version}` of CloudEvents is not known; 1.0 is");
        return Err(bad("specversion", reason));
    }
    let (source, id, kind) = (required("source")?, required("id")?, required("type")?);
    let timestamp_ms = match optional("time")? {
        None => None,
        Some(time) => match parse_instant(time) {
            Some(timestamp_ms) => Some(timestamp_ms),
            None => return Err(bad("time", format!("`{time}` is no timestamp (RFC 3339)"))),
        },
    };
    if event.contains_key("data_base64") {
        return Err(bad("data_base64", "binary data that is not JSON has no fields".to_owned()));
    }
    let subject = optional("subject")?.map(str::to_owned);
    Ok(Attributes { id: event_id(source, id), kind: kind.to_owned(), subject, timestamp_ms })
}

/// `source` and `id`, which together name an event. A reference has no spaces, so the two cannot run into each other.
fn event_id(source: &str, id: &str) -> String {
    let both = format!("{} {id}", source.replace(' ', "%20"));
    match both.chars().count() > EVENT_ID_CHARACTERS_MAX {
        true => format!("cloudevent-{:032x}", xxhash_rust::xxh3::xxh3_128(both.as_bytes())),
        false => both,
    }
}
