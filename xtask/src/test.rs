//! Every test, cheapest first, so that a mistake shows early.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::build::{self, Profile};
use crate::conformance;
use crate::portable;
use crate::shell::{command, repository, step, step_within, work};
use crate::tools;

/// Generated cases that are decided natively and in Wasm.
const CASES: u64 = 200_000;

/// However many histories are asked for.
const HISTORIES_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The edge crate with its host for pages.
const FOR_PAGES: [&str; 3] = ["--no-default-features", "--features", "browser"];

/// Sets up and runs every test.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    step("formatting", command("cargo").args(["fmt", "--all", "--check"]))?;
    tools::install()?;
    lint()?;
    native()?;
    wasm()?;
    // The profile of the tests, which finds overflowing arithmetic too.
    let portable = portable::build(Profile::Development)?;
    step("what nests a million times, in Wasm", portable.wasm().arg("depths"))?;
    work("conformance", || conformance::run(&portable))?;
    work("differential", || portable::differential(&portable, CASES))?;
    let chromium = tools::chromium()?;
    browser()?;
    let built = build::everything()?;
    build::check_types()?;
    let mut end_to_end = build::tests(&end_to_end()?);
    step("end to end", end_to_end.envs(built.variables()).env("CHROMIUM_BIN", chromium))?;
    eprintln!("every test passed, in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Puts so many generated histories through the real worker and compares with the specification.
pub(crate) fn histories(count: u64) -> Result<()> {
    let built = build::everything()?;
    let mut test = build::tests(&["edge_histories".to_owned()]);
    test.args(["--", "--nocapture"]);
    test.envs(built.variables()).env("ACQUAINT_HISTORIES", count.to_string());
    step_within(HISTORIES_MAX, "generated histories at the edge", &mut test)
}

/// The tests that need what is built, by their names.
fn end_to_end() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository().join("tests/tests"))? {
        let path = entry?.path();
        names.extend(path.file_stem().and_then(OsStr::to_str).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

fn lint() -> Result<()> {
    let deny = ["--", "-D", "warnings"];
    let mut native = command("cargo");
    native.args(["clippy", "--workspace", "--all-targets"]).args(deny);
    step("clippy", &mut native)?;
    let mut worker = command("cargo");
    worker.args(["clippy", "--package", "acquaint-edge", "--target", "wasm32-unknown-unknown"]).args(deny);
    step("clippy, for the worker", &mut worker)?;
    let mut page = command("cargo");
    page.args(["clippy", "--package", "acquaint-edge", "--tests", "--target", "wasm32-unknown-unknown"]);
    step("clippy, for pages", page.args(FOR_PAGES).args(deny))?;
    let mut portable = command("cargo");
    portable.args(["clippy", "--package", "acquaint-portable", "--lib"]);
    step("clippy, for Wasm", portable.args(["--target", "wasm32-unknown-unknown"]).args(deny))
}

fn native() -> Result<()> {
    let mut test = command("cargo");
    test.args(["test", "--workspace", "--exclude", "acquaint-tests"]);
    step("native tests", &mut test)
}

fn wasm() -> Result<()> {
    let mut test = command("cargo");
    test.args(["test", "--package", "acquaint-edge", "--target", "wasm32-unknown-unknown"]);
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools::cargo_bin("wasm-bindgen-test-runner"));
    step("Wasm tests", &mut test)
}

/// The host for pages, in Chromium without a window.
fn browser() -> Result<()> {
    let mut test = command("cargo");
    test.args(["test", "--package", "acquaint-edge", "--test", "browser"]).args(FOR_PAGES);
    test.args(["--target", "wasm32-unknown-unknown"]);
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools::cargo_bin("wasm-bindgen-test-runner"));
    step("browser tests", test.env("CHROMEDRIVER", tools::chromedriver()?))
}
