//! What is fuzzed: for every reader of what comes from outside one function that takes any bytes, and fails (panics) only
//! where the reader breaks a promise. `cargo xtask fuzz` drives them with libFuzzer, guided by coverage; the tests of this
//! crate run them over their seeds and some thousand mutations, so that they hold and keep compiling.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target fails by panicking"
)]

pub mod conformance;
pub mod edge;
pub mod records;
pub mod rules;
pub mod schema;
pub mod sealed;
pub mod text;
pub mod world;

/// One thing that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: what `cargo xtask fuzz NAME` takes.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    Target { name: "text", run: text::text, seeds: world::rules },
    Target { name: "json_form", run: text::json_form, seeds: text::json_seeds },
    Target { name: "rules", run: rules::rules, seeds: world::rules },
    Target { name: "sealed", run: sealed::sealed, seeds: sealed::seeds },
    Target { name: "records", run: records::records, seeds: records::seeds },
    Target { name: "schema", run: schema::schema, seeds: schema::seeds },
    Target { name: "conformance", run: conformance::conformance, seeds: conformance::seeds },
    Target { name: "edge", run: edge::edge, seeds: edge::seeds },
];

/// Words of the language and of the documents, in libFuzzer's form of a dictionary: one in quotes on each line.
pub const DICTIONARY: &str = include_str!("../dictionary.txt");

/// The target of that name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
