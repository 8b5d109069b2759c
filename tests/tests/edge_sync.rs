//! What the edge and the control plane tell each other: no event is lost or counted twice when either is killed,
//! projections go under the events they do not cover, and a bad bundle leaves the last good one serving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::lang::{self, AudienceDirectory};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::state::{self, State};
use acquaint_core::time::parse_instant;
use acquaint_core::value::Value as CoreValue;
use acquaint_core::wire::{self, Bundle, Datastream, EdgeDestination, Projection, signature};
use acquaint_tests::control_plane::EDGE_TOKEN;
use acquaint_tests::demo_data::{self, AS_OF, DATASTREAM};
use acquaint_tests::edge::{self, Edge};
use acquaint_tests::http::Client;
use acquaint_tests::{Environment, Stub, System, membership, stub, wait};
use serde_json::{Value, json};

const EVENTS: usize = 1_000;
const VISITORS: usize = 200;
const SENDERS: usize = 4;

fn environment() -> Environment {
    Environment::from_variables().unwrap()
}

fn household(number: usize) -> String {
    format!("visitor{}", number % VISITORS)
}

/// Sends one event again and again until it is answered: while the edge is down, nobody answers.
fn send(client: &Client, number: usize) {
    let household = household(number);
    let body = json!({ "events": [{ "xdm": {
        "_id": format!("event{number}"),
        "eventType": "web.webpagedetails.pageViews",
        "timestamp": AS_OF,
        "identityMap": { "household": [{ "id": household, "primary": true }] },
    } }] });
    let path = format!("/ee/v1/interact?configId={DATASTREAM}&requestId=r{number}");
    wait::until("an answer of the edge", Duration::from_secs(120), || {
        Ok(client.post(&path, &body).ok().filter(|answer| answer.status == 200))
    })
    .unwrap();
}

fn restart_edge(system: &mut System, environment: &Environment, folder: &Path) {
    system.edge.kill().unwrap();
    let settings = edge::Settings {
        control_url: system.control.url().to_owned(),
        listen: Some(system.edge.url().trim_start_matches("http://").to_owned()),
        clock_ms: parse_instant(AS_OF),
        ..edge::Settings::default()
    };
    system.edge = Edge::start(environment, folder, &settings).unwrap();
}

/// The ids of the events that the control plane has of a visitor.
fn events_of(system: &System, household: &str) -> Vec<String> {
    let path = format!(
        "/data/core/ups/access/entities?schema.name=_xdm.context.experienceevent&relatedEntityId={household}&relatedEntityIdNS=household"
    );
    let answer = system.control.admin.get(&path).unwrap();
    let children = answer.body["children"].as_array().cloned().unwrap_or_default();
    children.iter().map(|event| event["entityId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_answered_event_is_counted_once_though_control_plane_and_edge_are_killed() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let mut system = System::start(&environment, folder.path(), Some(AS_OF)).unwrap();
    demo_data::apply(&system.control, &environment).unwrap();
    system.control.settle().unwrap();
    send(&system.edge.client, 0);
    system.control.kill().unwrap();

    let (next, answered) = (AtomicUsize::new(1), AtomicUsize::new(1));
    let client = system.edge.client.clone();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= EVENTS {
                        return;
                    }
                    send(&client, number);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait::until("half of the events to be answered", Duration::from_secs(300), || {
            Ok((answered.load(Ordering::Relaxed) >= EVENTS / 2).then_some(()))
        })
        .unwrap();
        restart_edge(&mut system, &environment, folder.path());
    });
    assert_eq!(answered.into_inner(), EVENTS);

    system.crash_control_plane(&environment, folder.path()).unwrap();
    wait::until("the control plane to hear of every event", Duration::from_secs(300), || {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for visitor in 0..VISITORS {
            for event in events_of(&system, &household(visitor)) {
                *found.entry(event).or_default() += 1;
            }
        }
        assert!(found.values().all(|count| *count == 1), "an event was counted twice");
        Ok((found.len() == EVENTS).then_some(()))
    })
    .unwrap();
}

const ORG: &str = "ACQUAINT@Org";

struct NoAudiences;

impl AudienceDirectory for NoAudiences {
    fn contains(&self, _id: &str) -> bool {
        false
    }
}

