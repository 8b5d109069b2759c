//! The tools that the build and the tests need, at pinned versions; installed when missing, left alone when there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::shell::{command, first_line, repository, step, target};

/// Must be the version of the `wasm-bindgen` crate in `Cargo.lock`.
const WASM_BINDGEN: &str = "0.2.130";
/// Must be the version of the `worker` crate in `Cargo.lock`.
const WORKER_BUILD: &str = "0.8.7";

/// Installs what is missing.
pub(crate) fn install() -> Result<()> {
    wasm_target()?;
    cargo_tool("wasm-bindgen-cli", "wasm-bindgen", WASM_BINDGEN)?;
    npm_packages()
}

/// What builds the worker that ours is measured against.
pub(crate) fn worker_build() -> Result<PathBuf> {
    cargo_tool("worker-build", "worker-build", WORKER_BUILD)?;
    Ok(cargo_bin("worker-build"))
}

fn wasm_target() -> Result<()> {
    let rustlib =
        first_line(command("rustc").args(["--print", "sysroot"])).context("rustc is not installed")?;
    if Path::new(&rustlib).join("lib/rustlib/wasm32-unknown-unknown/lib").exists() {
        return Ok(());
    }
    step("add the Wasm target", command("rustup").args(["target", "add", "wasm32-unknown-unknown"]))
}

/// Where `cargo install` puts programs.
pub(crate) fn cargo_bin(program: &str) -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    home.unwrap_or_else(|| PathBuf::from(".cargo")).join("bin").join(program)
}

fn cargo_tool(package: &str, program: &str, version: &str) -> Result<()> {
    let installed = first_line(command(cargo_bin(program)).arg("--version"));
    if installed.is_some_and(|line| line.split_whitespace().any(|word| word == version)) {
        return Ok(());
    }
    // Unoptimised: they run for seconds, and compile for minutes otherwise. Not `--locked`: the lock file that
    // wasm-bindgen-cli is published with names a release that the registry does not offer.
    let mut install = command("cargo");
    install.args(["install", package, "--version", version, "--debug", "--force"]);
    install.env("CARGO_TARGET_DIR", target().join("tools"));
    step(&format!("install {package} {version}"), &mut install)
}

fn npm_packages() -> Result<()> {
    let lock =
        std::fs::read(repository().join("package-lock.json")).context("package-lock.json is missing")?;
    let stamp = repository().join("node_modules/.acquaint-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // Not `npm ci`: it refuses a lock without the binaries of every foreign platform, and a registry need not have them.
    let mut install = command("npm");
    install.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
    step("install the npm packages", &mut install)?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// A Python with what a folder of `tests` requires.
pub(crate) fn python(of: &str) -> Result<PathBuf> {
    let folder = target().join(of);
    let python = folder.join("bin/python");
    let requirements = repository().join("tests").join(of).join("requirements.txt");
    let wanted = std::fs::read(&requirements)?;
    let stamp = folder.join("requirements.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    step(
        &format!("make a Python environment for `{of}`"),
        command("python3").args(["-m", "venv"]).arg(&folder),
    )?;
    let mut install = command(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
    step(&format!("install the Python packages of `{of}`"), &mut install)?;
    std::fs::write(stamp, wanted)?;
    Ok(python)
}

/// A Chromium for the browser tests: the one that is there, or Debian's.
pub(crate) fn chromium() -> Result<PathBuf> {
    let places =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let named = std::env::var_os("CHROMIUM_BIN").map(PathBuf::from);
    let find = || named.iter().chain(&places).find(|path| path.exists()).cloned();
    if let Some(found) = find() {
        return Ok(found);
    }
    debian_package("chromium")?;
    let found = find();
    ensure!(found.is_some(), "no Chromium: set CHROMIUM_BIN to one");
    found.context("no Chromium")
}

/// What drives that Chromium for `wasm-bindgen-test`: the one that is there, or Debian's.
pub(crate) fn chromedriver() -> Result<PathBuf> {
    let place = PathBuf::from("/usr/bin/chromedriver");
    let named = std::env::var_os("CHROMEDRIVER").map(PathBuf::from);
    let find = || named.iter().chain([&place]).find(|path| path.exists()).cloned();
    if let Some(found) = find() {
        return Ok(found);
    }
    debian_package("chromium-driver")?;
    find().context("no chromedriver: set CHROMEDRIVER to one that fits the Chromium")
}

fn debian_package(name: &str) -> Result<()> {
    step("refresh the package lists", command("apt-get").args(["update", "-qq"]))?;
    let mut install = command("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends", name]);
    step(&format!("install {name}"), install.env("DEBIAN_FRONTEND", "noninteractive"))
}
