//! Every code is produced by something: by a row of the conformance pages, which the suite checks, or by a text below.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use acquaint_core::lang::diagnostic::CODES;
use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{AudienceDirectory, compile, parse};

/// Of audiences together: `control-plane/engine` says and tests them.
const OF_CATALOGUES: [&str; 7] =
    ["PQL0310", "PQL0311", "PQL0312", "PQL0313", "PQL0413", "PQL0510", "PQL0511"];

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

/// Codes that stand in rows as what is expected, not in prose.
fn of_rows(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.flat_map(|row| row.split('|')).map(|cell| cell.trim().trim_matches('`'));
    cells.flat_map(|cell| cell.split([',', ' '])).filter(|word| {
        word.len() == 7 && word.starts_with("PQL") && CODES.iter().any(|(code, _)| code == word)
    })
}

fn of_text(text: &str) -> Vec<String> {
    let mut found = parse(text).diagnostics;
    match compile(text, &UnionSchema::open(), &Nobody) {
        Ok(checked) => found.extend(checked.warnings),
        Err(errors) => found.extend(errors),
    }
    found.into_iter().map(|found| found.code).collect()
}

#[test]
fn every_code_is_produced_by_a_row_or_a_text() {
    let mut found = Vec::new();
    pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance"), &mut found);
    let texts: Vec<String> = found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut produced: BTreeSet<String> =
        texts.iter().flat_map(|text| of_rows(text)).map(str::to_owned).collect();
    let long = format!("a = \"{}\"", "x".repeat(70_000));
    let deep = "(".repeat(1_000_000);
    let heavy = (0..20)
        .fold("let x0 = [1, 2] in ".to_owned(), |text, n| format!("{text}let x{} = [x{n}, x{n}] in ", n + 1))
        + "x20.count() > 1";
    for text in ["a.filter((x, y) => x)", &long, &deep, &heavy] {
        produced.extend(of_text(text));
    }
    let missing: Vec<&str> = CODES
        .iter()
        .map(|(code, _)| *code)
        .filter(|code| !produced.contains(*code) && !OF_CATALOGUES.contains(code))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