/// Two audiences: by events alone, and by events of a profile that only the control plane knows.
fn program() -> Program {
    let tier = Type::Object([("tier".into(), Type::String)].into());
    let schema = UnionSchema { profile: [("loyalty".into(), tier)].into(), event: BTreeMap::new() };
    let definition = |id: &str, text: &str| Definition {
        id: id.into(),
        mode: Mode::Edge,
        checked: lang::compile(text, &schema, &NoAudiences).unwrap(),
    };
    Program::build(&[
        definition("four-views", "xEvent[eventType = \"view\"].count() >= 4"),
        definition("gold-viewer", "loyalty.tier = \"gold\" and xEvent[eventType = \"view\"].count() >= 1"),
    ])
    .unwrap()
    .edge()
}

fn bundle(version: u64) -> Bundle {
    let destination = EdgeDestination {
        id: "destination".into(),
        alias: "page".into(),
        audiences: vec!["four-views".into(), "gold-viewer".into()],
        attributes: Vec::new(),
    };
    let datastream = Datastream {
        id: "stream".into(),
        org: ORG.into(),
        dataset: "events".into(),
        destinations: vec![destination],
        ..Datastream::default()
    };
    let published_ms = parse_instant(AS_OF).unwrap() - 90_000;
    Bundle { version, published_ms, program: program(), datastreams: vec![datastream], offers: Vec::new() }
}

/// An edge that forwards to a stub.
fn alone(folder: &Path) -> (Edge, Stub) {
    let stub = Stub::start().unwrap();
    let settings = edge::Settings {
        control_url: stub.url.clone(),
        clock_ms: parse_instant(AS_OF),
        ..edge::Settings::default()
    };
    (Edge::start(&environment(), folder, &settings).unwrap(), stub)
}

fn visitor() -> Identity {
    Identity { namespace: "crm".into(), id: "1".into() }
}

/// The audiences after an event of that id, or without one.
fn audiences(edge: &Edge, event: Option<&str>) -> BTreeSet<String> {
    let mut xdm = json!({ "identityMap": { "crm": [{ "id": "1", "primary": true }] } });
    if let Some(id) = event {
        xdm["_id"] = id.into();
        xdm["eventType"] = "view".into();
        xdm["timestamp"] = AS_OF.into();
    }
    let path = format!("/ee/v1/interact?configId=stream&requestId={}", event.unwrap_or("look"));
    let answer = edge.client.post(&path, &json!({ "events": [{ "xdm": xdm }] })).unwrap().ok().unwrap();
    membership::of_handles(answer["handle"].as_array().unwrap().iter())
}

/// What the control plane would send that has seen so many views, and is at that position.
fn projection(position: u64, views: usize) -> (Identity, Projection) {
    let program = Prepared::new(program());
    let mut state = State::default();
    for number in 0..views {
        let event = Event {
            id: format!("seen{number}"),
            timestamp_ms: 0,
            fields: [("eventType".into(), CoreValue::String("view".into()))].into(),
        };
        state::fold(&program, &mut state, &event, 0);
    }
    let tier = CoreValue::Object([("tier".into(), CoreValue::String("gold".into()))].into());
    let attributes = [("loyalty".into(), tier)].into();
    (visitor(), Projection { position, made_ms: 1, attributes, state, ..Projection::default() })
}

fn check_tail(edge: &Edge, expected: &Value) {
    wait::until(&format!("the tail to be {expected}"), Duration::from_secs(60), || {
        let profile = edge.profile(&visitor())?;
        let tail: Vec<Value> = profile["tail"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| json!([event["id"], event["position"]]))
            .collect();
        Ok((Value::from(tail) == *expected).then_some(()))
    })
    .unwrap();
}

fn set(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_projection_between_two_events_goes_under_those_it_does_not_cover() {
    let folder = tempfile::tempdir().unwrap();
    let (edge, stub) = alone(folder.path());
    stub.set_next_position(7);
    edge.publish(&bundle(1)).unwrap();
    assert_eq!(audiences(&edge, Some("a")), set(&[]));
    check_tail(&edge, &json!([["a", 7]]));
    // The control plane has two older views, and not yet `a`, which lies behind what it covers.
    edge.project(vec![projection(5, 2)]).unwrap();
    assert_eq!(audiences(&edge, None), set(&["gold-viewer"]), "two of the projection and `a` are three");
    assert_eq!(audiences(&edge, Some("b")), set(&["four-views", "gold-viewer"]));
    check_tail(&edge, &json!([["a", 7], ["b", 8]]));
    // Now it has `a` as well: that must not count twice.
    edge.project(vec![projection(7, 2)]).unwrap();
    check_tail(&edge, &json!([["b", 8]]));
    assert_eq!(audiences(&edge, None), set(&["gold-viewer"]), "two of the projection and `b` are three");
    edge.project(vec![projection(8, 4)]).unwrap();
    check_tail(&edge, &json!([]));
    assert_eq!(audiences(&edge, None), set(&["four-views", "gold-viewer"]));
}

#[test]
fn a_projection_that_may_cover_what_is_under_way_waits_for_the_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let (edge, stub) = alone(folder.path());
    stub.set_next_position(7);
    edge.publish(&bundle(1)).unwrap();
    stub.set_away(true);
    assert_eq!(audiences(&edge, Some("a")), set(&[]));
    wait::until("a forward to fail", Duration::from_secs(30), || {
        Ok((edge.profile(&visitor())?["failures"] != json!(0)).then_some(()))
    })
    .unwrap();
    edge.project(vec![projection(9, 4)]).unwrap();
    assert_eq!(
        edge.profile(&visitor()).unwrap()["position"],
        0,
        "whether `a` is among its events is not known"
    );
    assert_eq!(audiences(&edge, Some("b")), set(&[]));
    stub.set_away(false);
    check_tail(&edge, &json!([]));
    assert_eq!(edge.profile(&visitor()).unwrap()["position"], 9);
    assert_eq!(audiences(&edge, None), set(&["four-views", "gold-viewer"]));
    assert_eq!(stub.taken(), ["a", "b"]);
}

