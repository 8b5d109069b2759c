//! Tests of whole requests to a datastream with cookie and URL destinations.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Membership, Memberships, Status};
use acquaint_core::wire::{Bundle, Datastream, Projection, Push, PushDestination};
use serde_json::{Value, json};

use super::tests::{Edge, NOW, interact};

fn edge() -> Edge {
    let audience = AudienceId::from("vip");
    let destination = |id: &str, push| PushDestination {
        id: id.into(),
        audiences: vec![(audience.clone(), "vip".into())],
        push,
    };
    let cookie = Push::Cookie { name: "aud".into(), domain: None, ttl_days: 7 };
    let url = Push::Url { url: "https://p.example/?u={ecid}".into(), hide_referrer: true, ttl_minutes: 60 };
    let datastream = Datastream {
        id: "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83".into(),
        org: "O@AdobeOrg".into(),
        push: vec![destination("c", cookie), destination("u", url)],
        ..Datastream::default()
    };
    let program = acquaint_core::plan::Program::default();
    let bundle =
        Bundle { version: 1, published_ms: 0, program, datastreams: vec![datastream], offers: Vec::new() };
    let mut edge = Edge::with(bundle);
    let membership = Membership { status: Status::Realized, since_ms: NOW };
    let memberships = Memberships::from([(audience, membership)]);
    edge.project("ECID", &"7".repeat(38), Projection { memberships, ..Projection::default() });
    edge
}

fn pushed(edge: &mut Edge, kind: &str) -> Value {
    let body = json!({
        "xdm": { "identityMap": { "ECID": [{ "id": "7".repeat(38) }] } },
        "events": [{ "xdm": { "_id": kind, "eventType": kind } }],
    });
    let body: Value = serde_json::from_str(&edge.answer(&interact(&body)).body).unwrap();
    let handles = body["handle"].as_array().unwrap().iter();
    handles
        .filter(|handle| handle["type"] == "activation:push")
        .map(|handle| handle["payload"].clone())
        .collect()
}

#[test]
fn a_page_is_told_of_audiences_with_the_answer_and_images_are_capped() {
    let mut edge = edge();
    let cookie = json!({ "type": "cookie", "spec": { "name": "aud", "value": "vip", "ttlDays": 7 } });
    let url = format!("https://p.example/?u={}", "7".repeat(38));
    let spec = json!({ "url": url, "hideReferrer": true, "ttlMinutes": 60 });
    let image = json!({ "type": "url", "id": "u", "spec": spec });
    assert_eq!(
        pushed(&mut edge, "decisioning.propositionDisplay"),
        json!([]),
        "a notification costs nothing"
    );
    assert_eq!(pushed(&mut edge, "first"), json!([[cookie, image]]));
    assert_eq!(pushed(&mut edge, "second"), json!([[cookie]]));
}
