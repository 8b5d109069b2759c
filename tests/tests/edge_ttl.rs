//! The edge keeps a profile for two weeks after its last visit, and then nothing of it: neither to answer from nor on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use acquaint_core::plan::Program;
use acquaint_core::profile::Identity;
use acquaint_core::wire::{Bundle, Datastream, Projection};
use acquaint_tests::edge::{API_TOKEN, Edge, Settings};
use acquaint_tests::{Environment, Stub, wait};
use serde_json::json;
use tempfile::TempDir;

/// 2026-01-01.
const START_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// In every event, to be found where it is stored.
const NEEDLE: &str = "a needle in the store";

/// A folder in which an edge runs, now and again, on some day.
struct Place {
    folder: TempDir,
    stub: Stub,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), stub: Stub::start().unwrap() }
    }

    fn edge_on_day(&self, day: i64) -> Edge {
        let settings = Settings {
            control_url: self.stub.url.clone(),
            clock_ms: Some(START_MS + day * DAY_MS),
            ..Settings::default()
        };
        Edge::start(&Environment::from_variables().unwrap(), self.folder.path(), &settings).unwrap()
    }

    fn has_needle(&self) -> bool {
        has_needle(&self.folder.path().join("edge/objects"))
    }
}

fn has_needle(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has_needle(&path);
        }
        // A file that has gone meanwhile has none.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(NEEDLE.len()).any(|window| window == NEEDLE.as_bytes())
    })
}

fn visitor() -> Identity {
    Identity { namespace: "crm".into(), id: "1".into() }
}

fn visit(edge: &Edge, id: &str) {
    let datastream = Datastream { id: "shop".into(), org: "O@AdobeOrg".into(), ..Datastream::default() };
    let program = Program::default();
    let bundle =
        Bundle { version: 1, published_ms: 0, program, datastreams: vec![datastream], offers: Vec::new() };
    edge.publish(&bundle).unwrap();
    let map = json!({ "crm": [{ "id": "1", "primary": true }] });
    let xdm = json!({ "_id": id, "eventType": "view", "page": NEEDLE, "identityMap": map });
    let body = json!({ "events": [{ "xdm": xdm }] });
    edge.client.post("/ee/v1/interact?configId=shop", &body).unwrap().ok().unwrap();
}

/// Once the event is forwarded, tells the edge what the control plane makes of it. That a receipt came is not stored by
/// itself, so an edge that ends now would send the event again, and keep the profile until it has. A projection that
/// covers the event is stored before this is back, and the event with it gone.
fn cover(edge: &Edge, made_ms: i64) {
    wait::until("the event to be forwarded", Duration::from_secs(30), || {
        Ok((edge.profile(&visitor())?["outbox"] == json!(0)).then_some(()))
    })
    .unwrap();
    tell(edge, made_ms);
    assert_eq!(edge.profile(&visitor()).unwrap()["tail"], json!([]));
}

/// Of all events there will be. That is no visit.
fn tell(edge: &Edge, made_ms: i64) {
    let projection = Projection { position: 100, made_ms, ..Projection::default() };
    edge.project(vec![(visitor(), projection)]).unwrap();
}

/// Whether a server that looks the visitor up finds somebody.
fn is_known(edge: &Edge) -> bool {
    let server = edge.client.clone().with_header("authorization", &format!("Bearer {API_TOKEN}"));
    let answer = server.get("/ee/v2/profile?dataStreamId=shop&namespace=crm&id=1").unwrap();
    assert!([200, 404].contains(&answer.status), "{}", answer.body);
    answer.status == 200
}

#[test]
fn a_visit_keeps_a_profile_for_two_weeks_more_and_neither_a_look_up_nor_a_projection_does() {
    let place = Place::new();
    for (day, event) in [(0, "first"), (13, "second")] {
        let edge = place.edge_on_day(day);
        visit(&edge, event);
        cover(&edge, START_MS + day * DAY_MS);
    }
    tell(&place.edge_on_day(20), START_MS + 20 * DAY_MS);
    assert!(is_known(&place.edge_on_day(26)), "the second visit was on the 13th day");
    assert!(!is_known(&place.edge_on_day(28)), "what came after it was no visit");
    assert!(!place.has_needle());
    assert_eq!(place.stub.taken(), ["first", "second"]);
}

#[test]
fn an_alarm_forgets_whom_nobody_asks_for_once_the_last_event_is_forwarded() {
    let place = Place::new();
    place.stub.set_away(true);
    let edge = place.edge_on_day(0);
    visit(&edge, "first");
    // From here on an alarm is near.
    wait::until("a forward to fail", Duration::from_secs(30), || {
        Ok((edge.profile(&visitor())?["failures"] != json!(0)).then_some(()))
    })
    .unwrap();
    drop(edge);
    assert!(place.has_needle());
    place.stub.set_away(false);
    let _edge = place.edge_on_day(15);
    wait::until("the store to be empty", Duration::from_secs(60), || Ok((!place.has_needle()).then_some(())))
        .unwrap();
    assert_eq!(place.stub.taken(), ["first"]);
}
