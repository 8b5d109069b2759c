//! What comes in and what becomes of it: messages, rows, edge events, and refusals.

use acquaint_core::profile::Event;
use acquaint_core::time::format_instant;
use acquaint_core::value::fields;
use acquaint_core::wire::{ForwardedConsent, ForwardedEvent};
use acquaint_store::catalog::Catalog;
use acquaint_store::record::Body;
use serde_json::{Value as Json, json};

use super::request::Envelope;
use super::segment::message;
use super::{Refusal, Rules, edge, rows};
use crate::testing::{catalog, fields_of, identity};

const NOW: i64 = 1_514_764_800_000;

fn segment(source: &str, sent: &Json) -> Result<Vec<Body>, Refusal> {
    let rules = Rules::new(&catalog());
    let envelope = Envelope { received_ms: NOW, fallback_id: "fallback" };
    message(&rules, rules.source(source).unwrap(), sent, &envelope)
}

fn row(source: &str, sent: &Json) -> Result<Vec<Body>, Refusal> {
    let rules = Rules::new(&catalog());
    rows::row(&rules, rules.source(source).unwrap(), sent)
}

/// The record in short: what it is, its id, who, when, what.
fn short(bodies: &[Body]) -> Json {
    let ids = |identities: &[acquaint_core::profile::Identity]| -> Vec<String> {
        identities.iter().map(|identity| format!("{}:{}", identity.namespace, identity.id)).collect()
    };
    match bodies {
        [] => json!(null),
        [Body::Event { identities, event, .. }] => json!({
            "event": event.id, "who": ids(identities), "at": event.timestamp_ms - NOW,
            "fields": fields::to_json(&event.fields),
        }),
        [Body::Upsert { message, identities, attributes, .. }] => {
            json!({"upsert": message, "who": ids(identities), "attributes": fields::to_json(attributes)})
        }
        [Body::Link { message, identities }] => json!({"link": message, "who": ids(identities)}),
        other => panic!("{other:?}"),
    }
}

fn check(source: &str, sent: &Json, expected: &Json) {
    match segment(source, sent) {
        Ok(bodies) => assert_eq!(short(&bodies), *expected, "{sent}"),
        Err(refusal) => panic!("{sent}: {refusal:?}"),
    }
}

fn check_refused(sent: &Json, code: &str, path: &str) {
    let refusal = segment("site", sent).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.path.as_str()), (code, path), "{sent}: {refusal}");
}

fn check_row(source: &str, sent: &Json, expected: &Json) {
    match row(source, sent) {
        Ok(bodies) => assert_eq!(short(&bodies), *expected, "{sent}"),
        Err(refusal) => panic!("{sent}: {refusal:?}"),
    }
}

#[test]
fn track_is_an_event_of_its_name() {
    check(
        "site",
        &json!({"type": "track", "event": "Order", "messageId": "m1", "userId": "u", "anonymousId": "a",
                "properties": {"total": 5}, "context": {"page": 1}}),
        &json!({"event": "m1", "who": ["crm:u", "device:a"], "at": 0,
                "fields": {"eventType": "Order", "properties": {"total": 5}}}),
    );
}

#[test]
fn a_message_without_an_id_gets_the_one_the_server_assigns() {
    check(
        "site",
        &json!({"type": "track", "event": "X", "userId": 7}),
        &json!({"event": "fallback", "who": ["crm:7"], "at": 0, "fields": {"eventType": "X"}}),
    );
}

#[test]
fn mapped_fields_move_and_constants_are_added() {
    check(
        "mapped",
        &json!({"type": "track", "event": "Order", "messageId": "m", "userId": "u",
                "properties": {"total": 5, "note": "n"}}),
        &json!({"event": "m", "who": ["crm:u"], "at": 0, "fields": {
            "eventType": "Order", "amount": 5, "kind": "web", "properties": {"note": "n"}}}),
    );
}

