//! Through `POST /v1/batch` of a running server: how many events a second are durable and decided, and how long after its
//! acceptance an event is decided when ten times as many come as the source's guardrail allows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use acquaint_core::value::fields;
use acquaint_tests::control_plane::Settings;
use acquaint_tests::http::Client;
use acquaint_tests::table::Table;
use acquaint_tests::workload::{self, quantile};
use acquaint_tests::{ControlPlane, Environment};
use serde_json::{Value, json};

const AUDIENCES: usize = 500;
const CLIENTS: usize = 8;
const EVENTS_PER_BATCH: usize = 250;
const PEOPLE: usize = 20_000;
const AT_ONCE: usize = 200_000;
/// Ten times the 1,500 events a second of the source.
const PACED_PER_SECOND: usize = 15_000;
const PACED_SECONDS: usize = 10;
const WRITE_KEY: &str = "benchmark";

/// Prints the table.
pub(crate) fn measure(environment: &Environment) {
    let folder = tempfile::tempdir().unwrap();
    let control = start(environment, folder.path());
    let mut table = Table::new(&["what", "figure"]);

    let begun = Instant::now();
    send(&control, 0, AT_ONCE, |_| {});
    let durable = begun.elapsed().as_secs_f64();
    control.settle().unwrap();
    let decided = begun.elapsed().as_secs_f64();
    table.row(["as fast as it goes: durable".into(), format!("{:.0} events/s", AT_ONCE as f64 / durable)]);
    table.row(["as fast as it goes: decided".into(), format!("{:.0} events/s", AT_ONCE as f64 / decided)]);

    let (rate, mut waited) = paced(&control);
    table.row(["paced".into(), format!("{rate:.0} events/s")]);
    for (name, fraction) in [("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        let waited = quantile(&mut waited, fraction).as_secs_f64() * 1e3;
        table.row([format!("paced: accepted to decided, {name}"), format!("{waited:.0} ms at most")]);
    }
    let memberships: u64 = control.counts().unwrap().iter().map(|(_, members)| members).sum();
    assert_ne!(memberships, 0, "events that decide nothing cost less");
    println!(
        "{AUDIENCES} audiences, {PEOPLE} people, {CLIENTS} clients, batches of {EVENTS_PER_BATCH}, over HTTP; clients run on the same processors. At the end there are {memberships} memberships.\n\n{}",
        table.markdown()
    );
}

/// The rate that was held, and for every batch how long it took to be decided: at most, for the end of the log is read
/// after the answer, and the engine's position from time to time.
fn paced(control: &ControlPlane) -> (f64, Vec<Duration>) {
    let accepted: Mutex<Vec<(Instant, u64)>> = Mutex::default();
    let seen: Mutex<Vec<(Instant, u64)>> = Mutex::default();
    let done = AtomicBool::new(false);
    let position = |name: &str| {
        let status = control.status().unwrap();
        status.get(name).and_then(Value::as_u64).unwrap()
    };
    let begun = Instant::now();
    let events = PACED_PER_SECOND * PACED_SECONDS;
    let rate = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let decided = position("engine_position");
                locked(&seen).push((Instant::now(), decided));
            }
        });
        send(control, AT_ONCE, events, |first| {
            let due = begun + Duration::from_secs_f64((first - AT_ONCE) as f64 / PACED_PER_SECOND as f64);
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                std::thread::sleep(wait);
            }
            if first > AT_ONCE {
                locked(&accepted).push((Instant::now(), position("log_end")));
            }
        });
        let rate = events as f64 / begun.elapsed().as_secs_f64();
        control.settle().unwrap();
        done.store(true, Ordering::Relaxed);
        rate
    });
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.push((Instant::now(), u64::MAX));
    let waited = locked(&accepted)
        .iter()
        .map(|(at, end)| {
            let after = seen.iter().find(|(when, position)| when >= at && position >= end);
            after.unwrap().0.duration_since(*at)
        })
        .collect();
    (rate, waited)
}

fn locked<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends so many events from a number on, by all clients; each waits before a batch as it is told.
fn send(control: &ControlPlane, from: usize, events: usize, wait: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let wait = &wait;
            scope.spawn(move || {
                let http = Client::new(control.url());
                let mine = (from..from + events).step_by(EVENTS_PER_BATCH).skip(client).step_by(CLIENTS);
                for first in mine {
                    wait(first);
                    let answer = http.post("/v1/batch", &batch(first)).unwrap();
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            });
        }
    });
}

fn batch(first: usize) -> Value {
    let messages: Vec<_> = (first..first + EVENTS_PER_BATCH)
        .map(|number| {
            let event = workload::mixed(number as u64, 0);
            let mut properties = fields::to_json(&event.fields);
            let name = properties.remove("eventType");
            json!({
                "type": "track", "event": name, "messageId": event.id,
                "userId": format!("p{}", number * 7_919 % PEOPLE), "properties": properties,
            })
        })
        .collect();
    json!({ "writeKey": WRITE_KEY, "batch": messages })
}

fn start(environment: &Environment, folder: &Path) -> ControlPlane {
    let control = ControlPlane::start(environment, folder, &Settings::default()).unwrap();
    let text = json!({ "type": "string" });
    let tier = json!({ "loyalty": { "type": "object", "properties": { "tier": text } } });
    let event = json!({ "category": text, "total": { "type": "number" } });
    let mapping =
        ["category", "total"].map(|name| json!({ "from": format!("properties.{name}"), "to": name }));
    let mut documents = vec![
        json!({ "kind": "namespace", "id": "customer", "type": "crossDevice" }),
        json!({ "kind": "schema", "id": "person", "class": "profile", "properties": tier }),
        json!({ "kind": "schema", "id": "event", "class": "event", "properties": event }),
        json!({ "kind": "dataset", "id": "people", "schema": "person" }),
        json!({ "kind": "dataset", "id": "events", "schema": "event" }),
        json!({
            "kind": "source", "id": "shop", "writeKey": WRITE_KEY, "eventDataset": "events",
            "profileDataset": "people", "userNamespace": "customer",
            "mapping": mapping,
        }),
    ];
    documents.extend((0..AUDIENCES).map(|number| {
        json!({
            "kind": "audience", "id": format!("a{number}"), "name": format!("a{number}"),
            "expression": { "value": workload::audience(number) },
            "evaluationInfo": { "continuous": { "enabled": true } },
        })
    }));
    control.admin.post("/catalog/apply", &json!({ "documents": documents })).unwrap().ok().unwrap();
    let shop = Client::new(control.url());
    for first in (0..PEOPLE).step_by(EVENTS_PER_BATCH) {
        let people = (first..first + EVENTS_PER_BATCH).map(|person| {
            let tier = ["gold", "silver", "bronze"][person % 3];
            json!({ "type": "identify", "userId": format!("p{person}"), "traits": { "loyalty": { "tier": tier } } })
        });
        let batch = json!({ "writeKey": WRITE_KEY, "batch": people.collect::<Vec<_>>() });
        shop.post("/v1/batch", &batch).unwrap().ok().unwrap();
    }
    control.settle().unwrap();
    control
}
