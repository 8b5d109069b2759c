//! The documented examples against one schema with the fields that they use, so that their names and types are looked
//! at too. (`suite.rs` runs them without any schema, as `acquaint pql conformance` does.)
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use acquaint_core::conformance::case::{Form, Setting};
use acquaint_core::conformance::{self, Report};
use serde_json::{Value as Json, json};

const EXAMPLES: &str = include_str!("../../tests/data/conformance/pql_examples.jsonl");
const SCHEMA: &str = include_str!("../../tests/data/conformance/schema.json");
const EXCEPTIONS: &str = include_str!("../../tests/conformance/exceptions.json");

/// The properties of a class.
fn properties(class: &str) -> Json {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    schema[class]["properties"].clone()
}

#[test]
fn every_example_is_in_order_for_a_schema_with_its_fields() {
    let schema = json!({"profile": properties("profile"), "event": properties("event")});
    let members: Vec<&str> =
        EXAMPLES.split("inSegment(\\\"").skip(1).filter_map(|rest| rest.split('\\').next()).collect();
    let world = json!({"schema": schema, "members": members});
    let known: Json = serde_json::from_str(EXCEPTIONS).unwrap();
    let mut exceptions: BTreeMap<String, String> =
        serde_json::from_value(known["exceptions"].clone()).unwrap();
    exceptions.insert(
        "pql-0351".into(),
        "wrong in the source: a variable that nothing binds, left behind by a rewrite".into(),
    );
    let mut report = Report::default();
    for mut case in conformance::read("pql_examples.jsonl", EXAMPLES) {
        let body = case.body.as_mut().unwrap();
        if matches!(body.form, Form::CalculatedField | Form::SetPattern) {
            continue;
        }
        body.setting = Setting::World(world.as_object().unwrap().clone());
        body.expected.value = None;
        let outcome = conformance::run(&case);
        report.add(&case, outcome);
    }
    // What only its value is wrong of is in order.
    exceptions.retain(|name, _| report.failures.iter().any(|failed| failed.name == *name));
    assert_eq!(report.surprises(&exceptions), [""; 0]);
    assert!(report.total.passed >= 287, "only {} passed", report.total.passed);
}
