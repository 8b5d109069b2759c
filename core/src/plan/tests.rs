//! From text to formulas, leaves and verdicts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::leaf::{Formula, LeafKind};
use super::program::{Definition, Error};
use super::{Mode, Modes, Program, Verdict, text};
use crate::lang::AudienceDirectory;
use crate::lang::schema::{Type, UnionSchema};

struct Anything;

impl AudienceDirectory for Anything {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

fn schema() -> UnionSchema {
    let object = |fields: &[(&str, Type)]| {
        Type::Object(fields.iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect())
    };
    let field = |name: &str, ty: Type| (name.to_string(), ty);
    let item = object(&[("price", Type::Number), ("brand", Type::String)]);
    UnionSchema {
        profile: [field("age", Type::Integer), field("city", Type::String), field("birthDate", Type::Date)]
            .into(),
        event: [
            field("eventType", Type::String),
            field("timestamp", Type::DateTime),
            field("city", Type::String),
            field("total", Type::Number),
            field("items", Type::List(item.into())),
        ]
        .into(),
    }
}

fn definition(id: &str, text: &str) -> Definition {
    let checked = crate::lang::compile(text, &schema(), &Anything).unwrap_or_else(|found| {
        panic!("{text}: {found:?}");
    });
    Definition { id: id.into(), mode: Mode::Streaming, checked }
}

fn program(texts: &[&str]) -> Program {
    let definitions: Vec<Definition> =
        texts.iter().enumerate().map(|(number, text)| definition(&format!("a{number}"), text)).collect();
    Program::build(&definitions).unwrap()
}

/// A formula with the text of its leaves; stored events are read where it says `history`.
fn show(program: &Program, formula: &Formula) -> String {
    let kind = |leaf: &u32| &program.leaves[*leaf as usize].kind;
    let joined = |inner: &[Formula], word: &str| {
        format!("({})", inner.iter().map(|inner| show(program, inner)).collect::<Vec<_>>().join(word))
    };
    match formula {
        Formula::Constant(value) => value.to_string(),
        Formula::Leaf(leaf) => match kind(leaf) {
            LeafKind::History(expr) => format!("history({})", text::of_expr(expr)),
            kind => text::of_leaf(kind),
        },
        Formula::Aggregate { leaf, aggregate, comparison, constant } => match kind(leaf) {
            LeafKind::Events(window) => text::of_aggregate(window, *aggregate, *comparison, constant),
            kind => panic!("an aggregate of {kind:?}"),
        },
        Formula::Audience(number) => format!("inSegment(\"a{number}\")"),
        Formula::Not(inner) => format!("not {}", show(program, inner)),
        Formula::And(inner) => joined(inner, " and "),
        Formula::Or(inner) => joined(inner, " or "),
    }
}

fn check(source: &str, expected: &str) {
    let program = program(&[source]);
    assert_eq!(show(&program, &program.audiences[0].formula), expected, "{source}");
}

#[test]
fn ways_of_asking_whether_there_is_an_event_are_one_leaf() {
    for source in [
        "xEvent[eventType = \"a\"]",
        "xEvent[\"a\" = eventType]",
        "xEvent.filter(eventType = \"a\")",
        "exists e from xEvent where e.eventType = \"a\"",
        "(select e from xEvent where e.eventType = \"a\").count() > 0",
        "xEvent[eventType = \"a\"].count() >= 1",
        "0 < xEvent[eventType = \"a\"].count()",
        "xEvent[eventType = \"a\" and eventType = \"a\"].count() != 0",
        "xEvent.eventType = \"a\"",
        "not (xEvent[eventType = \"a\"].count() = 0)",
    ] {
        check(source, "xEvent[eventType = \"a\"]");
    }
    check("xEvent[eventType = \"a\"].count() = 0", "not xEvent[eventType = \"a\"]");
}

#[test]
fn items_that_are_null_are_found_but_not_counted() {
    check("[null].filter((x) => city = \"a\")", "exists x0 from [null] where city = \"a\"");
    check(
        "[null].filter((x) => city = \"a\").count() > 0",
        "(select x0 from [null] where city = \"a\").count() > 0",
    );
}

#[test]
fn operands_are_sorted_so_that_order_does_not_matter() {
    let one = program(&["xEvent[eventType = \"a\" and total > 5]"]);
    let other = program(&["xEvent[total > 5 and eventType = \"a\"]"]);
    assert_eq!(one, other);
}

#[test]
fn tests_of_the_timestamp_become_the_window() {
    check(
        "xEvent[timestamp occurs <= 7 days before now and total > 5].count() >= 3",
        "xEvent[total > 5 and timestamp occurs <= 7 days before now].count() >= 3",
    );
    check(
        "xEvent[timestamp occurs today or timestamp occurs yesterday]",
        "(xEvent[timestamp occurs today] or xEvent[timestamp occurs yesterday])",
    );
}

#[test]
fn aggregates_of_one_field_or_expression_are_folded() {
    check("xEvent[eventType = \"a\"].total.sum() > 100", "xEvent[eventType = \"a\"].total.sum() > 100");
    check("xEvent.items.price.max() > 100", "xEvent.items.price.max() > 100");
    check("xEvent.sum(total * 2) > 100", "xEvent.map(total * 2).sum() > 100");
}

#[test]
fn chains_of_events_are_folded() {
    check(
        "chain(xEvent, timestamp, [First: WHAT(eventType = \"a\") WHEN(< 7 days before now), \
         X: NOT WHAT(total > 5) WHEN(within 1 day after First), \
         Last: WHERE(city = \"x\") COUNT(between 2 and 3), Idle: COUNT(0)])",
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") WHEN(< 7 days before now), \
         B: WHAT(total > 5) WHEN(<= 1 day after A) COUNT(exactly 0), \
         C: WHAT(city = \"x\") COUNT(between 2 and 3)])",
    );
    let one = program(&[
        "chain(xEvent[total > 1], timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(eventType = \"b\")])",
    ]);
    let other = program(&[
        "chain(xEvent, timestamp, [X: WHAT(\"a\" = eventType) WHERE(total > 1), Y: WHERE(total > 1 and eventType = \"b\")])",
    ]);
    assert_eq!(one, other);
    check(
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") COUNT(between 2 and 3)])",
        "(xEvent[eventType = \"a\"].count() >= 2 and xEvent[eventType = \"a\"].count() <= 3)",
    );
    check(
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), B: WHERE(city = ^.city)])",
        "history(chain(xEvent as x0, timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(city = city)]))",
    );
}

