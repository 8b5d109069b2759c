//! Building the programs: the control plane, the edge worker and the demo page.

use std::path::PathBuf;

use acquaint_tests::Environment;
use anyhow::Result;

use crate::shell::{command, repository, step, target};
use crate::tools;

/// Sets up and builds everything that runs.
pub(crate) fn everything() -> Result<Environment> {
    let (acquaint, worker) = programs()?;
    page()?;
    Ok(Environment { acquaint, worker, python: tools::python()?, repository: repository() })
}

/// Builds the `acquaint` binary and the worker.
pub(crate) fn programs() -> Result<(PathBuf, PathBuf)> {
    tools::install()?;
    Ok((control_plane(Profile::Development)?, worker()?))
}

/// How much the compiler optimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Tests and the demo.
    Development,
    /// Benchmarks.
    Release,
}

/// Builds the `acquaint` binary.
pub(crate) fn control_plane(profile: Profile) -> Result<PathBuf> {
    let mut build = command("cargo");
    build.args(["build", "--package", "acquaint"]);
    let folder = match profile {
        Profile::Development => "debug",
        Profile::Release => {
            build.arg("--release");
            "release"
        }
    };
    step("build the control plane", &mut build)?;
    Ok(target().join(folder).join("acquaint"))
}

/// Builds the worker; the answer is the folder of `index.js` and its Wasm module.
pub(crate) fn worker() -> Result<PathBuf> {
    worker_in("edge-runtime", "build the edge worker")
}

/// Builds the worker that does nothing.
pub(crate) fn empty_worker() -> Result<PathBuf> {
    worker_in("tests/peers/empty-worker", "build the empty worker")
}

fn worker_in(folder: &str, what: &str) -> Result<PathBuf> {
    let bin = repository().join("node_modules/.bin");
    let mut build = command(tools::cargo_bin("worker-build"));
    build.args(["--profile", "edge", "--no-opt"]).current_dir(repository().join(folder));
    build.env("WASM_BINDGEN_BIN", tools::cargo_bin("wasm-bindgen"));
    build.env("WASM_OPT_BIN", bin.join("wasm-opt")).env("ESBUILD_BIN", bin.join("esbuild"));
    step(what, &mut build)?;
    Ok(repository().join(folder).join("build"))
}

/// Bundles the demo page with the Web SDK.
pub(crate) fn page() -> Result<()> {
    step("bundle the demo page", command("npm").args(["run", "--silent", "build"]))
}
