//! Everything that runs natively and in Wasm alike, so that the two can be compared: cases generated from a seed, with
//! a digest of what every evaluator answers. `main.rs` is the native program, `exports.rs` what `run.mjs` calls in
//! Wasm; `cargo xtask test` and `cargo xtask differential` run both and compare.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "a test that has no other crate to be in: what fails here is the test"
)]

pub mod choices;
pub mod vocabulary;

pub mod write;

pub mod audiences;
pub mod world;

pub mod laws;

pub mod depth;

pub mod block;
pub mod case;
pub mod conformance;
pub mod shrink;

pub mod rules;

#[cfg(target_arch = "wasm32")]
pub mod exports;