#[test]
fn page_and_screen_are_views_with_name_and_category_as_properties() {
    check(
        "site",
        &json!({"type": "page", "name": "Home", "category": "Docs", "messageId": "m", "anonymousId": "a",
                "properties": {"url": "/"}}),
        &json!({"event": "m", "who": ["device:a"], "at": 0, "fields": {
            "eventType": "web.webpagedetails.pageViews",
            "properties": {"url": "/", "name": "Home", "category": "Docs"}}}),
    );
    check(
        "site",
        &json!({"type": "screen", "messageId": "m", "anonymousId": "a"}),
        &json!({"event": "m", "who": ["device:a"], "at": 0, "fields": {"eventType": "mobile.screenView"}}),
    );
}

#[test]
fn identify_sends_traits_and_links_the_visitor_to_the_user() {
    check(
        "site",
        &json!({"type": "identify", "messageId": "m", "userId": "u", "anonymousId": "a",
                "traits": {"tier": "gold", "person": {"age": null}}}),
        &json!({"upsert": "m", "who": ["crm:u", "device:a"],
                "attributes": {"tier": "gold", "person": {"age": null}}}),
    );
    check(
        "site",
        &json!({"type": "identify", "messageId": "m", "userId": "u", "anonymousId": "a"}),
        &json!({"link": "m", "who": ["crm:u", "device:a"]}),
    );
}

#[test]
fn rudder_traits_in_the_context_count_and_the_messages_own_lie_over_them() {
    check(
        "site",
        &json!({"type": "identify", "messageId": "m", "userId": "u",
                "context": {"traits": {"tier": "tin", "person": {"name": "Ada"}}}, "traits": {"tier": "gold"}}),
        &json!({"upsert": "m", "who": ["crm:u"], "attributes": {"tier": "gold", "person": {"name": "Ada"}}}),
    );
}

#[test]
fn traits_can_be_mapped_and_a_mapped_null_still_deletes() {
    let name = |name: Json| json!({"type": "identify", "messageId": "m", "userId": "u", "traits": {"fullName": name, "tier": "gold"}});
    let mut catalog = catalog();
    catalog.sources.get_mut("mapped").unwrap().mapping.retain(|mapping| mapping.value.is_none());
    let rules = Rules::new(&catalog);
    let envelope = Envelope { received_ms: NOW, fallback_id: "f" };
    for value in [json!("Ada"), json!(null)] {
        let bodies =
            message(&rules, rules.source("mapped").unwrap(), &name(value.clone()), &envelope).unwrap();
        let expected = json!({"upsert": "m", "who": ["crm:u"],
                              "attributes": {"tier": "gold", "person": {"name": value}}});
        assert_eq!(short(&bodies), expected);
    }
}

#[test]
fn group_and_alias() {
    check(
        "site",
        &json!({"type": "group", "messageId": "m", "userId": "u", "groupId": "g", "traits": {"size": 3}}),
        &json!({"upsert": "m", "who": ["crm:u"], "attributes": {"group": {"id": "g", "traits": {"size": 3}}}}),
    );
    check(
        "site",
        &json!({"type": "alias", "messageId": "m", "userId": "new", "previousId": "old"}),
        &json!({"link": "m", "who": ["crm:new", "crm:old"]}),
    );
    check(
        "site",
        &json!({"type": "alias", "messageId": "m", "userId": "u", "previousId": "u"}),
        &json!(null),
    );
    check(
        "site",
        &json!({"type": "alias", "messageId": "m", "userId": "new", "previousId": "anon", "anonymousId": "anon"}),
        &json!({"link": "m", "who": ["crm:new", "device:anon"]}),
    );
}

