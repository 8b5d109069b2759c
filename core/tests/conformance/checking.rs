//! Every example checks against one schema with the fields that the examples use, to the type the documentation says.

use std::collections::BTreeMap;

use acquaint_core::lang::compile;
use acquaint_core::lang::schema::{Class, Source, Type, UnionSchema};

use crate::cases::{Case, EveryAudience, cases, whole};

const SCHEMA: &str = include_str!("../../../tests/data/conformance/schema.json");

/// What is refused, with which code, and why that is right, or what is missing.
const REFUSED: [(&str, &str, &str); 5] = [
    ("pql-0315", "PQL0201", "an address where a name belongs: no sentence of the language"),
    ("pql-0320", "PQL0401", "compares a count with an array"),
    ("pql-0351", "PQL0301", "a variable that nothing binds, left behind by a rewrite"),
    ("pql-0395", "PQL0406", "counts a test of time: a parenthesis stands in the wrong place"),
    ("pql-0396", "PQL0202", "two expressions side by side with placeholders in them"),
];

/// How many examples check.
const CHECKED: usize = 284;

pub(crate) fn schema() -> UnionSchema {
    let file: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let source = |class, name: &'static str| {
        let properties = file[name]["properties"].as_object().unwrap();
        Source { id: name, class, properties }
    };
    let sources = [source(Class::Profile, "profile"), source(Class::Event, "event")];
    UnionSchema::from_json_schemas(sources).unwrap()
}

#[test]
fn every_example_checks_or_is_refused_for_a_known_reason() {
    let schema = schema();
    let mut refused: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut checked = 0;
    for case in cases().iter().filter(|case| case.is_text()) {
        let text = whole(&case.pql);
        match compile(&text, &schema, &EveryAudience) {
            Ok(found) => {
                checked += 1;
                // Of a fragment, the type is that of what was put around it.
                if text == case.pql {
                    check_type(case, &found.result);
                }
            }
            Err(found) => {
                let shown: String = found.iter().map(|found| found.render(&text)).collect();
                refused.insert(case.id.clone(), (found[0].code.clone(), shown));
            }
        }
    }
    let found: Vec<(&str, &str)> = refused.iter().map(|(id, (code, _))| (&**id, &**code)).collect();
    let known: Vec<(&str, &str)> = REFUSED.iter().map(|(id, code, _)| (*id, *code)).collect();
    let shown: String = refused.iter().map(|(id, (_, shown))| format!("{id}\n{shown}")).collect();
    assert_eq!(found, known, "{shown}");
    assert_eq!(checked, CHECKED);
}

fn check_type(case: &Case, found: &Type) {
    let Some(expected) = &case.result_type else { return };
    let name = match found {
        Type::Any => return,
        Type::Boolean => "Boolean",
        Type::Integer => "Integer",
        Type::Number => "Number",
        Type::String => "String",
        Type::Date => "Date",
        Type::DateTime => "DateTime",
        Type::List(_) => "Array",
        Type::Map(_) => "Map",
        Type::Object(_) => "Object",
    };
    let fits = match &**expected {
        "Number" | "number" | "Double" => found.is_number(),
        expected => expected.split('[').next() == Some(name),
    };
    assert!(fits, "{}: {} is {found}, not {expected}", case.id, case.pql);
}
