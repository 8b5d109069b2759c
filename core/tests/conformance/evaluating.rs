//! Examples with sample data give what the documentation says, by the specification, by the program over the whole
//! profile, and by folded state.

use std::collections::BTreeMap;

use acquaint_core::eval::{self, Slice, Subject};
use acquaint_core::id::AudienceId;
use acquaint_core::lang::{Checked, Diagnostic, compile};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program, Verdict};
use acquaint_core::profile::{Event, IdentityMap, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, Value};

use crate::cases::{Case, EveryAudience, cases, whole};
use crate::sample::World;

/// Where we mean it otherwise than the example's result, and why.
const OTHERWISE: [(&str, &str); 2] = [
    ("pql-0224", "design, decision 5: `matches` looks at case, as everywhere else in the documentation"),
    ("pql-0412", "the documented result of an address that begins with `https` has lost its `s`"),
];

/// Not evaluated yet, and why.
const MISSING: [(&str, &str); 5] = [
    ("pql-0454", DATA_PREP),
    ("pql-0455", DATA_PREP),
    ("pql-0458", DATA_PREP),
    ("pql-0459", DATA_PREP),
    ("pql-0460", DATA_PREP),
];
const DATA_PREP: &str = "calculated fields of destinations are a language of their own";

/// How many examples of a category with sample data there are, and how many give what is expected.
const PASSED: [(&str, usize, usize); 6] = [
    ("ajo-function", 12, 11),
    ("arithmetic", 1, 1),
    ("array", 12, 12),
    ("calculated-field", 5, 0),
    ("datetime", 1, 1),
    ("string", 52, 51),
];

#[test]
fn examples_with_sample_data_give_what_is_documented() {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    for case in cases() {
        let Some(sample) = &case.sample else { continue };
        let world = World::new(&case.pql, sample);
        let outcome = match case.expected.as_str().and_then(interval) {
            Some(days) => check_interval(&case, &world, days),
            None => check_value(&case, &world),
        };
        let count = counts.entry(case.category.clone()).or_default();
        count.0 += 1;
        count.1 += usize::from(outcome.is_ok());
        if let Err(why) = outcome {
            failed.insert(case.id.clone(), why);
        }
    }
    let known: BTreeMap<&str, &str> = OTHERWISE.into_iter().chain(MISSING).collect();
    let ids: Vec<&str> = failed.keys().map(String::as_str).collect();
    assert_eq!(ids, known.into_keys().collect::<Vec<_>>(), "{failed:#?}");
    let counts: Vec<(&str, usize, usize)> =
        counts.iter().map(|(category, (all, passed))| (&**category, *all, *passed)).collect();
    assert_eq!(counts, PASSED);
}

fn check_value(case: &Case, world: &World) -> Result<(), String> {
    let found = evaluate(&case.pql, world)?;
    let expected = Value::from_json(&case.expected, 16).unwrap();
    let same = found.equals(&expected) || (found == Value::Null && expected == Value::Null);
    // In boolean position null is false (`pql.md` 1.4).
    let false_for_null = found == Value::Null && expected == Value::Boolean(false);
    if same || false_for_null {
        Ok(())
    } else {
        Err(format!("{} gives {found:?}, not {expected:?}", case.pql))
    }
}

/// `with today = ...: matches 2018-07-01 .. 2018-07-31`
fn interval(expected: &str) -> Option<[&str; 2]> {
    let (_, days) = expected.split_once("matches ")?;
    let (first, last) = days.split_once(" .. ")?;
    Some([first, last])
}

/// An event at either end of the days is found, and none just outside.
fn check_interval(case: &Case, world: &World, [first, last]: [&str; 2]) -> Result<(), String> {
    let start_ms = parse_instant(first).unwrap();
    let end_ms = parse_instant(last).unwrap() + 86_400_000;
    let instants = [(start_ms - 1, false), (start_ms, true), (end_ms - 1, true), (end_ms, false)];
    for (timestamp_ms, expected) in instants {
        let events = vec![Event { id: "1".into(), timestamp_ms, fields: Fields::new() }];
        let world =
            World { attributes: Fields::new(), events, now_ms: world.now_ms, schema: world.schema.clone() };
        let found = evaluate(&whole(&case.pql), &world)?;
        if truth(&found) != expected {
            return Err(format!("{} at {timestamp_ms} gives {found:?}", case.pql));
        }
    }
    Ok(())
}

/// The value by the specification. The other evaluators must agree with its truth.
pub(crate) fn evaluate(pql: &str, world: &World) -> Result<Value, String> {
    let checked = compile(pql, &world.schema, &EveryAudience).map_err(|found| shown(&found, pql))?;
    let (identities, memberships) = (IdentityMap::new(), Memberships::new());
    let subject = Subject {
        attributes: &world.attributes,
        identities: &identities,
        memberships: &memberships,
        events: &world.events,
    };
    let value = eval::naive(&checked.expr, &[], subject, world.now_ms);

    let program = prepared(checked);
    assert_eq!(eval::run(&program, subject, world.now_ms), [truth(&value)], "{pql}");
    let mut state = State::default();
    for event in &world.events {
        state::fold(&program, &mut state, event, world.now_ms);
    }
    let slice = Slice {
        attributes: &world.attributes,
        identities: &identities,
        memberships: &memberships,
        state: &state,
    };
    let folds = matches!(program.audiences[0].native.streaming, Verdict::Ok { .. });
    let expected = folds.then(|| truth(&value));
    assert_eq!(eval::answer(&program, slice, world.now_ms), [expected], "{pql}");
    Ok(value)
}

fn prepared(checked: Checked) -> Prepared {
    let definition = Definition { id: AudienceId::from("example"), mode: Mode::Streaming, checked };
    Prepared::new(Program::build(&[definition]).unwrap())
}

fn shown(found: &[Diagnostic], text: &str) -> String {
    found.iter().map(|found| found.render(text)).collect()
}

/// `pql.md` 1.4, boolean position.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Boolean(value) => *value,
        Value::List(items) => !items.is_empty(),
        Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::String(_) | Value::Object(_) => true,
    }
}
