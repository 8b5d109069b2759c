//! The edge as it is on Cloudflare: its events travel through a queue, and its bundle is read from a copy in KV.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acquaint_core::plan::Program;
use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Bundle, Datastream};
use acquaint_tests::edge::{Edge, Settings};
use acquaint_tests::{Environment, Stub, endpoint, wait};
use serde_json::json;

const VISITORS: usize = 30;
const LONGEST: Duration = Duration::from_secs(60);

/// What lies in KV, by the path that its keys have on the wire.
type Copies = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A KV namespace. What has a body is put, what has none is asked for.
fn kv(copies: &Copies) -> String {
    let copies = Arc::clone(copies);
    endpoint::serve(move |request| {
        let key = request.path.split('?').next().unwrap().to_owned();
        let mut copies = copies.lock().unwrap();
        if request.body.is_empty() {
            return copies.get(&key).map_or((404, Vec::new()), |copy| (200, copy.clone()));
        }
        copies.insert(key, request.body.clone());
        (200, Vec::new())
    })
    .unwrap()
}

fn start(folder: &Path, control_url: &str, copies: &Copies) -> Edge {
    let settings =
        Settings { control_url: control_url.into(), copies: Some(kv(copies)), ..Settings::default() };
    Edge::start(&Environment::from_variables().unwrap(), folder, &settings).unwrap()
}

fn bundle(version: u64) -> Bundle {
    let datastream = Datastream { id: "shop".into(), org: "O@AdobeOrg".into(), ..Datastream::default() };
    let published_ms = i64::try_from(version).unwrap();
    Bundle {
        version,
        published_ms,
        program: Program::default(),
        datastreams: vec![datastream],
        offers: Vec::new(),
    }
}

/// The version of the bundle that an event of that visitor is answered from.
fn visit(edge: &Edge, visitor: usize, event: &str) -> String {
    let map = json!({ "crm": [{ "id": format!("v{visitor}"), "primary": true }] });
    let body = json!({ "events": [{ "xdm": { "_id": event, "eventType": "view", "identityMap": map } }] });
    let answer = edge.client.post("/ee/v1/interact?configId=shop", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let from = answer.header("x-acquaint-bundle").next().unwrap();
    from.split(';').next().unwrap().to_owned()
}

fn profile(edge: &Edge, visitor: usize) -> anyhow::Result<serde_json::Value> {
    edge.profile(&Identity { namespace: "crm".into(), id: format!("v{visitor}") })
}

#[test]
fn events_of_many_visitors_travel_together_and_every_profile_gets_its_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().unwrap();
    stub.set_next_position(100);
    let edge = start(folder.path(), &stub.url, &Copies::default());
    edge.publish(&bundle(1)).unwrap();
    stub.set_away(true);
    for visitor in 0..VISITORS {
        visit(&edge, visitor, &format!("event{visitor}"));
    }
    wait::until("the queue to have every event", LONGEST, || {
        for visitor in 0..VISITORS {
            if profile(&edge, visitor)?["toSend"] != json!(false) {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .unwrap();
    assert_eq!(profile(&edge, 0).unwrap()["outbox"], 1, "the queue's word is not the control plane's");
    stub.set_away(false);
    let mut positions = BTreeSet::new();
    for visitor in 0..VISITORS {
        let position = wait::until("the receipt", LONGEST, || {
            Ok(profile(&edge, visitor)?["tail"][0]["position"].as_u64())
        });
        positions.insert(position.unwrap());
    }
    assert_eq!(positions.len(), VISITORS, "every event has a place of its own");
    let expected: BTreeSet<String> = (0..VISITORS).map(|visitor| format!("event{visitor}")).collect();
    assert_eq!(stub.taken().into_iter().collect::<BTreeSet<_>>(), expected);
    assert!(stub.forwards() < VISITORS, "{} forwards for {VISITORS} profiles", stub.forwards());
}

#[test]
fn the_bundle_is_read_from_its_copy_unless_that_is_missing_or_damaged() {
    let stub = Stub::start().unwrap();
    let copies = Copies::default();
    let folder = tempfile::tempdir().unwrap();
    let edge = start(folder.path(), &stub.url, &copies);
    edge.publish(&bundle(1)).unwrap();
    assert_eq!(visit(&edge, 1, "a"), "1");
    let copied = copies.lock().unwrap().values().next().cloned();
    assert_eq!(copied, Some(wire::seal(&bundle(1)).unwrap()));
    drop(edge);

    // Isolates that have nothing yet read the copy, although the keeper of this folder knows no other bundle.
    copies.lock().unwrap().values_mut().for_each(|copy| *copy = wire::seal(&bundle(2)).unwrap());
    assert_eq!(visit(&start(folder.path(), &stub.url, &copies), 1, "b"), "2");
    copies.lock().unwrap().values_mut().for_each(|copy| copy.truncate(10));
    assert_eq!(visit(&start(folder.path(), &stub.url, &copies), 1, "c"), "1");
    copies.lock().unwrap().clear();
    assert_eq!(visit(&start(folder.path(), &stub.url, &copies), 1, "d"), "1");
}
