//! Running other programs, visibly: every step says what it does and how long it took, and none takes for ever.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::deadline;

/// How long one step may take: many times what the longest takes on two cores with nothing built yet.
const STEP_MAX: Duration = Duration::from_secs(25 * 60);

/// The repository.
pub(crate) fn repository() -> PathBuf {
    acquaint_tests::environment::repository()
}

/// The folder of built things: `CARGO_TARGET_DIR`, or `target`.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// A command that runs in the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repository()).stdin(Stdio::null());
    command
}

/// Runs a step, with its output shown, and fails if it fails or does not end.
pub(crate) fn step(what: &str, command: &mut Command) -> Result<()> {
    step_within(STEP_MAX, what, command)
}

/// As [`step`], for what may take longer or must not.
pub(crate) fn step_within(max: Duration, what: &str, command: &mut Command) -> Result<()> {
    let start = Instant::now();
    eprintln!("==> {what}");
    let mut child =
        command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let status = deadline::within(max, what, child.id(), || child.wait())??;
    if !status.success() {
        bail!("{what}: {status}");
    }
    eprintln!("    {what}: {} s", start.elapsed().as_secs());
    Ok(())
}

/// Work of this process itself, and of what it starts meanwhile, as a step.
pub(crate) fn work<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    deadline::within(STEP_MAX, what, std::process::id(), work)?
}

/// The first line of what a command prints, if it runs at all.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
}
