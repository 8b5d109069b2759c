//! Fuzzing on the stable compiler: coverage counters are compiled in by the compiler's own pass, and libFuzzer comes as
//! a crate. Inputs that were found to reach new code stay in the target folder and are where the next run starts.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::shell::{command, first_line, repository, step, target};

/// In the order of the stages.
const TARGETS: [&str; 8] =
    ["text", "json_form", "rules", "sealed", "records", "schema", "conformance", "edge"];
const SECONDS_DEFAULT: u64 = 60;
/// One input may not take longer, nor the whole more memory. Another machine's load can hold an input up for a second.
const LIMITS: [&str; 4] = ["-timeout=5", "-report_slow_units=1", "-rss_limit_mb=512", "-max_len=4096"];
const INSTRUMENTED: &str = "-Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// `[--seconds N] [name]`
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (seconds, names) = match arguments {
        ["--seconds", seconds, rest @ ..] => (seconds.parse().context("--seconds takes a number")?, rest),
        rest => (SECONDS_DEFAULT, rest),
    };
    let chosen: &[&str] = match names {
        [] => &TARGETS,
        names if names.iter().all(|name| TARGETS.contains(name)) => names,
        _ => bail!("the targets are: {}", TARGETS.join(", ")),
    };
    let driver = build()?;
    let mut findings = 0;
    for name in chosen {
        findings += usize::from(!fuzz(&driver, name, seconds)?);
    }
    if findings > 0 {
        bail!("{findings} targets have findings");
    }
    Ok(())
}

/// With a target named, so that build scripts and macros are left as they are.
fn build() -> Result<PathBuf> {
    let host = first_line(command("rustc").args(["--print", "host-tuple"])).context("rustc does not run")?;
    let built = target().join("fuzz");
    let mut build = command("cargo");
    build.args(["build", "--release", "--target", &host]);
    build.args(["--manifest-path", "tests/fuzz/driver/Cargo.toml"]);
    build.env("RUSTFLAGS", INSTRUMENTED).env("CARGO_TARGET_DIR", &built);
    step("build the fuzzed targets", &mut build)?;
    Ok(built.join(host).join("release/acquaint-fuzz-driver"))
}

/// False if there was a finding.
fn fuzz(driver: &Path, name: &str, seconds: u64) -> Result<bool> {
    let corpus = target().join("fuzz/corpus").join(name);
    let findings = target().join("fuzz/findings").join(name);
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&findings)?;
    let mut run = command(driver);
    run.env("ACQUAINT_FUZZ_TARGET", name).env("ACQUAINT_FUZZ_CORPUS", &corpus);
    run.arg(&corpus).args(LIMITS).arg("-print_final_stats=1").arg(format!("-max_total_time={seconds}"));
    run.arg(format!("-dict={}", repository().join("tests/fuzz/dictionary.txt").display()));
    run.arg(format!("-artifact_prefix={}/", findings.display()));
    let output = run.stdout(Stdio::null()).output().context("the driver does not run")?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let log_path = target().join("fuzz").join(format!("{name}.log"));
    std::fs::write(&log_path, &log)?;
    let found: Vec<String> = std::fs::read_dir(&findings)?
        .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
        .collect();
    eprintln!("{}", summary(name, &log));
    if output.status.success() && found.is_empty() {
        return Ok(true);
    }
    eprintln!("    findings: {}; see {}", found.join(", "), log_path.display());
    Ok(false)
}

/// Executions, coverage and memory, from what libFuzzer says last.
fn summary(name: &str, log: &str) -> String {
    let stat = |stat: &str| {
        let line = log.lines().rev().find_map(|line| line.strip_prefix(&format!("stat::{stat}:")));
        line.unwrap_or("?").trim().to_owned()
    };
    let covered = log.lines().rev().find_map(|line| {
        let rest = line.split_once(" cov: ")?.1;
        rest.split_whitespace().next()
    });
    format!(
        "{name:12} {:>10} executions {:>7}/s {:>6} edges covered {:>5} new inputs, {:>3} s the slowest, {:>4} MB",
        stat("number_of_executed_units"),
        stat("average_exec_per_sec"),
        covered.unwrap_or("?"),
        stat("new_units_added"),
        stat("slowest_unit_time_sec"),
        stat("peak_rss_mb"),
    )
}
