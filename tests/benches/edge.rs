//! Requests a second and latency of `/ee/v1/interact` under `workerd serve`, straight to its port.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

use std::time::{Duration, Instant};

use acquaint_tests::demo_data::{self, AS_OF, DATASTREAM};
use acquaint_tests::http::Client;
use acquaint_tests::{Environment, System, workload::quantile};
use serde_json::json;

const CLIENTS: usize = 4;
const REQUESTS_PER_CLIENT: usize = 2_000;
const VISITORS_PER_CLIENT: usize = 50;

fn main() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let system = System::start(&environment, folder.path(), Some(AS_OF)).unwrap();
    demo_data::apply(&system.control, &environment).unwrap();
    system.control.settle().unwrap();
    let url = system.edge.url().to_owned();
    wait_for_bundle(&url);

    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let url = url.clone();
            std::thread::spawn(move || visit(client, &url))
        })
        .collect();
    let mut latencies: Vec<Duration> =
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "edge  {} audiences in the bundle, {CLIENTS} clients, {} visitors: {:.0} requests/s, p50 {:.2} ms, p99 {:.2} ms (client side, loopback)",
        11,
        CLIENTS * VISITORS_PER_CLIENT,
        latencies.len() as f64 / seconds,
        quantile(&mut latencies, 0.5).as_secs_f64() * 1e3,
        quantile(&mut latencies, 0.99).as_secs_f64() * 1e3,
    );
}

fn wait_for_bundle(url: &str) {
    let client = Client::new(url);
    acquaint_tests::wait::until("the edge to have its bundle", Duration::from_secs(30), || {
        let answer = interact(&client, 0, 0, 0)?;
        Ok((answer == 200).then_some(()))
    })
    .unwrap();
}

fn visit(client_number: usize, url: &str) -> Vec<Duration> {
    let client = Client::new(url);
    (0..REQUESTS_PER_CLIENT)
        .map(|number| {
            let start = Instant::now();
            let status = interact(&client, client_number, number % VISITORS_PER_CLIENT, number).unwrap();
            assert_eq!(status, 200);
            start.elapsed()
        })
        .collect()
}

fn interact(client: &Client, client_number: usize, visitor: usize, number: usize) -> anyhow::Result<u16> {
    let ecid = format!("{:019}{:019}", client_number + 1, visitor + 1);
    let event = if number % 10 == 9 { "commerce.couponRedemptions" } else { "web.webpagedetails.pageViews" };
    let body = json!({
        "xdm": { "identityMap": { "ECID": [{ "id": ecid }] } },
        "events": [{ "xdm": { "eventType": event, "timestamp": AS_OF },
                     "query": { "personalization": { "decisionScopes": ["hero"] } } }],
        "query": { "identity": { "fetch": ["ECID"] } },
    });
    let path = format!("/ee/v1/interact?configId={DATASTREAM}&requestId=r{client_number}-{visitor}-{number}");
    Ok(client.post(&path, &body)?.status)
}
