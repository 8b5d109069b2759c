//! What explanations say of rules that people write.

use std::string::{String, ToString};
use std::vec::Vec;

use serde_json::{Value as Json, json};

use super::*;
use crate::lang;
use crate::lang::schema::{Type, UnionSchema};
use crate::plan::Program;
use crate::plan::program::Definition;
use crate::profile::{Event, IdentityMap, Memberships};
use crate::time::parse_instant;
use crate::value::fields;

struct Anything;

impl lang::AudienceDirectory for Anything {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

fn schema() -> UnionSchema {
    UnionSchema {
        profile: [
            ("age".into(), Type::Integer),
            ("city".into(), Type::String),
            ("seen".into(), Type::DateTime),
        ]
        .into(),
        event: [("kind".into(), Type::String), ("price".into(), Type::Number)].into(),
    }
}

/// Audiences as `(id, text)`; the last is explained, over somebody of 36 in Oslo who bought on 25 and 27 August, for 2
/// and 3.5.
fn explained(audiences: &[(&str, &str)]) -> Json {
    let definition = |(id, text): &(&str, &str)| Definition {
        id: (*id).into(),
        mode: Mode::Streaming,
        checked: lang::compile(text, &schema(), &Anything).unwrap(),
    };
    let definitions: Vec<Definition> = audiences.iter().map(definition).collect();
    let program = Prepared::new(Program::build(&definitions).unwrap());
    let attributes = json!({"age": 36, "city": "Oslo", "seen": "2018-08-27T12:00:00Z"});
    let attributes = fields::from_json(attributes.as_object().unwrap(), 4).unwrap();
    let event = |id: &str, at: &str, price: f64| {
        let fields = json!({"kind": "buy", "price": price});
        Event {
            id: id.into(),
            timestamp_ms: parse_instant(at).unwrap(),
            fields: fields::from_json(fields.as_object().unwrap(), 4).unwrap(),
        }
    };
    let events = [event("a", "2018-08-25T00:00:00Z", 2.0), event("b", "2018-08-27T06:00:00Z", 3.5)];
    let (identities, memberships) = (IdentityMap::new(), Memberships::new());
    let subject = Subject {
        attributes: &attributes,
        identities: &identities,
        memberships: &memberships,
        events: &events,
    };
    let number = program.audience_number(&audiences.last().unwrap().0.into()).unwrap();
    explain_run(&program, number, subject, parse_instant("2018-08-28T00:00:00Z").unwrap()).unwrap().to_json()
}

fn check(text: &str, expected: &Json) {
    assert_eq!(&explained(&[("a", text)]), expected, "{text}");
}

#[test]
fn an_attribute_shows_the_values_of_its_paths() {
    check(
        "age >= 18",
        &json!({"text": "age >= 18", "value": true, "decided": true, "seen": [{"text": "age", "value": 36}], "changesAt": null}),
    );
}

#[test]
fn an_attribute_in_time_says_when_it_stops_being_so() {
    let seen = json!([{"text": "seen", "value": "2018-08-27T12:00:00Z"}]);
    check(
        "seen occurs <= 24 hours before now",
        &json!({"text": "seen occurs <= 24 hours before now", "value": true, "decided": true, "seen": seen,
            "changesAt": "2018-08-28T12:00:00.001Z"}),
    );
}

#[test]
fn a_window_shows_its_events_and_when_the_oldest_that_matters_leaves() {
    check(
        "xEvent[kind = \"buy\" and timestamp occurs <= 7 days before now].count() >= 2",
        &json!({"text": "xEvent[kind = \"buy\" and timestamp occurs <= 7 days before now].count() >= 2", "value": true,
            "decided": true, "found": 2, "atLeast": true,
            "events": [{"timestamp": "2018-08-25T00:00:00.000Z"}, {"timestamp": "2018-08-27T06:00:00.000Z"}],
            "changesAt": "2018-09-01T00:00:00.001Z"}),
    );
}

#[test]
fn a_sequence_shows_the_events_of_its_steps_and_when_one_of_them_leaves() {
    check(
        "chain(xEvent, timestamp, [First: WHAT(price = 2.0) WHEN(<= 7 days before now), Then: WHAT(kind = \"buy\")])",
        &json!({"text": "chain(xEvent, timestamp, [A: WHAT(price = 2) WHEN(<= 7 days before now), B: WHAT(kind = \"buy\")])",
            "value": true, "decided": true, "found": 2,
            "events": [{"timestamp": "2018-08-25T00:00:00.000Z"}, {"timestamp": "2018-08-27T06:00:00.000Z"}],
            "changesAt": "2018-09-01T00:00:00.001Z"}),
    );
}

#[test]
fn a_sum_shows_the_values_it_is_of() {
    let shown = explained(&[("a", "xEvent[timestamp occurs <= 2 days before now].price.sum() > 5")]);
    assert_eq!((&shown["value"], &shown["found"]), (&json!(false), &json!(3.5)));
    assert_eq!(shown["events"], json!([{"timestamp": "2018-08-27T06:00:00.000Z", "value": 3.5}]));
    // The sum falls when the event leaves, and is too small before and after.
    assert_eq!(shown["changesAt"], json!(null));
}

/// The texts of the leaves that decided.
fn deciding(term: &Json) -> Vec<String> {
    match term["children"].as_array() {
        Some(children) => children.iter().flat_map(deciding).collect(),
        None if term["decided"] == json!(true) => [term["text"].as_str().unwrap().to_string()].into(),
        None => Vec::new(),
    }
}

fn check_deciding(text: &str, expected: &[&str]) {
    assert_eq!(deciding(&explained(&[("a", text)])), expected, "{text}");
}

#[test]
fn of_a_false_and_the_false_operands_decide_and_of_a_true_or_the_true_ones() {
    check_deciding("age = 36 and city = \"Rome\"", &["city = \"Rome\""]);
    check_deciding("age = 36 and city = \"Oslo\"", &["age = 36", "city = \"Oslo\""]);
    check_deciding("age = 36 or city = \"Rome\"", &["age = 36"]);
    check_deciding("age = 1 or city = \"Rome\"", &["age = 1", "city = \"Rome\""]);
    check_deciding("not (age = 1 or city = \"Oslo\") and age = 36", &["city = \"Oslo\""]);
}

#[test]
fn another_audience_is_explained_where_it_is_named_first() {
    let shown = explained(&[
        ("grown", "age >= 18"),
        ("a", "inSegment(\"grown\") and (inSegment(\"grown\") or age = 1)"),
    ]);
    assert_eq!((named(&shown, false), named(&shown, true)), (2, 1), "{shown}");
    assert_eq!(shown["value"], json!(true));
}

/// How often the other audience is named, or explained.
fn named(term: &Json, with_terms: bool) -> usize {
    let here = term["text"] == json!("inSegment(\"grown\")") && !(with_terms && term["children"].is_null());
    let children = term["children"].as_array();
    usize::from(here) + children.into_iter().flatten().map(|child| named(child, with_terms)).sum::<usize>()
}

#[test]
fn an_explanation_of_any_depth_can_be_read_as_json() {
    let mut audiences: Vec<(String, String)> = Vec::from([("a0".into(), "age = 1".into())]);
    for number in 1..30 {
        let text = std::format!("not (inSegment(\"a{}\") and (city = \"x\" or not (age = 2)))", number - 1);
        audiences.push((std::format!("a{number}"), text));
    }
    let audiences: Vec<(&str, &str)> = audiences.iter().map(|(id, text)| (&**id, &**text)).collect();
    let shown = explained(&audiences).to_string();
    assert!(serde_json::from_str::<Json>(&shown).is_ok());
}

#[test]
fn long_values_are_shortened() {
    let mut room = crate::limits::EXPLANATION_VALUE_PARTS_MAX;
    let long = Value::List(Vec::from([
        Value::String("ü".repeat(5_000)),
        Value::List(alloc::vec![Value::Null; 5_000]),
    ]));
    let shown = seen::shortened(&long, &mut room).to_json();
    assert_eq!(
        shown[0].as_str().unwrap().chars().count(),
        crate::limits::EXPLANATION_TEXT_CHARACTERS_MAX + 1
    );
    assert!(shown[1].as_array().unwrap().len() <= crate::limits::EXPLANATION_VALUE_PARTS_MAX);
}
