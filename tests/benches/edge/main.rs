//! `/ee/v1/interact` under `workerd serve` on loopback, with more and more audiences, beside workers in JavaScript that
//! answer the same rules with the same write to a Durable Object, and beside workers that do nothing. Clients and servers
//! share the machine. An event in every request; what it costs to keep it is in every row but the empty ones.
//!
//! Objects lie in memory, so that rows compare what is computed; the last rows have them on disk, where `workerd` syncs
//! every write before it goes on. Arguments name the rows to be measured (`-- closures ours-500`); without any, all are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

mod load;
mod ours;
mod peers;

use std::path::{Path, PathBuf};

use acquaint_portable::rules::timed::Rules;
use acquaint_tests::table::{Table, machine, time};
use acquaint_tests::{Environment, Stub};

use load::{CLIENTS, Measured};
use ours::Ours;
use peers::Worker;

const RULES: usize = 500;
const VISITORS: usize = 200;
/// Enough for V8 to have optimised what it runs: before that, its compiler is measured.
const WARM_UP: usize = 8_000;
/// Of the last two rows fewer: the disk decides.
const REQUESTS: usize = 4_000;
const REQUESTS_ON_DISK: usize = 1_000;
const ENGINES: [(&str, &str); 4] = [
    ("none", "JavaScript, stores and answers nothing"),
    ("closures", "JavaScript, closures by hand, 500 rules"),
    ("logic", "json-logic-js, 500 rules"),
    ("growthbook", "@growthbook/growthbook, 500 rules"),
];

fn main() {
    println!("edge, on {}; {CLIENTS} clients, {VISITORS} visitors, an event in every request\n", machine());
    let environment = Environment::from_variables().unwrap();
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let disk = tempfile::tempdir().unwrap();
    let stub = Stub::start().unwrap();
    let rules = Rules::new(RULES, VISITORS);
    let mut table =
        Table::new(&["worker", "requests/s", "p50", "p99", "p99 of one client alone", "CPU a request"]);
    let mut add = |what: &str, measured: &Measured| {
        let ms = |duration: std::time::Duration| format!("{:.2} ms", duration.as_secs_f64() * 1e3);
        let cpu = time(measured.cpu.as_nanos() as f64);
        let rate = format!("{:.0}", measured.requests_per_second);
        let [p50, p99, alone] = [measured.p50, measured.p99, measured.alone_p99].map(ms);
        table.row([what.into(), rate, p50, p99, alone, cpu]);
    };

    let wanted = wanted();
    let empty = |worker: Worker| {
        load::run(worker.address(), (WARM_UP, REQUESTS), ours::request, |_, status, _| {
            assert_eq!(status, 200)
        })
    };
    if wanted("empty") {
        add("JavaScript, empty", &empty(Worker::of_engine(folder.path(), "empty", 0)));
    }
    let built = std::env::var_os("ACQUAINT_EMPTY_WORKER").map(PathBuf::from);
    if let Some(built) = built.filter(|_| wanted("empty-rust")) {
        add("Rust, empty", &empty(Worker::of_rust(folder.path(), &built)));
    }
    for (engine, what) in ENGINES.into_iter().filter(|(engine, _)| wanted(engine)) {
        let worker = Worker::of_engine(folder.path(), engine, RULES);
        add(what, &peer(&worker, &rules, engine == "none", REQUESTS));
    }
    for audiences in [1, 100, RULES] {
        let name = format!("ours-{audiences}");
        if wanted(&name) {
            let ours = Ours::start(&environment, &folder.path().join(name), audiences, VISITORS, None);
            let plural = if audiences == 1 { "" } else { "s" };
            add(&format!("ours, {audiences} audience{plural}"), &ours.measure(&rules, WARM_UP, REQUESTS));
        }
    }
    if wanted("forwarding") {
        let place = folder.path().join("ours-forwarding");
        let ours = Ours::start(&environment, &place, RULES, VISITORS, Some(&stub));
        add("ours, 500 audiences, and events forwarded", &ours.measure(&rules, WARM_UP, REQUESTS));
    }
    if wanted("disk-closures") {
        let worker = Worker::of_engine(disk.path(), "closures", RULES);
        add("on disk: closures by hand, 500 rules", &peer(&worker, &rules, false, REQUESTS_ON_DISK));
    }
    if wanted("disk-ours") {
        let ours = Ours::start(&environment, &disk.path().join("ours"), RULES, VISITORS, None);
        add("on disk: ours, 500 audiences", &ours.measure(&rules, WARM_UP, REQUESTS_ON_DISK));
    }
    println!("{}", table.markdown());
    if wanted("cold") {
        let place = folder.path().join("cold");
        Ours::start(&environment, &place, RULES, VISITORS, None).measure(&rules, WARM_UP, REQUESTS);
        let cold = ours::cold_start(&environment, &place);
        println!(
            "cold start, from the first request of a process to its answer: {:.1} ms",
            cold.as_secs_f64() * 1e3
        );
    }
}

/// Whether a row is to be measured.
fn wanted() -> impl Fn(&str) -> bool {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    move |row| named.is_empty() || named.iter().any(|name| name == row)
}

/// Gives every visitor its profile, and measures; the answers are those of our own evaluator.
fn peer(worker: &Worker, rules: &Rules, answers_nothing: bool, requests: usize) -> Measured {
    let mut connection = load::Connection::open(worker.port);
    for (visitor, text) in rules.texts().iter().enumerate() {
        let body = ours::body(visitor, &format!("{{\"profile\":{text}}}"));
        assert_eq!(connection.post("/?requestId=seed", &body).0, 200);
    }
    let expected = rules.answers();
    load::run(worker.address(), (WARM_UP, requests), ours::request, |number, status, body| {
        assert_eq!(status, 200);
        let wanted = if answers_nothing { 0 } else { expected[number % VISITORS].len() };
        assert_eq!(body.matches("\"ups\"").count(), wanted, "{body}");
    })
}