#[test]
fn a_clock_that_is_wrong_is_corrected() {
    let at = |offset: i64| acquaint_core::time::format_instant(NOW + offset);
    check(
        "site",
        &json!({"type": "track", "event": "X", "messageId": "m", "userId": "u",
                "timestamp": at(7_200_000), "sentAt": at(7_205_000)}),
        &json!({"event": "m", "who": ["crm:u"], "at": -5_000, "fields": {"eventType": "X"}}),
    );
    check(
        "site",
        &json!({"type": "track", "event": "X", "messageId": "m", "userId": "u",
                "originalTimestamp": at(-9_000), "timestamp": at(-1), "sentAt": "rubbish"}),
        &json!({"event": "m", "who": ["crm:u"], "at": -9_000, "fields": {"eventType": "X"}}),
    );
}

#[test]
fn what_is_wrong_is_refused_with_code_and_place() {
    let track = |extra: Json| {
        let mut message = json!({"type": "track", "event": "X", "messageId": "m", "userId": "u"});
        message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        message
    };
    check_refused(&json!([]), "not_an_object", "");
    check_refused(&json!({"userId": "u"}), "no_type", "type");
    check_refused(&track(json!({"type": "dance"})), "unknown_type", "type");
    check_refused(&track(json!({"event": null})), "no_event", "event");
    check_refused(&track(json!({"userId": null})), "no_user_anon_id", "");
    check_refused(&track(json!({"userId": {"a": 1}})), "wrong_type", "userId");
    check_refused(&track(json!({"userId": "x".repeat(1_025)})), "bad_identity", "userId");
    check_refused(&track(json!({"messageId": "x".repeat(101)})), "bad_message_id", "messageId");
    check_refused(&track(json!({"timestamp": "yesterday"})), "bad_timestamp", "timestamp");
    check_refused(&track(json!({"properties": 5})), "wrong_type", "properties");
    check_refused(&track(json!({"properties": {"x": "x".repeat(40_000)}})), "too_large", "");
    let deep = (0..40).fold(json!(1), |inner, _| json!({"a": inner}));
    check_refused(&track(json!({"properties": deep})), "too_deep", "");
    check_refused(&json!({"type": "identify", "userId": "u", "traits": {"tear": "gold"}}), "schema", "tear");
    check_refused(
        &json!({"type": "identify", "userId": "u", "traits": {"person": {"age": "old"}}}),
        "schema",
        "person.age",
    );
    check_refused(&json!({"type": "group", "userId": "u"}), "no_group", "groupId");
    check_refused(&json!({"type": "alias", "userId": "u"}), "no_user_anon_id", "");
    assert_eq!(
        segment("members", &json!({"type": "track", "event": "X", "userId": "u"})).unwrap_err().code,
        "no_dataset"
    );
}

#[test]
fn rows_are_events_of_their_source_fitted_to_the_schema() {
    check_row(
        "till",
        &json!({"who": 1029, "receipt": "r1", "line": 2, "at": "2018-01-01 00:00:01", "total": "3.5", "code": 51,
                "n": "4", "unmapped": 1}),
        &json!({"event": "till:r1-2", "who": ["crm:1029"], "at": 1_000,
                "fields": {"eventType": "purchase", "amount": 3.5, "kind": "51", "count": 4}}),
    );
    check_row(
        "members",
        &json!({"who": "1029", "tier": "gold", "group": null}),
        &json!({"upsert": null, "who": ["crm:1029"], "attributes": {"tier": "gold"}}),
    );
    let refused = |source: &str, sent: Json| row(source, &sent).unwrap_err().code;
    assert_eq!(refused("till", json!({"who": 1, "receipt": "r", "at": 5})), "no_id");
    assert_eq!(refused("till", json!({"who": 1, "receipt": "r", "line": 1})), "no_timestamp");
    assert_eq!(refused("till", json!({"receipt": "r", "line": 1, "at": 5})), "no_identity");
    assert_eq!(refused("till", json!({"who": 1, "receipt": "r", "line": 1, "at": 5, "n": "many"})), "schema");
    assert_eq!(refused("members", json!({"who": 1, "colour": "red"})), "schema");
}

