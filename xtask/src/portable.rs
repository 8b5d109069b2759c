//! The crate that runs natively and in Wasm alike: built for both, run in both, compared.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use acquaint_portable::block::Report;
use anyhow::{Context as _, Result, bail, ensure};

use crate::build::Profile;
use crate::shell::{command, repository, step, target};
use crate::tools;

/// Seeds that a program answers for at a time.
const BLOCK_SEEDS: u64 = 64;
/// How many disagreements are worth printing.
const SHOWN_MAX: usize = 3;

/// Per cent of the answers that must be "in", so that agreement is not that of nothing with nothing.
const MEMBERS_PERCENT_MIN: f64 = 30.0;
/// Per cent of the generated texts that must have no error.
const CHECKED_PERCENT_MIN: f64 = 90.0;

/// The two forms of the crate.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// The native program.
    pub(crate) native: PathBuf,
    /// The Wasm module as Node loads it.
    pub(crate) module: PathBuf,
}

/// Builds both forms.
pub(crate) fn build(profile: Profile) -> Result<Built> {
    let (name, folder) = match profile {
        Profile::Development => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    let mut native = command("cargo");
    native.args(["build", "--profile", name, "--package", "acquaint-portable", "--bin", "acquaint-portable"]);
    step("build the generated cases", &mut native)?;
    let mut wasm = command("cargo");
    wasm.args(["build", "--profile", name, "--package", "acquaint-portable", "--lib"]);
    step("build the generated cases, for Wasm", wasm.args(["--target", "wasm32-unknown-unknown"]))?;
    let built = target().join("wasm32-unknown-unknown").join(folder).join("acquaint_portable.wasm");
    let bound = target().join("portable").join(folder);
    let mut bind = command(tools::cargo_bin("wasm-bindgen"));
    bind.args(["--target", "nodejs", "--no-typescript", "--out-dir"]).arg(&bound).arg(built);
    step("bind the generated cases to Node", &mut bind)?;
    // The repository's modules are of the other kind, and the target folder may lie inside it.
    std::fs::write(bound.join("package.json"), "{\"type\": \"commonjs\"}\n")?;
    Ok(Built {
        native: target().join(folder).join("acquaint-portable"),
        module: bound.join("acquaint_portable.js"),
    })
}

impl Built {
    /// A command that runs the native form.
    pub(crate) fn native(&self) -> Command {
        command(&self.native)
    }

    /// A command that runs the Wasm form in Node.
    pub(crate) fn wasm(&self) -> Command {
        let mut node = command("node");
        node.arg(repository().join("tests/portable/run.mjs")).arg(&self.module);
        node
    }
}

/// Builds, and decides at least so many cases.
pub(crate) fn run(cases: u64) -> Result<()> {
    tools::install()?;
    differential(&build(Profile::Release)?, cases)
}

/// Builds, and shows the case of one seed, as small as it can be made if evaluators disagree about it.
pub(crate) fn show(seed: u64) -> Result<()> {
    tools::install()?;
    let built = build(Profile::Development)?;
    step("natively", built.native().args(["show", &seed.to_string()]))?;
    step("in Wasm", built.wasm().args(["show", &seed.to_string()]))
}

/// Decides at least so many generated cases in both forms and compares; fails if any two evaluators disagree.
pub(crate) fn differential(built: &Built, cases: u64) -> Result<()> {
    let start = Instant::now();
    let next = AtomicU64::new(0);
    let total = Mutex::new(Report::default());
    let enough =
        || total.lock().map_or(true, |total| total.cases >= cases || total.disagreements.len() >= SHOWN_MAX);
    let work = || -> Result<()> {
        let (mut native, mut wasm) = (Answerer::start(built.native())?, Answerer::start(built.wasm())?);
        while !enough() {
            let first = next.fetch_add(BLOCK_SEEDS, Ordering::Relaxed);
            let (here, there) = (native.ask(first)?, wasm.ask(first)?);
            let mut total = total.lock().map_err(|_poisoned| anyhow::anyhow!("another thread failed"))?;
            let tenth = |total: &Report| total.cases * 10 / cases.max(1);
            let before = tenth(&total);
            add(&mut total, here, there, first);
            if tenth(&total) > before {
                eprintln!("    {} after {} s", total.summary(), start.elapsed().as_secs());
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(outcome) => outcome,
            Err(_panic) => bail!("a thread failed"),
        })
    })?;
    let total = total.into_inner()?;
    for disagreement in total.disagreements.iter().take(SHOWN_MAX) {
        eprintln!("{disagreement}\n");
    }
    eprintln!("{} in {} s", total.summary(), start.elapsed().as_secs());
    ensure!(total.disagreements.is_empty(), "{} disagreements", total.disagreements.len());
    let (members, checked) = (total.members_percent(), total.checked_percent());
    ensure!(members >= MEMBERS_PERCENT_MIN, "too few answers are `in`: {members:.1} %");
    ensure!(checked >= CHECKED_PERCENT_MIN, "too few texts type-check: {checked:.1} %");
    Ok(())
}

fn add(total: &mut Report, native: Report, wasm: Report, first: u64) {
    let digests = native.digests.iter().zip(&wasm.digests).zip(first..);
    let differing = digests.filter(|((native, wasm), _)| native != wasm);
    total.disagreements.extend(differing.map(|((native, wasm), seed)| {
        format!("seed {seed}: the native digest is {native}, in Wasm it is {wasm}\n  cargo xtask differential --seed {seed}")
    }));
    total.add(native);
}

/// A program that answers lines with lines.
struct Answerer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Answerer {
    fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let what = command.get_program().display().to_string();
        let mut child = command.spawn().with_context(|| format!("cannot run {what}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.context("no output")?);
        Ok(Self { child, input: input.context("no input")?, output })
    }

    fn ask(&mut self, first: u64) -> Result<Report> {
        writeln!(self.input, "{first} {BLOCK_SEEDS}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(
            !line.is_empty(),
            "the program ended with one of the seeds from {first} to {}",
            first + BLOCK_SEEDS - 1
        );
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        // It would end by itself when its input ends; there is nobody left to tell if it cannot be stopped.
        let _stopped = self.child.kill().and_then(|()| self.child.wait().map(drop));
    }
}
