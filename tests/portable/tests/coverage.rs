//! The generator writes everything that the language has, so that agreement is agreement about all of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::lang::Dialect;
use acquaint_core::lang::functions::{Clock, rows};
use acquaint_core::lang::parse;
use acquaint_portable::choices::Choices;
use acquaint_portable::world::World;
use serde_json::Value as Json;

/// Worlds in which everything has to turn up.
const WORLDS: u64 = 4_000;

const NODES: [&str; 23] = [
    "And",
    "Arithmetic",
    "Call",
    "Chain",
    "Compare",
    "Events",
    "Field",
    "Filter",
    "If",
    "Let",
    "List",
    "Literal",
    "Map",
    "Member",
    "Negate",
    "Not",
    "Object",
    "Occurs",
    "Or",
    "Profile",
    "Quantified",
    "Select",
    "Variable",
];
const KINDS: [&str; 23] = [
    "Aggregate",
    "And",
    "Binary",
    "Call",
    "Chain",
    "Field",
    "Filter",
    "If",
    "Lambda",
    "Let",
    "List",
    "Literal",
    "Method",
    "Name",
    "Negate",
    "Not",
    "Object",
    "Occurs",
    "Or",
    "Parameter",
    "Quantified",
    "Select",
    "Up",
];
const TIMES: [&str; 31] = [
    "AtLeast",
    "AtMost",
    "Exactly",
    "Less",
    "More",
    "Before",
    "After",
    "From",
    "Now",
    "Today",
    "Yesterday",
    "Tomorrow",
    "This",
    "Last",
    "Next",
    "Exact",
    "Offset",
    "Side",
    "On",
    "Between",
    "Millisecond",
    "Second",
    "Minute",
    "Hour",
    "Day",
    "Week",
    "Month",
    "Year",
    "Decade",
    "Century",
    "Millennium",
];
const OPERATORS: [&str; 15] = [
    "Equal",
    "NotEqual",
    "Less",
    "LessOrEqual",
    "Greater",
    "GreaterOrEqual",
    "Add",
    "Subtract",
    "Multiply",
    "Divide",
    "Remainder",
    "Exists",
    "ForAll",
    "None",
    "One",
];

/// What was found, by the key that it stood under.
type Found = BTreeMap<String, BTreeSet<String>>;

fn collect(json: &Json, found: &mut Found) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                let name = match value {
                    Json::Object(variant) if variant.len() == 1 => variant.keys().next().cloned(),
                    Json::String(name) => Some(name.clone()),
                    Json::Number(code) => Some(code.to_string()),
                    _ => None,
                };
                found.entry(key.clone()).or_default().extend(name);
                collect(value, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn missing<'a>(wanted: impl IntoIterator<Item = &'a str>, found: &BTreeSet<String>) -> Vec<&'a str> {
    wanted.into_iter().filter(|name| !found.contains(*name)).collect()
}

#[test]
fn everything_the_language_has_is_generated() {
    let (mut found, mut kinds, mut counts) = (Found::new(), BTreeSet::new(), BTreeSet::new());
    for seed in 0..WORLDS {
        for written in World::new(&mut Choices::of_seed(seed)).audiences.written {
            let tree = format!("{:?}", parse(&written.text).tree);
            for part in tree.split("kind: ").skip(1) {
                kinds.insert(part.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned());
            }
            for count in written.text.split("COUNT(").skip(1) {
                counts.extend(count.split(|c: char| !c.is_alphabetic()).next().map(str::to_owned));
            }
            if let Ok(checked) = written.checked {
                collect(&serde_json::to_value(&checked.expr).unwrap(), &mut found);
            }
        }
    }
    assert_eq!(missing(NODES, &found["node"]), [""; 0], "nodes");
    assert_eq!(missing(KINDS, &kinds), [""; 0], "kinds of tree");
    let under = |keys: &[&str]| keys.iter().flat_map(|key| found[*key].clone()).collect::<BTreeSet<String>>();
    let times = under(&["bound", "direction", "unit", "anchor", "test", "This", "Last", "Next", "Offset"]);
    assert_eq!(missing(TIMES, &times), [""; 0], "times");
    let operators = under(&["operator", "quantifier"]);
    assert_eq!(missing(OPERATORS, &operators), [""; 0], "operators");
    assert_eq!(missing(["at", "exactly", "between", ""], &counts), [""; 0], "counts of steps");
    let called = |code: &u16| found["function"].contains(&code.to_string());
    // Nothing wants what `stringToNumber` gives, which may be a number or text.
    let wanted = rows().filter(|row| row.is_in(Dialect::Pql) && row.name != "stringToNumber");
    let wanted = wanted.filter(|row| row.clock != Clock::Instant);
    let unused = wanted.filter(|row| !called(&row.code)).map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(unused, [""; 0], "functions");
}