#[test]
fn what_relates_events_to_anything_else_needs_the_stored_events() {
    check("xEvent[city = ^.city]", "history(exists x0 from xEvent where city = city)");
    check("xEvent.count() > age", "history(xEvent.count() > age)");
    check("xEvent.total.sum() / xEvent.count() > 3", "history((xEvent.total.sum() / xEvent.count()) > 3)");
}

#[test]
fn terms_without_events_are_apart_and_constants_vanish() {
    check("age > 3 and true and not (city = \"x\")", "(not city = \"x\" and age > 3)");
    check("age > 2 + 1 or false", "age > 3");
    check("age > 3 and 1 = 2", "false");
}

#[test]
fn thresholds_share_a_leaf_which_keeps_what_the_largest_needs() {
    let program = program(&[
        "xEvent[eventType = \"a\"].count() >= 3",
        "xEvent[eventType = \"a\"].count() = 4",
        "xEvent[eventType = \"a\"]",
    ]);
    assert_eq!(program.leaves.len(), 1);
    let keep_max = |program: &Program| match &program.leaves[0].kind {
        LeafKind::Events(window) => window.keep_max,
        kind => panic!("{kind:?}"),
    };
    assert_eq!(keep_max(&program), Some(5));
    let single = super::tests::program(&["xEvent[eventType = \"a\"]"]);
    assert_eq!(keep_max(&single), Some(1));
    assert_eq!(single.leaves[0].id, program.leaves[0].id);
}

#[test]
fn audiences_come_after_those_they_refer_to() {
    let program = program(&["inSegment(\"a1\") and age > 3", "city = \"x\"", "inSegment(\"elsewhere\")"]);
    let order: Vec<&str> = program.audiences.iter().map(|audience| audience.id.as_str()).collect();
    assert_eq!(order, ["a1", "a0", "a2"]);
    assert!(
        program
            .leaves
            .iter()
            .any(|leaf| matches!(&leaf.kind, LeafKind::Member(id) if id.as_str() == "elsewhere"))
    );
}

#[test]
fn circles_doubles_and_long_chains_are_refused() {
    let build = |definitions: &[Definition]| Program::build(definitions).unwrap_err();
    let circle = [definition("a", "inSegment(\"b\")"), definition("b", "not (inSegment(\"a\"))")];
    assert_eq!(build(&circle), Error::Cycle(vec!["a".into(), "b".into(), "a".into()]));
    let doubled = [definition("a", "age > 1"), definition("a", "age > 2")];
    assert_eq!(build(&doubled), Error::Duplicate("a".into()));
    let chain: Vec<Definition> = (0..40)
        .map(|number| definition(&format!("a{number}"), &format!("inSegment(\"a{}\")", number + 1)))
        .collect();
    assert!(matches!(build(&chain), Error::TooDeep { .. }));
    let reversed: Vec<Definition> = chain.into_iter().rev().collect();
    assert!(matches!(build(&reversed), Error::TooDeep { .. }));
}

