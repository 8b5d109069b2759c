//! What the edge forwards, to records: what people did there, and what they said of consent.

use acquaint_core::limits::EVENT_BYTES_MAX;
use acquaint_core::profile::consent::{self, PURPOSES};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::fields;
use acquaint_core::wire::{Forwarded, ForwardedConsent, ForwardedEvent};
use acquaint_store::catalog::SchemaClass;
use acquaint_store::record::Body;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::rules::{Datasets, Rules};
use super::{Refusal, clock, validate};

/// What the edge of a region has forwarded, to its record.
pub fn record(
    rules: &Rules,
    region: &str,
    forwarded: Forwarded,
    received_ms: i64,
) -> Result<Vec<Body>, Refusal> {
    match forwarded {
        Forwarded::Event(event) => self::event(rules, region, event, received_ms),
        Forwarded::Consent(said) => self::consent(rules, said, received_ms),
    }
}

/// One forwarded event to its record.
fn event(
    rules: &Rules,
    region: &str,
    forwarded: ForwardedEvent,
    received_ms: i64,
) -> Result<Vec<Body>, Refusal> {
    let ForwardedEvent { datastream, dataset, identities, event } = forwarded;
    validate::message_id("_id", &event.id)?;
    let datasets = datasets(rules, &datastream)?;
    let Some(dataset) = datasets.of(dataset.as_deref()) else {
        let wanted = dataset.unwrap_or_default();
        let reason = format!("datastream `{datastream}` does not allow its events in dataset `{wanted}`");
        return Err(Refusal::new("dataset_not_allowed", "", reason));
    };
    let of = format!("datastream `{datastream}`");
    let (dataset, schema) = rules.dataset(&of, Some(dataset), SchemaClass::Event)?;
    let identities = known(rules, identities)?;
    validate::size(&fields::to_json(&event.fields), EVENT_BYTES_MAX)?;
    let event = Event {
        id: event.id,
        timestamp_ms: clock::clamped(received_ms, event.timestamp_ms),
        fields: validate::event_fields(schema, event.fields)?,
    };
    Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: Some(region.into()) }])
}

/// What somebody said of consent, to attributes of theirs.
fn consent(rules: &Rules, said: ForwardedConsent, received_ms: i64) -> Result<Vec<Body>, Refusal> {
    let ForwardedConsent { datastream, identities, id, at_ms, purposes } = said;
    validate::message_id("id", &id)?;
    let datasets = datasets(rules, &datastream)?;
    let of = format!("datastream `{datastream}`");
    let (dataset, schema) = rules.dataset(&of, datasets.of_profiles(), SchemaClass::Profile)?;
    let identities = known(rules, identities)?;
    for (purpose, value) in &purposes {
        if !PURPOSES.contains(&purpose.as_str())
            || value.as_deref().is_some_and(|value| !consent::is_value(value))
        {
            let reason = format!("`{}` cannot be said of `{purpose}`", value.as_deref().unwrap_or_default());
            return Err(Refusal::new("bad_consent", "purposes", reason));
        }
    }
    let purposes = purposes.iter().map(|(purpose, value)| (purpose.as_str(), value.as_deref()));
    let attributes = consent::patch(purposes, clock::clamped(received_ms, at_ms));
    let attributes = validate::attributes(schema, attributes)?;
    Ok(vec![Body::Upsert { message: Some(id), dataset: dataset.into(), identities, attributes }])
}

fn datasets<'a>(rules: &'a Rules, datastream: &str) -> Result<&'a Datasets, Refusal> {
    rules.datastream(datastream).ok_or_else(|| {
        let reason = format!("datastream `{datastream}` does not exist");
        Refusal::new("unknown_datastream", "", reason)
    })
}

fn known(rules: &Rules, identities: Vec<Identity>) -> Result<Vec<Identity>, Refusal> {
    let named: Vec<(String, Identity)> = identities
        .into_iter()
        .map(|identity| (format!("identityMap.{}", identity.namespace), identity))
        .collect();
    validate::identities(rules, &named)
}

/// As JSON, for the quarantine.
pub fn to_json(region: &str, forwarded: &Forwarded) -> Json {
    match forwarded {
        Forwarded::Event(forwarded) => json!({
            "region": region,
            "datastream": forwarded.datastream,
            "dataset": forwarded.dataset,
            "identities": forwarded.identities,
            "id": forwarded.event.id,
            "timestampMs": forwarded.event.timestamp_ms,
            "fields": fields::to_json(&forwarded.event.fields),
        }),
        Forwarded::Consent(said) => json!({
            "region": region,
            "datastream": said.datastream,
            "identities": said.identities,
            "id": said.id,
            "timestampMs": said.at_ms,
            "purposes": said.purposes,
        }),
    }
}

/// Reads what [`to_json`] wrote.
pub(crate) fn record_from_json(rules: &Rules, json: &Json, received_ms: i64) -> Result<Vec<Body>, Refusal> {
    let forwarded = match json.get("purposes") {
        Some(_) => Forwarded::Consent(ForwardedConsent {
            datastream: part(json, "datastream")?,
            identities: part(json, "identities")?,
            id: part(json, "id")?,
            at_ms: part(json, "timestampMs")?,
            purposes: part(json, "purposes")?,
        }),
        None => Forwarded::Event(ForwardedEvent {
            datastream: part(json, "datastream")?,
            dataset: part(json, "dataset")?,
            identities: part(json, "identities")?,
            event: Event {
                id: part(json, "id")?,
                timestamp_ms: part(json, "timestampMs")?,
                fields: match json.get("fields") {
                    Some(Json::Object(fields)) => validate::patch(fields)?,
                    Some(_) | None => {
                        return Err(Refusal::new("not_an_object", "fields", "`fields` should be an object"));
                    }
                },
            },
        }),
    };
    record(rules, &part::<String>(json, "region")?, forwarded, received_ms)
}

fn part<T: DeserializeOwned>(json: &Json, name: &str) -> Result<T, Refusal> {
    let part = json.get(name).cloned().unwrap_or_default();
    serde_json::from_value(part).map_err(|error| Refusal::new("bad_json", name, error.to_string()))
}