#[test]
fn rows_whose_id_columns_differ_are_different_events() {
    let id = |receipt: &str, line: &str| {
        let sent = json!({"who": 1, "receipt": receipt, "line": line, "at": 5});
        row("till", &sent).unwrap().iter().find_map(super::message_of).unwrap().to_owned()
    };
    assert_eq!(id("1", "2"), "till:1-2");
    assert_ne!(id("1-2", "3"), id("1", "2-3"));
    assert_ne!(id("1\\", "2"), id("1", "\\-2"));
}

#[test]
fn edge_events_are_checked_and_their_quarantined_form_reads_the_same() {
    let rules = Rules::new(&catalog());
    let ecid = "1".repeat(38);
    let sent = |ecid: &str| ForwardedEvent {
        datastream: "web".into(),
        dataset: None,
        identities: vec![identity("ECID", ecid)],
        event: Event {
            id: "e".into(),
            timestamp_ms: NOW + 3_600_000,
            fields: fields_of(&json!({"amount": 1})),
        },
    };
    let read = |event: ForwardedEvent| edge::record(&rules, "or2", event.into(), NOW);
    let again =
        |event: ForwardedEvent| edge::record_from_json(&rules, &edge::to_json("or2", &event.into()), NOW);
    let bodies = read(sent(&ecid)).unwrap();
    let expected =
        json!({"event": "e", "who": [format!("ECID:{ecid}")], "at": 60_000, "fields": {"amount": 1}});
    assert_eq!(short(&bodies), expected);
    assert!(matches!(bodies.as_slice(), [Body::Event { from_edge: Some(region), .. }] if region == "or2"));
    assert_eq!(again(sent(&ecid)).unwrap(), bodies);
    assert_eq!(read(sent("12")).unwrap_err().code, "bad_identity");
    let elsewhere = ForwardedEvent { datastream: "x".into(), ..sent(&ecid) };
    assert_eq!(read(elsewhere).unwrap_err().code, "unknown_datastream");
    let wanted = |dataset: &str| ForwardedEvent { dataset: Some(dataset.into()), ..sent(&ecid) };
    let trials = read(wanted("trials")).unwrap();
    assert!(matches!(trials.as_slice(), [Body::Event { dataset, .. }] if *dataset == "trials".into()));
    assert_eq!(again(wanted("trials")).unwrap(), trials);
    assert_eq!(read(wanted("people")).unwrap_err().code, "dataset_not_allowed");
}

#[test]
fn what_is_said_of_consent_at_the_edge_becomes_attributes() {
    let mut catalog = catalog();
    let said = |purpose: &str, value: &str| ForwardedConsent {
        datastream: "web".into(),
        identities: vec![identity("ECID", &"1".repeat(38))],
        id: "c".into(),
        at_ms: NOW,
        purposes: vec![(purpose.into(), Some(value.into())), ("share".into(), None)],
    };
    let read = |catalog: &Catalog, said: ForwardedConsent| {
        edge::record(&Rules::new(catalog), "or2", said.into(), NOW)
    };
    let bodies = read(&catalog, said("collect", "n")).unwrap();
    let [Body::Upsert { message, dataset, attributes, .. }] = bodies.as_slice() else { panic!("{bodies:?}") };
    assert_eq!((message.as_deref(), dataset), (Some("c"), &"wishes".into()));
    let consents = json!({"collect": {"val": "n"}, "share": null, "metadata": {"time": format_instant(NOW)}});
    assert_eq!(Json::Object(fields::to_json(attributes)), json!({"consents": consents}));
    let json = edge::to_json("or2", &said("collect", "n").into());
    assert_eq!(edge::record_from_json(&Rules::new(&catalog), &json, NOW).unwrap(), bodies);
    for (purpose, value) in [("collect", "maybe"), ("weather", "y"), ("marketing", "y")] {
        assert_eq!(read(&catalog, said(purpose, value)).unwrap_err().code, "bad_consent", "{purpose}");
    }
    catalog.datastreams.get_mut("web").unwrap().profile_dataset = None;
    assert_eq!(read(&catalog, said("collect", "n")).unwrap_err().code, "no_dataset");
}