fn codes(modes: &Modes) -> [String; 3] {
    [Mode::Edge, Mode::Streaming, Mode::Batch].map(|mode| match modes.of(mode) {
        Verdict::Ok { .. } => "ok".into(),
        Verdict::No { code, .. } => code.clone(),
    })
}

fn check_verdict(source: &str, native: [&str; 3], adobe: [&str; 3]) {
    let program = program(&[source, "age > 1", "xEvent[timestamp occurs today]"]);
    let audience = program.audiences.iter().find(|audience| audience.id.as_str() == "a0").unwrap();
    assert_eq!(codes(&audience.native), native, "native: {source}");
    assert_eq!(codes(&audience.adobe), adobe, "adobe: {source}");
}

#[test]
fn verdicts_follow_this_engine_and_the_documented_rules() {
    const OK: [&str; 3] = ["ok"; 3];
    check_verdict("age > 3", OK, OK);
    check_verdict("birthDate.age() > 3", OK, OK);
    check_verdict("random() > 0.5", ["PQL0604", "PQL0604", "ok"], OK);
    check_verdict("birthDate.ageInDays() > 3", ["PQL0604", "PQL0604", "ok"], OK);
    check_verdict("city.md5() = \"a\"", ["PQL0605", "ok", "ok"], OK);
    check_verdict(
        "xEvent[total.formatNumber(\"en_US\") = \"1\"].count() > 1",
        ["PQL0605", "ok", "ok"],
        ["PQL0612", "PQL0612", "ok"],
    );
    check_verdict("xEvent[timestamp occurs <= 24 hours before now]", OK, OK);
    check_verdict("xEvent[timestamp occurs today] and age > 3", OK, OK);
    check_verdict("xEvent[timestamp occurs <= 25 hours before now]", OK, ["PQL0612", "PQL0612", "ok"]);
    check_verdict("xEvent[eventType = \"a\"]", OK, ["PQL0612", "PQL0612", "ok"]);
    check_verdict(
        "xEvent[eventType = \"a\" and timestamp occurs today] and not (xEvent[eventType = \"b\" and timestamp occurs today])",
        OK,
        ["PQL0617", "ok", "ok"],
    );
    check_verdict("not (xEvent[timestamp occurs today])", OK, ["PQL0613", "PQL0613", "ok"]);
    check_verdict("xEvent[timestamp occurs today].count() >= 3", OK, ["PQL0617", "ok", "ok"]);
    check_verdict("xEvent[timestamp occurs today].total.sum() > 3", OK, ["PQL0611", "PQL0611", "ok"]);
    check_verdict("inSegment(\"a1\") and xEvent[eventType = \"a\" and timestamp occurs today]", OK, OK);
    check_verdict(
        "inSegment(\"a2\") and xEvent[eventType = \"a\" and timestamp occurs today]",
        OK,
        ["PQL0614", "PQL0614", "ok"],
    );
    let chain = |when: &str| {
        format!(
            "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") {when}, B: WHAT(eventType = \"b\") WHEN(today)])"
        )
    };
    check_verdict(&chain("WHEN(<= 24 hours before now)"), OK, ["PQL0617", "ok", "ok"]);
    check_verdict(&chain("WHEN(<= 2 days before now)"), OK, ["PQL0612", "PQL0612", "ok"]);
    check_verdict(&chain(""), OK, ["PQL0612", "PQL0612", "ok"]);
    check_verdict(&format!("not ({})", chain("WHEN(today)")), OK, ["PQL0613", "PQL0613", "ok"]);
    check_verdict(
        &chain("WHEN(today) WHERE(city = ^.city)"),
        ["PQL0601", "PQL0601", "ok"],
        ["PQL0611", "PQL0611", "ok"],
    );
    check_verdict("xEvent[city = ^.city]", ["PQL0601", "PQL0601", "ok"], ["PQL0611", "PQL0611", "ok"]);
}

#[test]
fn many_ways_to_one_audience_are_not_walked_one_by_one() {
    // Eight to the power of twenty ways.
    let id = |layer: usize, place: usize| format!("a{layer}-{place}");
    let below = |layer: usize| (0..8).map(move |place| format!("inSegment(\"{}\")", id(layer, place)));
    let definitions: Vec<Definition> = (0..20)
        .flat_map(|layer| (0..8).map(move |place| (layer, place)))
        .map(|(layer, place)| match layer {
            0 => definition(&id(0, place), &format!("age > {place}")),
            _ => definition(&id(layer, place), &below(layer - 1).collect::<Vec<_>>().join(" or ")),
        })
        .collect();
    assert_eq!(Program::build(&definitions).unwrap().audiences.len(), 160);
}

#[test]
fn only_the_attributes_that_are_read_are_needed() {
    let program = program(&["age > 3 and xEvent[city = ^.city]", "birthDate occurs this month"]);
    assert_eq!(program.attribute_paths(), [["age"], ["birthDate"], ["city"]]);
}
