//! The worker's side in JavaScript, with a module that panics.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use acquaint_tests::environment::repository;

#[test]
fn a_worker_that_panicked_begins_anew_and_says_so_to_whoever_waits() {
    let output = Command::new("node")
        .args(["--test-reporter=spec", "tests/host/run.mjs"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
