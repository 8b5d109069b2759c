//! Events forwarded by the edge to records.

use acquaint_core::limits::EVENT_BYTES_MAX;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::fields;
use acquaint_core::wire::ForwardedEvent;
use acquaint_store::catalog::SchemaClass;
use acquaint_store::record::Body;
use serde_json::{Value as Json, json};

use super::rules::Rules;
use super::{Refusal, clock, validate};

/// One forwarded event to its record.
pub fn event(rules: &Rules, forwarded: ForwardedEvent, received_ms: i64) -> Result<Vec<Body>, Refusal> {
    let ForwardedEvent { datastream, dataset, identities, event } = forwarded;
    validate::message_id("_id", &event.id)?;
    let Some(datasets) = rules.datastream(&datastream) else {
        let reason = format!("datastream `{datastream}` does not exist");
        return Err(Refusal::new("unknown_datastream", "", reason));
    };
    let Some(dataset) = datasets.of(dataset.as_deref()) else {
        let wanted = dataset.unwrap_or_default();
        let reason = format!("datastream `{datastream}` does not allow its events in dataset `{wanted}`");
        return Err(Refusal::new("dataset_not_allowed", "", reason));
    };
    let of = format!("datastream `{datastream}`");
    let (dataset, schema) = rules.dataset(&of, Some(dataset), SchemaClass::Event)?;
    let named: Vec<(String, Identity)> = identities
        .into_iter()
        .map(|identity| (format!("identityMap.{}", identity.namespace), identity))
        .collect();
    let identities = validate::identities(rules, &named)?;
    validate::size(&fields::to_json(&event.fields), EVENT_BYTES_MAX)?;
    let event = Event {
        id: event.id,
        timestamp_ms: clock::clamped(received_ms, event.timestamp_ms),
        fields: validate::event_fields(schema, event.fields)?,
    };
    Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: true }])
}

/// As JSON, for the quarantine.
pub fn to_json(forwarded: &ForwardedEvent) -> Json {
    json!({
        "datastream": forwarded.datastream,
        "dataset": forwarded.dataset,
        "identities": forwarded.identities,
        "id": forwarded.event.id,
        "timestampMs": forwarded.event.timestamp_ms,
        "fields": fields::to_json(&forwarded.event.fields),
    })
}

/// Reads what [`to_json`] wrote.
pub(crate) fn event_from_json(rules: &Rules, json: &Json, received_ms: i64) -> Result<Vec<Body>, Refusal> {
    let part = |name: &str| json.get(name).cloned().unwrap_or_default();
    let bad = |error: serde_json::Error| Refusal::new("bad_json", "", error.to_string());
    let fields = match part("fields") {
        Json::Object(fields) => validate::patch(&fields)?,
        _ => return Err(Refusal::new("not_an_object", "fields", "`fields` should be an object")),
    };
    let forwarded = ForwardedEvent {
        datastream: serde_json::from_value(part("datastream")).map_err(bad)?,
        dataset: serde_json::from_value(part("dataset")).map_err(bad)?,
        identities: serde_json::from_value(part("identities")).map_err(bad)?,
        event: Event {
            id: serde_json::from_value(part("id")).map_err(bad)?,
            timestamp_ms: serde_json::from_value(part("timestampMs")).map_err(bad)?,
            fields,
        },
    };
    event(rules, forwarded, received_ms)
}
