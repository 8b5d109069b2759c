//! The stream through `Engine::step` on the embedded store: one thread appends and flushes, another decides.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use acquaint_core::wire::seal;
use acquaint_engine::Engine;
use acquaint_store::catalog::store::Edit;
use acquaint_store::catalog::{Catalog, Definition, Kind};
use acquaint_store::embedded::Embedded;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, Topic};
use acquaint_tests::workload;
use serde_json::json;

use crate::stream::{self, Stream};

/// Pieces of work of one commit, as in the server.
const STEP: usize = 4_000;
/// Records of one append.
const APPEND: u64 = 1_000;

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    /// Of the whole process, for each event: microseconds.
    pub(crate) cpu_us: f64,
    pub(crate) resident_mb: f64,
    pub(crate) disk_bytes: f64,
}

impl Measured {
    pub(crate) fn events_per_second(&self) -> f64 {
        self.events as f64 / self.seconds
    }
}

/// One run with a store of its own.
pub(crate) fn run(stream: &dyn Stream, audiences: usize) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut engine) = prepare(folder.path(), stream, audiences);
    let measured = drive(&store, &mut engine, stream);
    drop(engine);
    Measured { disk_bytes: bytes_of(folder.path()), ..measured }
}

/// A store with definitions and people.
pub(crate) fn prepare(
    folder: &Path,
    stream: &dyn Stream,
    audiences: usize,
) -> (Arc<Embedded>, Engine<Embedded>) {
    let store = Arc::new(Embedded::open(folder).unwrap());
    let begin_ms = stream.at_ms(0);
    define(&store, audiences, begin_ms);
    let mut engine = Engine::open(Arc::clone(&store)).unwrap();
    let people = stream.people();
    for first in (0..people).step_by(10_000) {
        let numbers = first..people.min(first + 10_000);
        append(&store, numbers.map(|number| (begin_ms, person(stream, number))));
        while engine.step(STEP).unwrap() > 0 {}
    }
    (store, engine)
}

/// Puts the stream through.
pub(crate) fn drive(store: &Arc<Embedded>, engine: &mut Engine<Embedded>, stream: &dyn Stream) -> Measured {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for first in (0..stream.events()).step_by(APPEND as usize) {
                let numbers = first..stream.events().min(first + APPEND);
                append(store, numbers.map(|number| (stream.at_ms(number), event(stream, number))));
            }
            append(store, std::iter::once((stream.end_ms(), Body::Advance)));
        });
        let end = store.end(Topic::Records) + stream.events() + 1;
        while engine.progress().position < end {
            if engine.step(STEP).unwrap() == 0 {
                store.wait(Topic::Records, engine.progress().position, std::time::Duration::from_millis(100));
            }
        }
    });
    Measured {
        events: stream.events(),
        seconds: start.elapsed().as_secs_f64(),
        cpu_us: (cpu_seconds() - cpu) * 1e6 / stream.events() as f64,
        resident_mb: resident_mb(),
        disk_bytes: 0.0,
    }
}

fn append(store: &Arc<Embedded>, records: impl Iterator<Item = (i64, Body)>) {
    let sealed = records.map(|(received_ms, body)| seal(&Record { received_ms, body }).unwrap());
    store.append(Topic::Records, sealed.collect()).unwrap();
}

fn person(stream: &dyn Stream, number: u64) -> Body {
    Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities: stream::identities(number),
        attributes: stream::attributes(stream.tier(number)),
    }
}

fn event(stream: &dyn Stream, number: u64) -> Body {
    Body::Event {
        dataset: "events".into(),
        identities: stream::identities(stream.person(number)),
        event: stream.event(number),
        from_edge: None,
    }
}

fn define(store: &Embedded, audiences: usize, at_ms: i64) {
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
    acquaint_store::catalog::store::save(store, &Catalog::default(), edits.collect(), "benchmark", at_ms)
        .unwrap();
}

/// What this process has used of all processors.
pub(crate) fn cpu_seconds() -> f64 {
    // `utime` and `stime`, the 12th and 13th after the name, in hundredths of a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

fn bytes_of(folder: &Path) -> f64 {
    let mut bytes = 0.0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        bytes += if metadata.is_dir() { bytes_of(&entry.path()) } else { metadata.len() as f64 };
    }
    bytes
}
