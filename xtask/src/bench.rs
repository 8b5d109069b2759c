//! Benchmarks: built for release, each printing its figures on one line or a few; ratios are of the same run.

use std::path::Path;
use std::process::Command;

use acquaint_tests::Environment;
use acquaint_tests::size::Size;
use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::portable;
use crate::shell::{command, repository, step};
use crate::tools;

const CORE: &str = "core";
const STREAMING: &str = "streaming";
const EDGE: &str = "edge";
const SIZE: &str = "size";
const NAMES: [&str; 4] = [CORE, STREAMING, EDGE, SIZE];

/// Runs the named benchmark, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    if let Some(name) = name
        && !NAMES.contains(&name)
    {
        bail!("no benchmark `{name}`: there are {}", NAMES.join(", "));
    }
    tools::install()?;
    for benchmark in NAMES.into_iter().filter(|benchmark| name.is_none_or(|name| name == *benchmark)) {
        match benchmark {
            CORE => core()?,
            STREAMING => streaming()?,
            EDGE => edge()?,
            _ => sizes()?,
        }
    }
    Ok(())
}

/// The core, natively and in Wasm, beside engines of others.
fn core() -> Result<()> {
    let built = portable::build(Profile::Release)?;
    peers()?;
    let mut bench = command("cargo");
    bench.args(["bench", "--quiet", "--package", "acquaint-tests", "--features", "peers", "--bench", CORE]);
    step("bench core", bench.env("ACQUAINT_PORTABLE", &built.module))
}

/// The control plane, beside a dataflow of others, and through HTTP.
fn streaming() -> Result<()> {
    build::control_plane(Profile::Release)?;
    let mut bench = whole_system(STREAMING)?;
    step("bench streaming", bench.env("ACQUAINT_PYTHON", tools::python("peers")?))
}

/// The worker, beside workers of others.
fn edge() -> Result<()> {
    build::worker()?;
    peers()?;
    let mut bench = whole_system(EDGE)?;
    step("bench edge", bench.env("ACQUAINT_EMPTY_WORKER", build::empty_worker()?))
}

/// A benchmark that starts programs. It finds all of them; those that it does not start need not be built.
fn whole_system(benchmark: &str) -> Result<Command> {
    let mut bench = command("cargo");
    bench.args(["bench", "--quiet", "--package", "acquaint-tests", "--bench", benchmark]);
    let built = Environment {
        acquaint: build::control_plane_path(Profile::Release),
        worker: build::worker_folder(),
        package: build::package_folder(),
        python: tools::python("oracle")?,
        repository: repository(),
    };
    bench.envs(built.variables());
    Ok(bench)
}

fn peers() -> Result<()> {
    let mut install = command("npm");
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]);
    step("install the engines of others", install.current_dir(repository().join("tests/peers")))
}

fn sizes() -> Result<()> {
    size("worker", &build::worker()?)?;
    size("package", &build::package()?)
}

fn size(name: &str, folder: &Path) -> Result<()> {
    let Size { raw, gzipped } = Size::of(folder)?;
    println!("size  {name} {gzipped} bytes gzipped, {raw} raw");
    Ok(())
}
