//! Tests of whole requests that say something of consent which the control plane is told.

use acquaint_core::plan::Program;
use acquaint_core::profile::Identity;
use acquaint_core::profile::consent::PURPOSES;
use acquaint_core::wire::{Bundle, Datastream, Forwarded, ForwardedConsent};
use serde_json::{Value, json};

use super::tests::{Edge, NOW, interact};
use crate::http::{Reply, Request};
use crate::limits;

/// Purpose 1 is missing.
const DENIED: &str = "CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA";

fn edge(profile_dataset: Option<&str>) -> Edge {
    let datastream = Datastream {
        id: "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83".into(),
        org: "5BFE274A5F6980A50A495C08@AdobeOrg".into(),
        dataset: "web".into(),
        profile_dataset: profile_dataset.map(str::to_owned),
        ..Datastream::default()
    };
    Edge::with(Bundle {
        version: 1,
        published_ms: 0,
        program: Program::default(),
        datastreams: vec![datastream],
        offers: Vec::new(),
    })
}

fn ecid() -> Identity {
    Identity { namespace: "ECID".into(), id: "7".repeat(38) }
}

fn member() -> Identity {
    Identity { namespace: "crm".into(), id: "m".into() }
}

fn set_consent(request_id: &str, value: &Value) -> Request {
    let version = if value.get("general").is_some() { "1.0" } else { "2.0" };
    let body = json!({
        "consent": [{ "standard": "Adobe", "version": version, "value": value }],
        "identityMap": { "ECID": [{ "id": ecid().id }], "crm": [{ "id": "m", "primary": true }] },
    });
    let query = vec![
        ("configId".into(), "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83".into()),
        ("requestId".into(), request_id.into()),
    ];
    Request { path: "/ee/v1/privacy/set-consent".into(), query, ..interact(&body) }
}

/// What waits at somebody's profile to be told, oldest first.
fn waiting(edge: &Edge, of: &Identity) -> Vec<ForwardedConsent> {
    let Some(profile) = edge.profiles.get(of) else { return Vec::new() };
    let consents = profile.tail().filter_map(|tail| match &tail.event {
        Forwarded::Consent(consent) => Some(consent.clone()),
        Forwarded::Event(_) => None,
    });
    consents.collect()
}

/// The purposes of which something is said, and how many are taken back.
fn said(consent: &ForwardedConsent) -> (Vec<(&str, &str)>, usize) {
    let purposes = consent.purposes.iter();
    let said = purposes.filter_map(|(purpose, value)| Some((purpose.as_str(), value.as_deref()?)));
    let said: Vec<_> = said.collect();
    let taken_back = consent.purposes.len() - said.len();
    (said, taken_back)
}

fn status(reply: &Reply) -> u16 {
    reply.status
}

#[test]
fn what_set_consent_says_is_told_of_each_person_once_in_order_and_also_when_they_object() {
    let mut edge = edge(Some("people"));
    let out = json!({ "collect": { "val": "n" }, "marketing": { "email": { "val": "y" } } });
    for (request_id, value) in [("r1", &out), ("r2", &json!({ "general": "in" })), ("r1", &out)] {
        assert_eq!(status(&edge.answer(&set_consent(request_id, value))), 200);
    }
    let mut ids = Vec::new();
    for person in [ecid(), member()] {
        let told = waiting(&edge, &person);
        assert_eq!(told.len(), 2, "a request that is repeated says nothing new: {told:?}");
        assert!(told.iter().all(|consent| consent.identities == [person.clone()] && consent.at_ms == NOW));
        let replaced = PURPOSES.len();
        assert_eq!(said(&told[0]), (vec![("collect", "n"), ("marketing.email", "y")], replaced - 2));
        assert_eq!(said(&told[1]), (vec![("collect", "y")], replaced - 1));
        assert_eq!(edge.profiles[&person].objection(), None, "the last word counts");
        ids.extend(told.into_iter().map(|consent| consent.id));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| id.len() <= 100));
}

#[test]
fn what_is_pending_is_told_and_changes_nothing_here() {
    let mut edge = edge(Some("people"));
    edge.answer(&set_consent("r1", &json!({ "general": "out" })));
    edge.answer(&set_consent("r2", &json!({ "collect": { "val": "p" } })));
    let told = waiting(&edge, &member());
    assert_eq!(
        told.iter().map(|consent| said(consent).0).collect::<Vec<_>>(),
        [[("collect", "n")], [("collect", "p")]]
    );
    assert!(edge.profiles[&member()].objection().is_some());
}

#[test]
fn without_a_dataset_for_it_consent_only_holds_here() {
    let mut edge = edge(None);
    edge.answer(&set_consent("r1", &json!({ "general": "out" })));
    assert!(edge.profiles[&ecid()].objection().is_some());
    assert_eq!(edge.events(), 0);
}

#[test]
fn an_objection_of_events_is_told_when_it_is_new_and_the_events_are_not() {
    let mut edge = edge(Some("people"));
    let strings =
        json!([{ "consentStandard": "IAB TCF", "consentStringValue": DENIED, "gdprApplies": true }]);
    let map = json!({ "ECID": [{ "id": ecid().id }] });
    for number in 0..3 {
        let xdm = json!({ "eventType": "x", "consentStrings": strings, "_id": format!("e{number}") });
        edge.answer(&interact(&json!({ "events": [{ "xdm": xdm }], "xdm": { "identityMap": map } })));
    }
    let told = waiting(&edge, &ecid());
    assert_eq!(told.iter().map(said).collect::<Vec<_>>(), [(vec![("collect", "n")], 0)]);
    assert_eq!(edge.events(), 1, "nothing but that");
}

#[test]
fn an_objection_that_cannot_be_told_holds_and_has_to_be_said_again() {
    let mut edge = edge(Some("people"));
    for number in 0..limits::OUTBOX_EVENTS_MAX {
        let xdm = json!({ "eventType": "x", "_id": format!("e{number}"), "identityMap":
            { "ECID": [{ "id": ecid().id }], "crm": [{ "id": "m", "primary": true }] } });
        assert_eq!(status(&edge.answer(&interact(&json!({ "events": [{ "xdm": xdm }] })))), 200);
    }
    edge.profiles.insert(ecid(), edge.profiles[&member()].clone());
    for (value, objects) in [("in", false), ("out", true)] {
        assert_eq!(status(&edge.answer(&set_consent("r1", &json!({ "general": value })))), 503);
        assert_eq!(edge.profiles[&member()].objection().is_some(), objects, "{value}");
    }
    assert_eq!(waiting(&edge, &member()), []);
}
