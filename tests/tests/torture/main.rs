//! What can go wrong with the control plane, put to the real program: bad input, `kill -9`, a disk that fails.
//!
//! A part of every suite runs in `cargo xtask test`; `cargo xtask torture` sets `ACQUAINT_TORTURE=full` and
//! `ACQUAINT_SEED`, and the same code runs in full. Each suite prints what it has done, in a line that begins with
//! `torture:`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod client;
mod connections;
mod corpus;
mod crash;
mod disk;
mod hostile;
mod people;
mod recipe;
mod traffic;

use std::path::PathBuf;

/// How many of something: the part, or all in a full run.
fn count(part: usize, all: usize) -> usize {
    if std::env::var_os("ACQUAINT_TORTURE").is_some_and(|value| value == "full") { all } else { part }
}

/// The seed of this run.
fn seed() -> u64 {
    std::env::var("ACQUAINT_SEED").map_or(1, |text| text.parse().unwrap())
}

/// The program under test.
fn acquaint() -> PathBuf {
    std::env::var_os("ACQUAINT_BIN").expect("ACQUAINT_BIN is not set: run this through `cargo xtask`").into()
}
