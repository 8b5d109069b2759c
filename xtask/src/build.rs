//! Building the programs: the control plane, the edge worker and the demo page.

use std::path::{Path, PathBuf};
use std::process::Command;

use acquaint_tests::Environment;
use anyhow::{Context as _, Result};

use crate::shell::{command, repository, step, target};
use crate::tools;

/// Sets up and builds everything that runs.
pub(crate) fn everything() -> Result<Environment> {
    let (acquaint, worker) = programs()?;
    let package = package()?;
    page()?;
    Ok(Environment { acquaint, worker, package, python: tools::python("oracle")?, repository: repository() })
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

/// Where the `acquaint` binary is built to.
pub(crate) fn control_plane_path(profile: Profile) -> PathBuf {
    let folder = match profile {
        Profile::Development => "debug",
        Profile::Release => "release",
    };
    target().join(folder).join("acquaint")
}

/// Builds the `acquaint` binary.
pub(crate) fn control_plane(profile: Profile) -> Result<PathBuf> {
    let mut build = command("cargo");
    match profile {
        // Of the whole workspace, and of that one program: with the features of libraries that its tests are built with,
        // so that none is built twice.
        Profile::Development => build.args(["build", "--workspace", "--bin", "acquaint"]),
        Profile::Release => build.args(["build", "--package", "acquaint", "--release"]),
    };
    step("build the control plane", &mut build)?;
    Ok(control_plane_path(profile))
}

/// Runs the named tests of `tests/`, built as [`control_plane`] is.
pub(crate) fn tests(names: &[String]) -> Command {
    let mut test = command("cargo");
    test.args(["test", "--workspace"]);
    for name in names {
        test.args(["--test", name]);
    }
    test
}

/// Where the worker is built to: the folder of `index.js` and its Wasm module.
pub(crate) fn worker_folder() -> PathBuf {
    repository().join("edge-runtime/build")
}

/// Where the package for pages is built to.
pub(crate) fn package_folder() -> PathBuf {
    repository().join("edge-runtime/pkg")
}

/// Builds the worker; the answer is its folder.
pub(crate) fn worker() -> Result<PathBuf> {
    let mut build = command("node");
    build.arg("edge-runtime/build.mjs");
    build.env("WASM_BINDGEN", tools::cargo_bin("wasm-bindgen")).env("CARGO_TARGET_DIR", target());
    step("build the edge worker", &mut build)?;
    Ok(worker_folder())
}

/// Builds the worker that does nothing, as workers in Rust are built.
pub(crate) fn empty_worker() -> Result<PathBuf> {
    let (folder, bin) =
        (repository().join("tests/peers/empty-worker"), repository().join("node_modules/.bin"));
    let mut build = command(tools::worker_build()?);
    build.args(["--profile", "edge", "--no-opt"]).current_dir(&folder);
    build.env("WASM_BINDGEN_BIN", tools::cargo_bin("wasm-bindgen"));
    build.env("WASM_OPT_BIN", bin.join("wasm-opt")).env("ESBUILD_BIN", bin.join("esbuild"));
    step("build the empty worker", &mut build)?;
    let built = folder.join("build");
    pack(&built)?;
    Ok(built)
}

/// Orders the functions of a built module so that it becomes small when it is gzipped, and takes their names out.
fn pack(folder: &Path) -> Result<()> {
    let module = folder.join("index_bg.wasm");
    let mut pack = command("npm");
    pack.args(["run", "--silent", "pack", "--"]).arg(&module).arg("-o").arg(&module);
    step("pack the module", pack.current_dir(repository()))
}

/// Builds the package with which a page decides on the device; the answer is its folder.
pub(crate) fn package() -> Result<PathBuf> {
    let mut build = command("cargo");
    build.args(["build", "--package", "acquaint-edge", "--lib", "--target", "wasm32-unknown-unknown"]);
    build.args(["--profile", "edge", "--no-default-features", "--features", "browser"]);
    step("build the package for pages", &mut build)?;

    let (sources, package) = (repository().join("edge-runtime/package"), package_folder());
    // Of the same name as the worker's: `cargo` puts there what it was asked for last.
    let module = target().join("wasm32-unknown-unknown/edge/acquaint_edge.wasm");
    let mut bind = command(tools::cargo_bin("wasm-bindgen"));
    bind.args(["--target", "web", "--no-typescript", "--out-name", "index", "--out-dir"]);
    step("bind the package to JavaScript", bind.arg(&package).arg(module))?;
    pack(&package)?;
    for file in ["package.json", "index.d.ts", "README.md"] {
        std::fs::copy(sources.join(file), package.join(file)).with_context(|| format!("no {file}"))?;
    }
    std::fs::copy(repository().join("LICENSE"), package.join("LICENSE")).context("no LICENSE")?;
    Ok(package)
}

/// Checks the package's types against pages that use them rightly and wrongly.
pub(crate) fn check_types() -> Result<()> {
    let mut check = command(repository().join("node_modules/.bin/tsc"));
    step("check the types of the package", check.args(["--project", "edge-runtime/package"]))
}

/// Bundles the demo page with the Web SDK.
pub(crate) fn page() -> Result<()> {
    step("bundle the demo page", command("npm").args(["run", "--silent", "build"]))
}
