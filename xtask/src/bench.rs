//! Benchmarks: built for release, each printing its figures on one line or a few; ratios are of the same run.

use std::path::Path;

use acquaint_tests::Environment;
use acquaint_tests::size::Size;
use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::portable;
use crate::shell::{command, repository, step};
use crate::tools;

const CORE: &str = "core";
const EDGE: &str = "edge";
const STREAMING: &str = "streaming";
const NAMES: [&str; 4] = [CORE, STREAMING, EDGE, "size"];

/// Runs the named benchmark, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    if let Some(name) = name
        && !NAMES.contains(&name)
    {
        bail!("no benchmark `{name}`: there are {}", NAMES.join(", "));
    }
    tools::install()?;
    if name.is_none_or(|name| name == CORE) {
        core()?;
    }
    if name == Some(CORE) {
        return Ok(());
    }
    let acquaint = build::control_plane(Profile::Release)?;
    let worker = build::worker()?;
    let package = build::package()?;
    let built =
        Environment { acquaint, worker, package, python: tools::python("oracle")?, repository: repository() };
    for benchmark in NAMES.iter().filter(|benchmark| name.is_none_or(|name| name == **benchmark)) {
        if *benchmark == CORE {
            continue;
        }
        if *benchmark == "size" {
            size("worker", &built.worker)?;
            size("package", &built.package)?;
        } else {
            let mut bench = command("cargo");
            bench.args(["bench", "--quiet", "--package", "acquaint-tests", "--bench", benchmark]);
            bench.envs(built.variables());
            if *benchmark == STREAMING {
                bench.env("ACQUAINT_PYTHON", tools::python("peers")?);
            }
            if *benchmark == EDGE {
                peers()?;
                bench.env("ACQUAINT_EMPTY_WORKER", build::empty_worker()?);
            }
            step(&format!("bench {benchmark}"), &mut bench)?;
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

fn peers() -> Result<()> {
    let mut install = command("npm");
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]);
    step("install the engines of others", install.current_dir(repository().join("tests/peers")))
}

fn size(name: &str, folder: &Path) -> Result<()> {
    let Size { raw, gzipped } = Size::of(folder)?;
    println!("size  {name} {gzipped} bytes gzipped, {raw} raw");
    Ok(())
}
