//! Messages of streaming connections and CloudEvents, and what becomes of them.

use acquaint_core::value::fields;
use acquaint_store::record::Body;
use serde_json::{Value as Json, json};

use super::request::Envelope;
use super::{Refusal, Rules, cloud_events, xdm};
use crate::testing::catalog;

const NOW: i64 = 1_514_764_800_000;
const THEN: &str = "2017-12-31T23:59:00Z";
const ENVELOPE: Envelope<'static> = Envelope { received_ms: NOW, fallback_id: "fallback" };

/// The record in short: what it is, its id, who, when, what.
fn short(bodies: &[Body]) -> Json {
    let who = |identities: &[acquaint_core::profile::Identity]| -> Vec<String> {
        identities.iter().map(|identity| format!("{}:{}", identity.namespace, identity.id)).collect()
    };
    match bodies {
        [Body::Event { dataset, identities, event, .. }] => json!({
            "in": dataset.as_str(), "event": event.id, "who": who(identities), "at": event.timestamp_ms - NOW,
            "fields": fields::to_json(&event.fields),
        }),
        [Body::Upsert { message, dataset, identities, attributes }] => json!({
            "in": dataset.as_str(), "upsert": message, "who": who(identities),
            "attributes": fields::to_json(attributes),
        }),
        other => panic!("{other:?}"),
    }
}

fn xdm(sent: &Json) -> Result<Json, Refusal> {
    let rules = Rules::new(&catalog());
    xdm::message(&rules, rules.source("site").unwrap(), sent, &ENVELOPE).map(|bodies| short(&bodies))
}

fn entity(header: &Json, entity: &Json) -> Json {
    json!({"header": header, "body": {"xdmMeta": {}, "xdmEntity": entity}})
}

fn crm() -> Json {
    json!({"crm": [{"id": "ada", "primary": true}], "device": [{"id": "d"}]})
}

#[test]
fn an_entity_with_a_time_is_an_event() {
    let sent = json!({"_id": "e1", "timestamp": THEN, "eventType": "buy", "amount": 5, "identityMap": crm()});
    assert_eq!(
        xdm(&entity(&json!({}), &sent)).unwrap(),
        json!({"in": "events", "event": "e1", "who": ["crm:ada", "device:d"], "at": -60_000,
               "fields": {"eventType": "buy", "amount": 5}})
    );
}

#[test]
fn an_entity_without_is_attributes_and_a_message_id_makes_it_count_once() {
    let sent = entity(&json!({"msgId": "m1"}), &json!({"tier": "gold", "identityMap": crm()}));
    let expected = json!({"in": "people", "upsert": "m1", "who": ["crm:ada", "device:d"], "attributes": {"tier": "gold"}});
    assert_eq!(xdm(&sent).unwrap(), expected);
}

#[test]
fn the_header_says_which_dataset() {
    let sent = json!({"timestamp": THEN, "identityMap": crm()});
    let event = xdm(&entity(&json!({"datasetId": "events"}), &sent)).unwrap();
    assert_eq!(event["event"], "fallback");
    let refused = |header: Json, code: &str, path: &str| {
        let refusal = xdm(&entity(&header, &sent)).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.path.as_str()), (code, path), "{refusal}");
    };
    refused(json!({"datasetId": "people"}), "schema", "timestamp");
    refused(json!({"datasetId": "elsewhere"}), "wrong_dataset", "header.datasetId");
    let of = catalog().datasets["people"].schema.clone();
    refused(json!({"schemaRef": {"id": of}}), "schema", "timestamp");
}

#[test]
fn a_message_that_is_none_is_refused_with_code_and_place() {
    let check = |sent: Json, code: &str, path: &str| {
        let refusal = xdm(&sent).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.path.as_str()), (code, path), "{sent}: {refusal}");
    };
    let event = |changes: Json| {
        let mut sent = json!({"_id": "e", "timestamp": THEN, "identityMap": crm()});
        sent.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        entity(&json!({"datasetId": "events"}), &sent)
    };
    check(json!([]), "not_an_object", "header");
    check(json!({"header": {}}), "not_an_object", "body.xdmEntity");
    check(json!({"header": {}, "body": {"xdmEntity": 5}}), "not_an_object", "body.xdmEntity");
    check(event(json!({"timestamp": null})), "no_timestamp", "timestamp");
    check(event(json!({"timestamp": "soon"})), "bad_timestamp", "timestamp");
    check(event(json!({"timestamp": 1_700_000_000_000_000_000_i64})), "bad_timestamp", "timestamp");
    check(event(json!({"_id": "x".repeat(101)})), "bad_message_id", "_id");
    check(event(json!({"identityMap": {}})), "no_identity", "");
    check(event(json!({"identityMap": {"crm": "ada"}})), "bad_identity", "identityMap");
    check(event(json!({"identityMap": 5})), "wrong_type", "identityMap");
    check(event(json!({"identityMap": {"who": [{"id": "1"}]}})), "unknown_namespace", "identityMap.who");
    check(event(json!({"amount": "five"})), "schema", "amount");
    check(event(json!({"properties": {"x": "x".repeat(40_000)}})), "too_large", "");
}

