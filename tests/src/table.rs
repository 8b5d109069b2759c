//! Measurements, and Markdown tables of them.

use std::fmt::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A table that prints itself.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        Self { rows: vec![columns.iter().map(|column| String::from(*column)).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let _ = writeln!(text, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
            }
        }
        text
    }
}

/// Repetitions of a measurement at least.
const REPETITIONS_MIN: usize = 9;
/// How long they go on.
const MEASURED: Duration = Duration::from_millis(400);

/// The median of nanoseconds per item of repetitions of the same work on so many items. Work that takes a few
/// milliseconds or less is measured best: most repetitions are then not interrupted.
pub fn median_ns(items: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut measured: Vec<f64> = Vec::new();
    let begun = Instant::now();
    while measured.len() < REPETITIONS_MIN || begun.elapsed() < MEASURED {
        let start = Instant::now();
        work();
        measured.push(start.elapsed().as_nanos() as f64 / items.max(1) as f64);
    }
    measured.sort_by(f64::total_cmp);
    measured.get(measured.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Nanoseconds for people.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1_000.0 => format!("{ns:.0} ns"),
        ns if ns < 100_000.0 => format!("{:.2} us", ns / 1e3),
        ns if ns < 10_000_000.0 => format!("{:.0} us", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

/// What was measured on, and when.
pub fn machine() -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or("an unnamed processor", |(_, name)| name);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let now = acquaint_core::time::format_instant(i64::try_from(now).unwrap_or(0));
    format!("{name}, {threads} threads, {now}")
}
