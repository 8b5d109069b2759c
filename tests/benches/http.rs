//! Events a second through `POST /v1/batch` until they are decided: durable, identified, folded, answered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

use std::time::Instant;

use acquaint_tests::control_plane::Settings;
use acquaint_tests::demo_data::{self, WRITE_KEY};
use acquaint_tests::{ControlPlane, Environment};
use serde_json::json;

const CLIENTS: usize = 8;
const BATCHES_PER_CLIENT: usize = 50;
const EVENTS_PER_BATCH: usize = 250;
const PEOPLE: usize = 10_000;

fn main() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        clock: Some("2018-01-01T08:00:00Z".into()),
        variables: vec![
            ("DEMO_RECEIVER_URL".into(), "http://127.0.0.1:9/".into()),
            ("DEMO_RECEIVER_SECRET".into(), acquaint_tests::receiver::SECRET.into()),
        ],
        ..Settings::default()
    };
    let control = ControlPlane::start(&environment, folder.path(), &settings).unwrap();
    demo_data::apply(&control, &environment).unwrap();
    control.settle().unwrap();

    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let tills = demo_data::tills(control.url());
            std::thread::spawn(move || {
                for number in 0..BATCHES_PER_CLIENT {
                    demo_data::send(&tills, &batch(client, number)).unwrap();
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    let accepted = start.elapsed().as_secs_f64();
    control.settle().unwrap();
    let decided = start.elapsed().as_secs_f64();
    let events = (CLIENTS * BATCHES_PER_CLIENT * EVENTS_PER_BATCH) as f64;
    println!(
        "http  {CLIENTS} clients, batches of {EVENTS_PER_BATCH}, {PEOPLE} people, key {WRITE_KEY}: {:.0} events/s durable, {:.0} events/s decided",
        events / accepted,
        events / decided
    );
}

fn batch(client: usize, number: usize) -> serde_json::Value {
    let messages: Vec<_> = (0..EVENTS_PER_BATCH)
        .map(|index| {
            let event = (client * BATCHES_PER_CLIENT + number) * EVENTS_PER_BATCH + index;
            json!({
                "type": "track", "event": "commerce.purchases", "messageId": format!("m{event}"),
                "userId": format!("{}", event * 7919 % PEOPLE), "timestamp": "2018-01-01T07:00:00Z",
                "properties": {
                    "commerce": { "order": { "purchaseID": format!("m{event}"), "priceTotal": (event % 90) as f64 + 0.5 } },
                    "productListItems": [{ "SKU": "1", "priceTotal": 2.5, "quantity": 1, "category": "BABY FOODS", "brand": "Private" }]
                }
            })
        })
        .collect();
    json!({ "batch": messages })
}
