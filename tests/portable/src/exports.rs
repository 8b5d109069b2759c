//! What Node calls.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{block, depth};

/// Decides the cases of `count` seeds; the answer is a [`block::Report`] as JSON.
#[wasm_bindgen]
pub fn digests(first_seed: u64, count: u32) -> String {
    block::run(first_seed, count).to_json()
}

/// The case of one seed, for people.
#[wasm_bindgen]
pub fn show(seed: u64) -> String {
    block::show(seed)
}

/// Runs the conformance cases of a file; the answer is a report as JSON.
#[wasm_bindgen]
pub fn conformance(file: &str, text: &str) -> String {
    crate::conformance::run(file, text)
}

/// Reads what nests a million times; the answer is what is wrong, as a list in JSON.
#[wasm_bindgen]
pub fn depths() -> String {
    serde_json::to_string(&depth::run()).unwrap()
}
