//! A disk that fails at one of the server's calls: it is full, a write, a flush or a read fails, a write is cut short or
//! torn by a power cut. The server stops or says so; started again on a good disk it has everything that it had
//! acknowledged, once.
//!
//! The disk is `disk.c`, compiled here with the C compiler that links our own programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use acquaint_core::time::format_instant;
use acquaint_portable::choices::Choices;
use acquaint_tests::ControlPlane;
use acquaint_tests::control_plane::Settings;
use acquaint_tests::environment::repository;
use serde_json::json;

use crate::hostile::address;
use crate::people::{NOW_MS, Specification, documents};
use crate::traffic::{Sent, Writer};

/// Batches of one run.
const BATCHES: usize = 12;
/// How often a client comes again after a refusal.
const AGAIN: usize = 3;

/// What can happen, and which of the counted calls it happens to.
const KINDS: [(&str, usize); 6] =
    [("full", 0), ("write", 0), ("short", 0), ("torn", 0), ("sync", 1), ("read", 2)];

#[test]
fn a_disk_that_fails_never_loses_what_was_acknowledged() {
    let runs = crate::count(3, 40);
    let tools = tempfile::tempdir().unwrap();
    let library = compile(tools.path());
    let specification = Specification::new();
    let mut choices = Choices::of_seed(crate::seed());
    let mut summary = Vec::new();
    for (kind, counted) in KINDS {
        let (mut hit, mut refused, mut ended) = (0, 0, 0);
        for run in 0..runs {
            // Most calls of a new store are those by which it is made: most runs begin with one that is there.
            let world = World { library: &library, seed: choices.pick(1 << 30) as u64, used: run % 4 != 0 };
            let calls = world.run(&specification, "none", 0).counts[counted];
            assert!(calls > 0, "nothing is counted");
            let at = 1 + choices.pick(usize::try_from(calls).unwrap()) as u64;
            let outcome = world.run(&specification, kind, at);
            hit += usize::from(outcome.counts[counted] >= at);
            refused += outcome.refused;
            ended += usize::from(outcome.ended);
            assert!(kind != "short" || !outcome.ended && outcome.refused == 0, "half a write is no failure");
        }
        assert!(hit * 2 > runs, "{kind}: only {hit} of {runs} faults happened");
        summary.push(format!("{kind} {hit} (the server ended {ended} times, refused {refused} requests)"));
    }
    println!(
        "torture: faults of the disk, none of which lost an acknowledged message: {}",
        summary.join(", ")
    );
}

fn compile(folder: &Path) -> PathBuf {
    let library = folder.join("disk.so");
    let source = repository().join("tests/tests/torture/disk.c");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl");
    let status = compiler.status().expect("cc, which links Rust programs, is needed");
    assert!(status.success());
    library
}

/// What a fault happens to.
struct World<'a> {
    library: &'a Path,
    seed: u64,
    used: bool,
}

#[derive(Debug, Default)]
struct Outcome {
    /// Writes, flushes, reads.
    counts: [u64; 3],
    refused: usize,
    /// By itself, or it did not even start.
    ended: bool,
}

impl World<'_> {
    /// Starts, writes, fails, starts again on a good disk and compares.
    fn run(&self, specification: &Specification, kind: &str, at: u64) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::new(self.seed, 0);
        if self.used {
            let mut control = start(folder.path(), &[]).unwrap();
            define(&control).unwrap();
            (0..BATCHES)
                .for_each(|_| assert_eq!(writer.send(&address(&control), NOW_MS), Sent::Acknowledged));
            control.kill().unwrap();
        }
        let counts = folder.path().join("counts");
        let under = format!("{}/", folder.path().join("control-plane").display());
        let faults = [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAULT_UNDER", under),
            ("FAULT_KIND", kind.to_owned()),
            ("FAULT_AT", at.to_string()),
            ("FAULT_COUNTS", counts.display().to_string()),
        ];
        let mut outcome = Outcome::default();
        match start(folder.path(), &faults) {
            Ok(control) => suffer(control, &mut writer, &mut outcome),
            Err(error) => {
                let error = format!("{error:#}");
                assert!(
                    error.contains("ended with") && !error.contains("exit status: 0"),
                    "{kind} {at}: {error}"
                );
                outcome.ended = true;
            }
        }
        let counted = std::fs::read(&counts).unwrap();
        for (count, bytes) in outcome.counts.iter_mut().zip(counted.chunks_exact(8)) {
            *count = u64::from_le_bytes(bytes.try_into().unwrap());
        }
        let place = format!("{kind} at {at} with seed {}, used {}", self.seed, self.used);
        let mut control = start(folder.path(), &[]).unwrap_or_else(|error| panic!("{place}: {error:#}"));
        define(&control).unwrap_or_else(|status| panic!("{place}: {status}"));
        if writer.owes() {
            assert_eq!(writer.send(&address(&control), NOW_MS), Sent::Acknowledged, "{place}");
        }
        control.settle().unwrap();
        let now_ms = NOW_MS + 1_000;
        control.set_clock(&format_instant(now_ms)).unwrap();
        control.settle().unwrap();
        writer.check(&control, specification, now_ms);
        assert_eq!(control.process().terminate().unwrap(), Some(0), "{place}");
        outcome
    }
}

/// Goes on until there is no point in it; then the server has ended, or is asked to.
fn suffer(mut control: ControlPlane, writer: &mut Writer, outcome: &mut Outcome) {
    let address = address(&control);
    let mut sent = match define(&control) {
        Ok(()) => Sent::Acknowledged,
        Err(503) => Sent::Refused,
        Err(0) => Sent::Unanswered,
        Err(status) => panic!("definitions were answered with {status}"),
    };
    let (mut batches, mut again) = (0, 0);
    while sent != Sent::Unanswered && batches < BATCHES && again < AGAIN {
        again += usize::from(sent == Sent::Refused);
        outcome.refused += usize::from(sent == Sent::Refused);
        // Without definitions there is no write key.
        if sent == Sent::Refused && batches == 0 {
            sent = if define(&control).is_ok() { Sent::Acknowledged } else { Sent::Refused };
            continue;
        }
        sent = writer.send(&address, NOW_MS);
        batches += 1;
    }
    outcome.ended = sent == Sent::Unanswered;
    if control.process().ended().unwrap().is_none() {
        // It may be ending already; what it must not do is hang.
        let code = control.process().terminate().unwrap();
        outcome.ended |= code != Some(0);
    } else {
        outcome.ended = true;
        assert_ne!(control.process().ended().unwrap().and_then(|status| status.code()), Some(0));
    }
}

fn start(folder: &Path, variables: &[(&str, String)]) -> anyhow::Result<ControlPlane> {
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let settings = Settings { clock: Some(format_instant(NOW_MS)), variables, ..Settings::default() };
    ControlPlane::start_program(&crate::acquaint(), folder, &settings)
}

/// Applies the definitions; an error is the status, 0 if there was no answer.
fn define(control: &ControlPlane) -> Result<(), u16> {
    match control.admin.post("/catalog/apply", &json!({ "documents": documents() })) {
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) => Err(answer.status),
        Err(_gone) => Err(0),
    }
}