fn cloud_event(source: &str, changes: &Json) -> Result<Json, Refusal> {
    let mut sent = json!({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order.placed", "time": THEN,
        "subject": "ada", "data": {"amount": 5}});
    sent.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let rules = Rules::new(&catalog());
    cloud_events::event(&rules, rules.source(source).unwrap(), &sent, &ENVELOPE).map(|bodies| short(&bodies))
}

#[test]
fn a_cloud_event_is_an_event_of_its_type_with_the_fields_of_its_data() {
    assert_eq!(
        cloud_event("site", &json!({})).unwrap(),
        json!({"in": "events", "event": "/shop 1", "who": ["crm:ada"], "at": -60_000,
               "fields": {"eventType": "order.placed", "amount": 5}})
    );
}

#[test]
fn who_the_data_names_is_stronger_than_the_subject_and_a_missing_time_is_now() {
    let sent = json!({"time": null, "data": {"identityMap": {"device": [{"id": "d"}]}, "_id": "x", "eventType": "buy"}});
    assert_eq!(
        cloud_event("site", &sent).unwrap(),
        json!({"in": "events", "event": "/shop 1", "who": ["device:d"], "at": 0, "fields": {"eventType": "buy"}})
    );
}

#[test]
fn what_the_source_maps_may_come_from_any_attribute() {
    let mut catalog = catalog();
    let source = catalog.sources.get_mut("site").unwrap();
    source.mapping = serde_json::from_value(
        json!([{"from": "shopid", "to": "kind"}, {"from": "data.total", "to": "amount"}]),
    )
    .unwrap();
    source.identities =
        serde_json::from_value(json!([{"from": "data.user.id", "namespace": "crm"}])).unwrap();
    let rules = Rules::new(&catalog);
    let sent = json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "order/1", "shopid": "7",
        "data": {"total": 9, "user": {"id": "ada"}}});
    let refused = cloud_events::event(&rules, rules.source("site").unwrap(), &sent, &ENVELOPE).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.path.as_str()), ("schema", "user"));
    catalog
        .sources
        .get_mut("site")
        .unwrap()
        .mapping
        .push(serde_json::from_value(json!({"from": "data.user", "to": "properties"})).unwrap());
    let rules = Rules::new(&catalog);
    let found = cloud_events::event(&rules, rules.source("site").unwrap(), &sent, &ENVELOPE).unwrap();
    assert_eq!(
        short(&found),
        json!({"in": "events", "event": "s 1", "who": ["crm:ada"], "at": 0,
               "fields": {"eventType": "t", "kind": "7", "amount": 9, "properties": {"id": "ada"}}})
    );
}

#[test]
fn a_cloud_event_that_is_none_is_refused_with_code_and_place() {
    let check = |changes: Json, code: &str, path: &str| {
        let refusal = cloud_event("site", &changes).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.path.as_str()), (code, path), "{changes}: {refusal}");
    };
    for name in ["id", "source", "type", "specversion"] {
        check(json!({ name: null }), "bad_attribute", name);
        check(json!({ name: "" }), "bad_attribute", name);
        check(json!({ name: 5 }), "bad_attribute", name);
    }
    check(json!({"specversion": "0.3"}), "bad_attribute", "specversion");
    check(json!({"time": "yesterday"}), "bad_attribute", "time");
    check(json!({"Shop-Id": "1"}), "bad_attribute", "Shop-Id");
    check(json!({"data_base64": "AAEC"}), "bad_attribute", "data_base64");
    check(json!({"data": "text"}), "wrong_type", "data");
    check(json!({"subject": null}), "no_identity", "");
    check(json!({"data": {"amount": "five"}}), "schema", "amount");
    check(json!({"data": {"properties": {"x": "x".repeat(40_000)}}}), "too_large", "");
}

#[test]
fn source_and_id_do_not_run_into_each_other_and_long_ones_stay_different() {
    let id = |source: &str, id: &str| {
        cloud_event("site", &json!({"source": source, "id": id})).unwrap()["event"].clone()
    };
    assert_ne!(id("a b", "c"), id("a", "b c"));
    let long = "x".repeat(300);
    assert_ne!(id(&long, "1"), id(&long, "2"));
    assert_eq!(id(&long, "1"), id(&long, "1"));
}
