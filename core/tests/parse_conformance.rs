//! Every documented example in text form is read, printed and read back; how many also check is counted, and may not
//! fall.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use acquaint_core::lang::ast::{Expr, Kind, Name};
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::lang::{AudienceDirectory, compile, parse, print};

const EXAMPLES: &str = include_str!("../../tests/data/conformance/pql_examples.jsonl");

/// Examples that are no sentences of the language: two expressions side by side with placeholders in them, and a URI as
/// a name.
const UNREADABLE: [&str; 2] = ["pql-0315", "pql-0396"];

/// How many of the 256 check against a schema in which every name exists and may be anything.
const CHECKED: usize = 219;

struct EveryAudience;

impl AudienceDirectory for EveryAudience {
    fn contains(&self, _id: &str) -> bool {
        true
    }
}

/// Id and text of the examples in text form.
fn examples() -> Vec<(String, String)> {
    let rows = EXAMPLES.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.filter(|row| ["pql/text", "pql-text-xdm-prefixed"].contains(&&*text(row, "dialect")))
        .map(|row| (text(&row, "id"), text(&row, "pql")))
        .collect()
}

#[test]
fn every_example_is_read_and_printed_and_read_back() {
    let mut read = 0;
    for (id, text) in examples() {
        let parsed = parse(&text);
        if UNREADABLE.contains(&&*id) {
            assert!(parsed.has_errors(), "{id} {text}");
            continue;
        }
        let shown: String = parsed.diagnostics.iter().map(|found| found.render(&text)).collect();
        assert!(parsed.diagnostics.is_empty(), "{id}\n{shown}");
        let printed = print(&parsed.tree);
        let again = parse(&printed);
        assert_eq!(again.tree, parsed.tree, "{id}\n{text}\n{printed}");
        assert_eq!(print(&again.tree), printed, "{id}");
        read += 1;
    }
    assert_eq!(read, 254);
}

#[test]
fn as_many_examples_check_as_ever() {
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut checked = 0;
    for (id, text) in examples().into_iter().filter(|(id, _)| !UNREADABLE.contains(&&**id)) {
        match compile(&text, &permissive(&parse(&text).tree), &EveryAudience) {
            Ok(_) => checked += 1,
            Err(found) => {
                refused.entry(found[0].code.clone()).or_default().push(format!("{id}: {}", found[0].message));
            }
        }
    }
    assert_eq!(checked, CHECKED, "raise `CHECKED` if it grew; refused: {refused:#?}");
    let codes: Vec<&String> = refused.keys().collect();
    assert_eq!(codes, ["PQL0390"], "only what is not supported yet is refused: {refused:#?}");
}

/// A schema in which every name of the text is a field of the profile and of events.
fn permissive(tree: &Expr) -> UnionSchema {
    let mut fields = BTreeMap::new();
    let mut rest = vec![tree];
    while let Some(expr) = rest.pop() {
        if let Kind::Name(name) | Kind::Field(_, Name { text: name, .. }) = &expr.kind {
            fields.insert(name.clone(), Type::Any);
        }
        expr.kind.for_each_child(&mut |child| rest.push(child));
    }
    UnionSchema { profile: fields.clone(), event: fields }
}
