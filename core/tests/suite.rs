//! The conformance suite (`tests/conformance`) and the documented examples (`tests/data/conformance`), natively. What
//! cannot pass is listed with its reason in `tests/conformance/exceptions.json`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acquaint_core::conformance::{self, Report};
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md" || ending == "jsonl") {
            found.push(path);
        }
    }
}

#[test]
fn every_case_of_the_suite_passes_or_is_a_known_exception() {
    let mut found = Vec::new();
    files(&root().join("tests/conformance"), &mut found);
    files(&root().join("tests/data/conformance"), &mut found);
    found.sort();
    let mut report = Report::default();
    for path in found {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        report.merge(conformance::run_file(&name, &std::fs::read_to_string(&path).unwrap()));
    }
    let known = std::fs::read_to_string(root().join("tests/conformance/exceptions.json")).unwrap();
    let known: Json = serde_json::from_str(&known).unwrap();
    let exceptions: BTreeMap<String, String> = serde_json::from_value(known["exceptions"].clone()).unwrap();
    let surprises = report.surprises(&exceptions);
    println!("{} cases, {} passed, {} exceptions", report.total.cases, report.total.passed, exceptions.len());
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    let at_least = known["casesMin"].as_u64().unwrap();
    assert!(report.total.cases as u64 >= at_least, "{} cases are fewer than {at_least}", report.total.cases);
}