#[test]
fn what_waited_long_is_forwarded_in_batches_and_packed() {
    let folder = tempfile::tempdir().unwrap();
    let (edge, stub) = alone(folder.path());
    edge.publish(&bundle(1)).unwrap();
    stub.set_away(true);
    let mut sent = Vec::new();
    for request in 0..3 {
        let event = |number: usize| {
            json!({ "xdm": {
            "_id": format!("e{request}-{number:02}"), "eventType": "view", "timestamp": AS_OF, "page": "x".repeat(400),
            "identityMap": { "crm": [{ "id": "1", "primary": true }] },
        } })
        };
        let events: Vec<Value> = (0..40).map(event).collect();
        sent.extend(events.iter().map(|event| event["xdm"]["_id"].as_str().unwrap().to_owned()));
        let path = format!("/ee/v1/interact?configId=stream&requestId=r{request}");
        edge.client.post(&path, &json!({ "events": events })).unwrap().ok().unwrap();
    }
    stub.set_away(false);
    wait::until("the events to be forwarded", Duration::from_secs(60), || {
        Ok((stub.taken().len() >= sent.len()).then_some(()))
    })
    .unwrap();
    assert_eq!(stub.taken(), sent);
    assert!(stub.packed() >= 2, "{} forwards were packed", stub.packed());
}

#[test]
fn a_bad_or_newer_or_unsigned_bundle_leaves_the_last_good_one_serving() {
    const PATH: &str = "/_acquaint/v1/bundle";
    let folder = tempfile::tempdir().unwrap();
    let (edge, _stub) = alone(folder.path());
    edge.publish(&bundle(1)).unwrap();
    let serves = |version: u64| {
        let body =
            json!({ "events": [{ "xdm": { "identityMap": { "crm": [{ "id": "1", "primary": true }] } } }] });
        let answer = edge.client.post("/ee/v1/interact?configId=stream&requestId=r", &body).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.header("x-acquaint-bundle").eq([format!("{version};age=90")]), "{:?}", answer.headers);
    };
    serves(1);
    let good = wire::seal(&bundle(2)).unwrap();
    let mut newer = good.clone();
    newer[6] += 1;
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for bad in [&newer, &damaged, &good[..good.len() - 1].to_vec(), &b"not a bundle".to_vec()] {
        assert_eq!(edge.signed(PATH, bad).unwrap().status, 400);
        serves(1);
    }
    let now_ms = stub::now_ms().unwrap();
    let refused = [
        signature::sign("another-token", PATH, &good, now_ms),
        signature::sign(EDGE_TOKEN, PATH, &newer, now_ms),
        signature::sign(EDGE_TOKEN, "/_acquaint/v1/projections", &good, now_ms),
        signature::sign(EDGE_TOKEN, PATH, &good, now_ms - 600_000),
        String::new(),
    ];
    for signature in refused {
        assert_eq!(edge.pushed(PATH, &good, &signature).unwrap().status, 401, "{signature}");
        serves(1);
    }
    edge.publish(&bundle(2)).unwrap();
    serves(2);
    let third = wire::seal(&bundle(3)).unwrap();
    let signature = signature::sign(edge::EDGE_TOKEN_BEFORE, PATH, &third, stub::now_ms().unwrap());
    assert_eq!(
        edge.pushed(PATH, &third, &signature).unwrap().status,
        200,
        "one token takes over from another"
    );
    serves(3);
}
