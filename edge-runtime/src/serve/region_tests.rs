//! Tests of whole requests to datastreams that are served in some regions.

use acquaint_core::plan::Program;
use acquaint_core::wire::{Bundle, Datastream, Region};
use serde_json::{Value, json};

use super::tests::{Edge, interact};
use crate::http::{Config, Reply, Request};
use crate::identity::cookie::IdentityCookie;

fn region(hint: &str, id: u32) -> Region {
    Region { hint: hint.into(), id }
}

/// An edge in `or2`, with a datastream that is served there and in another region, and one that is served elsewhere.
fn edge() -> Edge {
    let datastream = |id: &str, regions: &[Region]| Datastream {
        id: id.into(),
        org: "5BFE274A5F6980A50A495C08@AdobeOrg".into(),
        regions: regions.to_vec(),
        ..Datastream::default()
    };
    let mut edge = Edge::with(Bundle {
        version: 1,
        published_ms: 0,
        program: Program::default(),
        datastreams: vec![
            datastream("here", &[region("irl1", 6), region("or2", 9)]),
            datastream("elsewhere", &[region("irl1", 6), region("sgp3", 3)]),
        ],
        offers: Vec::new(),
    });
    edge.config = Config { region: region("or2", 9), ..edge.config };
    edge
}

fn ask(datastream: &str, place: &str, body: &Value) -> Reply {
    let path = format!("/ee{place}/v1/interact");
    let query = vec![("configId".into(), datastream.into())];
    edge().answer(&Request { path, query, ..interact(body) })
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap()
}

/// Everything that an answer says of the region says the same.
fn check(datastream: &str, place: &str, expected: &str, id: u32) {
    let reply = ask(datastream, place, &json!({ "events": [{ "xdm": { "eventType": "x" } }] }));
    assert_eq!(
        (reply.status, header(&reply, "x-adobe-edge")),
        (200, &*format!("{};{id}", expected.to_uppercase()))
    );
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    let handles = body["handle"].as_array().unwrap();
    let payload =
        |kind: &str| handles.iter().find(|handle| handle["type"] == kind).unwrap()["payload"].clone();
    assert_eq!(payload("locationHint:result")[0]["hint"], expected, "{datastream} {place}");
    let stored = payload("state:store");
    let value = |suffix: &str| {
        let mut items = stored.as_array().unwrap().iter();
        let item = items.find(|item| item["key"].as_str().unwrap().ends_with(suffix)).unwrap();
        item["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(value("_cluster"), expected, "{datastream} {place}");
    assert_eq!(IdentityCookie::decode(&value("_identity")).unwrap().region, expected.to_uppercase());
}

#[test]
fn a_hint_of_another_region_is_served_here_and_told_the_right_one() {
    check("here", "", "or2", 9);
    check("here", "/irl1", "or2", 9);
    check("elsewhere", "/sgp3", "sgp3", 3);
}

#[test]
fn a_hint_that_nobody_knows_is_served_all_the_same() {
    for hint in ["/t38", "/va6", "/or2-x", "/edge1"] {
        check("here", hint, "or2", 9);
        check("elsewhere", hint, "irl1", 6);
    }
}

#[test]
fn what_is_refused_says_the_region_too() {
    let nothing = json!({ "events": [] });
    let told = |datastream: &str, place: &str| {
        let reply = ask(datastream, place, &nothing);
        (reply.status, header(&reply, "x-adobe-edge").to_owned())
    };
    assert_eq!(told("elsewhere", "/sgp3"), (400, "SGP3;3".into()));
    assert_eq!(told("nobody", "/sgp3"), (400, "OR2;9".into()));
    // A path trick is no hint.
    assert_eq!(told("elsewhere", "/..%2fsgp3"), (404, "IRL1;6".into()));
}
