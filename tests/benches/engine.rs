//! Events a second from durable record to decided membership, through `Engine::step` on the embedded store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

use std::sync::Arc;
use std::time::Instant;

use acquaint_core::profile::Identity;
use acquaint_core::value::{Fields, Value};
use acquaint_core::wire::seal;
use acquaint_engine::Engine;
use acquaint_store::catalog::store::Edit;
use acquaint_store::catalog::{Catalog, Definition, Kind};
use acquaint_store::embedded::Embedded;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, Topic};
use acquaint_tests::workload;
use serde_json::json;

const NOW_MS: i64 = 1_700_000_000_000;
const EVENTS: u64 = 200_000;
const PEOPLE: u64 = 20_000;
const STEP: usize = 2_000;

fn main() {
    for audiences in [50, 500] {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(folder.path()).unwrap());
        define(&store, audiences);
        append(&store, (0..PEOPLE).map(person));
        let mut engine = Engine::open(store.clone()).unwrap();
        drain(&mut engine);
        append(&store, (0..EVENTS).map(event));
        let start = Instant::now();
        let steps = drain(&mut engine);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "engine  {audiences} audiences, {PEOPLE} people: {:.0} events/s decided, one thread ({steps} steps)",
            EVENTS as f64 / seconds
        );
    }
}

fn drain(engine: &mut Engine<Embedded>) -> usize {
    let mut steps = 0;
    while engine.step(STEP).unwrap() > 0 {
        steps += 1;
    }
    steps
}

fn append(store: &Arc<Embedded>, bodies: impl Iterator<Item = Body>) {
    let payloads: Vec<Vec<u8>> =
        bodies.map(|body| seal(&Record { received_ms: NOW_MS, body }).unwrap()).collect();
    for chunk in payloads.chunks(10_000) {
        store.append(Topic::Records, chunk.to_vec()).unwrap();
    }
}

fn household(number: u64) -> Vec<Identity> {
    vec![Identity { namespace: "customer".into(), id: format!("{number}") }]
}

fn person(number: u64) -> Body {
    let tier = Fields::from([("tier".into(), Value::String("gold".into()))]);
    Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities: household(number),
        attributes: Fields::from([("loyalty".into(), Value::Object(tier))]),
    }
}

fn event(number: u64) -> Body {
    Body::Event {
        dataset: "events".into(),
        identities: household(number * 7_919 % PEOPLE),
        event: workload::event(number, NOW_MS - 1_000),
        from_edge: false,
    }
}

fn define(store: &Embedded, audiences: usize) {
    let text = json!({ "type": "string" });
    let tier = json!({ "loyalty": { "type": "object", "properties": { "tier": text } } });
    let mut definitions = vec![
        ("namespace", json!({ "id": "customer", "type": "crossDevice" })),
        ("schema", json!({ "id": "person", "class": "profile", "properties": tier })),
        (
            "schema",
            json!({ "id": "event", "class": "event", "properties": { "category": text, "total": { "type": "number" } } }),
        ),
        ("dataset", json!({ "id": "people", "schema": "person" })),
        ("dataset", json!({ "id": "events", "schema": "event" })),
    ];
    definitions.extend((0..audiences).map(|number| {
        let expression = json!({ "value": workload::audience(number) });
        let info = json!({ "continuous": { "enabled": true } });
        ("audience", json!({ "id": format!("a{number}"), "name": format!("a{number}"), "expression": expression, "evaluationInfo": info }))
    }));
    let edits = definitions.into_iter().map(|(kind, definition)| {
        Edit::Put(Definition::from_json(Kind::parse(kind).unwrap(), definition).unwrap())
    });
    acquaint_store::catalog::store::save(store, &Catalog::default(), edits.collect(), "benchmark", NOW_MS)
        .unwrap();
}
