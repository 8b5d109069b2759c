//! Streaming segmentation: events a second through the durable engine for so many people and audiences, beside the same
//! rules over the same events in others' hands, and through HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

mod engine;
mod http;
mod peers;
mod stream;

use acquaint_tests::table::{Table, machine};

use crate::engine::Measured;

const AUDIENCES: [usize; 4] = [10, 100, 500, 1_000];
const PEOPLE: [u64; 2] = [100_000, 1_000_000];
const EVENTS: u64 = 1_000_000;
/// The width of a bar of the chart that stands for the dearest.
const BAR: f64 = 60.0;

fn main() {
    println!("{}\n", machine());
    // `-- one PEOPLE AUDIENCES EVENTS`: for a profiler. Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [one, people, audiences, events] = wanted.as_slice()
        && one == "one"
    {
        let measured =
            engine::run(people.parse().unwrap(), audiences.parse().unwrap(), events.parse().unwrap());
        return println!("{:.0} events/s, {measured:?}", measured.events_per_second());
    }
    peers::compare();
    http::measure();
    scale();
}

/// What people and audiences cost.
fn scale() {
    let columns = [
        "people",
        "audiences",
        "events/s",
        "CPU of an event",
        "against 10 audiences",
        "memory",
        "of a million people, on disk",
    ];
    let mut table = Table::new(&columns);
    let mut bars = Vec::new();
    for people in PEOPLE {
        let mut least = None;
        for audiences in AUDIENCES {
            let measured = engine::run(people, audiences, EVENTS);
            let least_us = *least.get_or_insert(measured.cpu_us);
            table.row([
                people.to_string(),
                audiences.to_string(),
                format!("{:.0}", measured.events_per_second()),
                format!("{:.1} us", measured.cpu_us),
                format!("{:.2} times", measured.cpu_us / least_us),
                format!("{:.0} MB", measured.resident_mb),
                format!("{:.2} GB", measured.disk_bytes / people as f64 * 1e6 / 1e9),
            ]);
            bars.push((people, audiences, measured));
        }
    }
    println!(
        "{EVENTS} events of 30 days through the durable engine: appended and flushed by one thread, decided by another.\n\n{}",
        table.markdown()
    );
    chart(&bars);
}

fn chart(bars: &[(u64, usize, Measured)]) {
    let dearest = bars.iter().map(|(.., measured)| measured.cpu_us).fold(0.0, f64::max);
    println!("CPU of an event, in microseconds:\n");
    for (people, audiences, measured) in bars {
        let bar = "#".repeat((measured.cpu_us / dearest * BAR) as usize);
        println!("{people:>8} people {audiences:>5} audiences |{bar} {:.1}", measured.cpu_us);
    }
    println!();
}
