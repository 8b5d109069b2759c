//! The shape of the tree: what may depend on what, which licences are in, and how files begin and end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use acquaint_tests::environment::repository;
use serde_json::Value;

/// Which of our crates each crate may use (design: left may use right).
const MAY_USE: [(&str, &[&str]); 12] = [
    ("acquaint-core", &[]),
    ("acquaint-store", &["acquaint-core"]),
    ("acquaint-engine", &["acquaint-core", "acquaint-store"]),
    ("acquaint-batch", &["acquaint-core", "acquaint-store"]),
    ("acquaint-activation", &["acquaint-core", "acquaint-store"]),
    ("acquaint-edge", &["acquaint-core"]),
    (
        "acquaint",
        &["acquaint-core", "acquaint-store", "acquaint-engine", "acquaint-batch", "acquaint-activation"],
    ),
    // The tests and the tasks see the programs from outside, and the libraries they measure or compare.
    ("acquaint-tests", &["acquaint-core"]),
    ("acquaint-portable", &["acquaint-core"]),
    ("acquaint-empty-worker", &[]),
    ("acquaint-fuzz", &["acquaint-core", "acquaint-store", "acquaint-engine", "acquaint-edge"]),
    (
        "xtask",
        &[
            "acquaint-tests",
            "acquaint-portable",
            "acquaint-core",
            "acquaint-store",
            "acquaint-engine",
            "acquaint-batch",
        ],
    ),
];

/// Lines of one source file at most.
const LINES_MAX: usize = 500;

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !["target", "node_modules", "build"].contains(&name.as_str())
            && !name.starts_with('.')
        {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn crates_use_only_what_the_design_allows() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let metadata = metadata();
    let members: Vec<&Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["source"].is_null())
        .collect();
    assert_eq!(members.len(), MAY_USE.len(), "a crate is missing from the table");
    for package in members {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if dependency["path"].is_string() && dependency["kind"].as_str() != Some("dev") {
                assert!(allowed[name].contains(used), "{name} must not use {used}");
            }
        }
    }
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let deny = std::fs::read_to_string(repository().join("deny.toml")).unwrap();
    let allowed: BTreeSet<&str> =
        deny.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    assert!(allowed.contains("Apache-2.0"), "the list was not read");
    for package in metadata()["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none");
        // A choice (`OR`, and the older `/`) is fine if one side is; what is joined by `AND` must be allowed in full.
        let fine = licence
            .replace('/', " OR ")
            .replace(['(', ')'], "")
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|choice| allowed.contains(choice.trim())));
        assert!(fine, "{}: licence `{licence}` is not allowed", package["name"]);
    }
}

#[test]
fn every_source_file_says_what_it_is_for_and_is_short() {
    let mut files = Vec::new();
    sources(&repository(), &mut files);
    assert!(files.len() > 50, "only {} files were found", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(repository()).unwrap().display();
        assert!(text.starts_with("//!"), "{name} does not begin with `//!`");
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{name} has {lines} lines");
    }
}

#[test]
fn no_two_kinds_of_sealed_values_have_the_same_number() {
    const START: &str = "const KIND: u16 = ";
    let mut files = Vec::new();
    sources(&repository(), &mut files);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for path in files {
        let name = path.strip_prefix(repository()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        for number in text.lines().filter_map(|line| line.trim().strip_prefix(START)) {
            let other = known.insert(number.to_owned(), name.clone());
            assert_eq!(other, None, "{number} is of {name} too");
        }
    }
    assert!(known.len() > 15, "only {} were found", known.len());
}
