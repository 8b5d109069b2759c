//! Events, messages and rows in JSON, as sources send them: a record, or a refusal with its reason.

use std::sync::OnceLock;

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::{Event, identity};
use acquaint_core::value::fields;
use acquaint_core::wire::{Forward, Forwarded, ForwardedEvent};
use acquaint_engine::ingest::request::{self, Envelope, Request};
use acquaint_engine::ingest::{Rules, cloud_events, edge, rows, segment, xdm};
use acquaint_store::catalog::Catalog;
use serde_json::{Value, json};

use super::world::NOW_MS;

/// Any JSON is an event, an identity map, a message and a row, or none.
pub fn records(input: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(input) else { return };
    if let Some(object) = json.as_object() {
        if let Ok(identities) = identity::identities_from_json(object) {
            assert!(
                !identities.is_empty()
                    || object.is_empty()
                    || !object.values().any(|list| list == &json!([{"id": "a"}]))
            );
        }
        let event =
            fields::from_json(object, VALUE_DEPTH_MAX).ok().and_then(|it| Event::from_fields(it).ok());
        if let Some(event) = event {
            kept(event);
        }
    }
    let rules = rules();
    let request = Request { client_ip: Some("127.0.0.1".into()), from_browser: true, sent_at: None };
    for source in ["site", "people", "orders"] {
        let Some(source) = rules.source(source) else { continue };
        let _ = rows::row(rules, source, &json);
        let envelope = Envelope { received_ms: NOW_MS, fallback_id: "m" };
        let _ = segment::message(rules, source, &json, &envelope);
        let _ = xdm::message(rules, source, &json, &envelope);
        let _ = cloud_events::event(rules, source, &json, &envelope);
        let batch = json.as_object().map(|object| request::split(object.clone()));
        for mut message in batch.and_then(Result::ok).unwrap_or_default() {
            request.lay_under(&mut message);
            let _ = segment::message(rules, source, &message, &envelope);
        }
    }
}

/// An event comes back from JSON as it went, and can be forwarded.
fn kept(event: Event) {
    let again = fields::from_json(&event.to_json(), VALUE_DEPTH_MAX).unwrap();
    assert_eq!(Event::from_fields(again).unwrap(), event);
    let forwarded = ForwardedEvent {
        datastream: "shop".into(),
        dataset: Some("deeds".into()),
        identities: Vec::new(),
        event,
    };
    let forwarded = Forwarded::from(forwarded);
    let forward = Forward { region: "or2".into(), events: vec![forwarded.clone()] };
    let bytes = acquaint_core::wire::seal(&forward).unwrap();
    assert_eq!(acquaint_core::wire::open::<Forward>(&bytes).unwrap(), forward);
    let _ = edge::record(rules(), "or2", forwarded, NOW_MS);
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::new(&catalog()))
}

fn catalog() -> Catalog {
    let mut catalog = serde_json::to_value(Catalog::default()).unwrap();
    catalog["schemas"] = json!({
        "person": {"id": "person", "class": "profile", "properties": {
            "person": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
            "tags": {"type": "array", "items": {"type": "string"}}}},
        "deed": {"id": "deed", "class": "event", "properties": {
            "properties": {"type": "object", "additionalProperties": true},
            "amount": {"type": "number"}, "count": {"type": "integer"}}},
    });
    catalog["datasets"] =
        json!({"people": {"id": "people", "schema": "person"}, "events": {"id": "events", "schema": "deed"}});
    catalog["namespaces"] =
        json!({"crm": {"id": "crm", "type": "crossDevice", "unique": true, "edge": true}});
    catalog["sources"] = json!({
        "site": {"id": "site", "writeKey": "k", "eventDataset": "events", "profileDataset": "people"},
        "people": {"id": "people", "writeKey": "l", "profileDataset": "people",
            "identities": [{"from": "id", "namespace": "crm"}]},
        "orders": {"id": "orders", "writeKey": "m", "eventDataset": "events",
            "identities": [{"from": "id", "namespace": "crm"}],
            "event": {"id": ["order"], "timestamp": "at", "eventType": "order"}},
    });
    serde_json::from_value(catalog).unwrap()
}

/// What clients send.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        json!({"_id": "e", "timestamp": "2018-08-28T00:00:00Z", "eventType": "buy", "amount": 3, "identityMap": {"crm": [{"id": "1"}]}}),
        json!({"email": [{"id": "a@b.c", "primary": true, "authenticatedState": "ambiguous"}], "ECID": [{"id": "1"}]}),
        json!({"type": "track", "event": "Order Completed", "userId": "1", "anonymousId": "a", "messageId": "m",
            "timestamp": "2018-08-27T00:00:00Z", "properties": {"amount": 3.5, "products": [{"sku": "x"}]}}),
        json!({"type": "identify", "userId": "1", "traits": {"name": "Ada", "age": 36, "address": {"city": "Oslo"}}}),
        json!({"type": "alias", "userId": "1", "previousId": "0"}),
        json!({"type": "group", "groupId": "g", "userId": "1", "traits": {"size": 3}}),
        json!({"batch": [{"type": "page", "name": "Home", "anonymousId": "a", "context": {"ip": "::1"}}],
            "context": {"library": {"name": "x"}}, "sentAt": "2018-08-28T00:00:00Z"}),
        json!({"id": 5, "order": "o1", "at": "2018-08-28", "amount": "3.5", "count": "2"}),
        json!({"id": "5", "person": {"name": "Ada", "age": "36"}, "tags": ["a", 1, null]}),
    ]
    .iter()
    .map(|seed| seed.to_string().into_bytes())
    .collect()
}
