//! The conformance suite, natively and in Wasm.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use acquaint_core::conformance::Report;
use anyhow::{Result, ensure};
use serde_json::Value;

use crate::portable::Built;
use crate::shell::repository;

/// Pages, and documented examples.
const FOLDERS: [&str; 2] = ["tests/conformance", "tests/data/conformance"];

/// Runs every case in both forms; fails if they differ, or if a case fails that is not a known exception.
pub(crate) fn run(built: &Built) -> Result<()> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(folder, &mut files)?;
    }
    let native = reports(built.native(), &files)?;
    let wasm = reports(built.wasm(), &files)?;
    ensure!(native == wasm, "a case comes out otherwise in Wasm than natively");
    let known = std::fs::read_to_string(repository().join("tests/conformance/exceptions.json"))?;
    let known: Value = serde_json::from_str(&known)?;
    let exceptions = known.get("exceptions").cloned().unwrap_or_default();
    let exceptions: BTreeMap<String, String> = serde_json::from_value(exceptions)?;
    let at_least = known.get("casesMin").and_then(Value::as_u64).unwrap_or(u64::MAX);
    for (report, form) in [(native, "natively"), (wasm, "in Wasm")] {
        let (cases, passed) = (report.total.cases, report.total.passed);
        eprintln!("conformance {form}: {cases} cases, {passed} passed, {} exceptions", cases - passed);
        ensure!(cases as u64 >= at_least, "{cases} cases are fewer than the {at_least} there were");
        let surprises = report.surprises(&exceptions);
        ensure!(surprises.is_empty(), "{}", surprises.join("\n"));
    }
    Ok(())
}

/// What came of all files.
fn reports(mut program: Command, files: &[String]) -> Result<Report> {
    let output = program.arg("conformance").args(files).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut whole = Report::default();
    for line in String::from_utf8(output.stdout)?.lines() {
        whole.merge(serde_json::from_str(line)?);
    }
    Ok(whole)
}

/// The files of a folder, named from the repository.
fn collect(folder: &str, files: &mut Vec<String>) -> Result<()> {
    let mut entries = std::fs::read_dir(repository().join(folder))?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&name, files)?;
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "md" || ending == "jsonl") {
            files.push(name);
        }
    }
    Ok(())
}
