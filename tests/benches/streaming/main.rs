//! Streaming segmentation: events a second through the durable engine for so many people and audiences, beside the same
//! rules over the same events in others' hands, and through HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

mod chart;
mod engine;
mod http;
mod journey;
mod peers;
mod stream;

use acquaint_tests::environment::{Environment, repository};
use acquaint_tests::table::{Table, machine};

use crate::chart::{Line, Point};
use crate::journey::Journey;
use crate::stream::{Generated, Stream};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const AUDIENCES: [usize; 4] = [10, 100, 500, 1_000];
const PEOPLE: [u64; 2] = [100_000, 1_000_000];
const EVENTS: u64 = 1_000_000;
/// So many times the households of the Complete Journey are put through at once, for a stream that takes seconds.
const COPIES: u64 = 16;
/// Where the chart is kept, from the root of the repository.
const CHART: &str = "docs/streaming-cost.svg";

fn main() {
    println!("{}\n", machine());
    // `-- one PEOPLE AUDIENCES EVENTS`, `-- year COPIES AUDIENCES`: for a profiler. Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    if let ["one", people, audiences, events] = *wanted {
        let stream = Generated { people: people.parse().unwrap(), events: events.parse().unwrap() };
        return one(&stream, audiences);
    }
    let environment = Environment::from_variables().unwrap();
    if let ["year", copies, audiences] = *wanted {
        return one(&Journey::read(&environment, copies.parse().unwrap()), audiences);
    }
    // `-- peers`, `-- http`, `-- scale`: a part of it.
    let part = |name: &str| wanted.is_empty() || wanted == [name];
    if part("peers") {
        peers::compare(&environment);
    }
    if part("http") {
        http::measure(&environment);
    }
    if part("scale") {
        scale(&environment);
    }
}

fn one(stream: &dyn Stream, audiences: &str) {
    let measured = engine::run(stream, audiences.parse().unwrap());
    println!("{:.0} events/s, {measured:?}", measured.events_per_second());
}

/// What people and audiences cost.
fn scale(environment: &Environment) {
    let columns = [
        "events of",
        "people",
        "audiences",
        "events/s",
        "CPU of an event",
        "against 10 audiences",
        "memory",
        "disk of a million people",
    ];
    let mut table = Table::new(&columns);
    let mut lines: Vec<Line> = Vec::new();
    for people in PEOPLE {
        let stream = Generated { people, events: EVENTS };
        lines.push((format!("generated, {people} people"), rows(&mut table, "numbers", &stream)));
    }
    let journey = Journey::read(environment, COPIES);
    let name = format!("Complete Journey, {} people", journey.people());
    lines.push((name, rows(&mut table, "Complete Journey", &journey)));
    println!(
        "Through the durable engine: appended and flushed by one thread, decided by another. {EVENTS} generated events are of 30 days; {} of the Complete Journey are of a year, {COPIES} copies of it.\n\n{}",
        journey.events(),
        table.markdown()
    );
    std::fs::write(repository().join(CHART), chart::svg(&lines)).unwrap();
    println!("The chart is in {CHART}.\n");
}

/// One stream with more and more audiences.
fn rows(table: &mut Table, name: &str, stream: &dyn Stream) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for audiences in AUDIENCES {
        let measured = engine::run(stream, audiences);
        points.push(Point { audiences, cpu_us: measured.cpu_us });
        table.row([
            name.to_owned(),
            stream.people().to_string(),
            audiences.to_string(),
            format!("{:.0}", measured.events_per_second()),
            format!("{:.1} us", measured.cpu_us),
            format!("{:.2} times", measured.cpu_us / points[0].cpu_us),
            format!("{:.0} MB", measured.resident_mb),
            format!("{:.2} GB", measured.disk_bytes / stream.people() as f64 * 1e6 / 1e9),
        ]);
    }
    points
}
