//! Chains: what they count, and what is said of those that cannot be meant.

use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

use super::super::diagnostic::code;
use super::super::schema::Type;
use super::super::typed::Node;
use super::tests::{check_errors, check_same, check_type, compiled, node};

#[test]
fn a_chain_of_one_step_counts_events() {
    check_same(
        "chain(xEvent, timestamp, [A: WHAT(price > 1) WHEN(< 24 hours before now) COUNT(5)])",
        "xEvent[price > 1 and (timestamp occurs < 24 hours before now)].count() >= 5",
    );
    check_same(
        "chain(xEvent, timestamp, [A: WHAT(price > 1) WHERE(score = 2) COUNT(at most 2)])",
        "xEvent[price > 1 and score = 2].count() <= 2",
    );
    check_same(
        "chain(xEvent, timestamp, [A: WHAT(price > 1) WHERE(score = 2) COUNT(exactly 2)])",
        "xEvent[price > 1 and score = 2].count() = 2",
    );
    check_type("CHAIN(xEvent, timestamp, [A: WHAT(items.exists(sku = \"a\"))])", Type::Boolean);
    check_errors("chain(xEvent, timestamp, [A: WHAT(prize > 1)])", &[code::UNKNOWN_FIELD]);
    check_errors("chain(xEvent, timestamp, [])", &[code::BAD_STEP]);
    check_errors("chain(xEvent, xEvent.timestamp.max(), [A: WHAT(price > 1)])", &[code::BAD_STEP]);
}

#[test]
fn a_chain_of_several_steps_is_one_condition() {
    check_type("chain(xEvent, timestamp, [A: WHAT(price > 1), B: WHAT(price > 2) COUNT(2)])", Type::Boolean);
    check_type(
        "not(chain(xEvent[score > 1], timestamp, [A: WHAT(price > ^.score), B: WHEN(today)]))",
        Type::Boolean,
    );
    check_errors("chain(orders, at, [A: WHAT(price > 1), B: WHAT(price > 2)])", &[code::ARGUMENT_TYPE]);
    check_errors("chain(xEvent, items, [A: WHAT(price > 1), B: WHAT(price > 2)])", &[code::NOT_A_TIME]);
    check_errors("chain(xEvent, timestamp, [A: WHAT(prize > 1), B: WHAT(y)])", &[code::UNKNOWN_FIELD; 2]);
}

/// The steps of a chain with a mistake; what is said of it, and the advice.
fn check_mistake(steps: &str, code: &str, message: &str, help: &str) {
    let text = format!("chain(xEvent, timestamp, [{steps}])");
    let found = compiled(&text).unwrap_err();
    let found: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|found| (&*found.code, &*found.message, found.help.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(found, [(code, message, help)], "{text}");
}

#[test]
fn gaps_start_at_the_nearest_earlier_step_that_must_match() {
    let Node::Chain { steps, .. } = node(
        "chain(xEvent, timestamp, [A: WHAT(price > 1), X: NOT WHAT(price = 2) WHEN(within 1 day after A), \
         B: WHEN(< 7 days before now and after A) COUNT(between 2 and 3)])",
    ) else {
        panic!()
    };
    let shapes: Vec<_> = steps.iter().map(|step| (step.gaps.len(), step.least, step.most)).collect();
    assert_eq!(shapes, [(0, 1, None), (1, 0, Some(0)), (1, 2, Some(3))]);
    let help = "a gap starts at the nearest step before: `after A`";
    let label = code::UNKNOWN_LABEL;
    check_mistake(
        "A: WHAT(price > 1), B: WHEN(within 1 day after C), C: WHAT(price > 2)",
        label,
        "`C` is a later step",
        help,
    );
    check_mistake("A:, B: WHEN(after B)", label, "the gap of `B` starts at the step itself", help);
    check_mistake(
        "A:, X: NOT WHAT(price > 1), B: WHEN(after X)",
        label,
        "`X` need not match, so there is no event of it to count from",
        help,
    );
    check_mistake(
        "First:, A:, B: WHEN(after First)",
        label,
        "`First` is not the nearest step before this one",
        help,
    );
    check_mistake("A:, B: WHEN(after Z)", label, "there is no step and no field `Z`", help);
    check_mistake(
        "Login:, B: WHEN(after Logim)",
        label,
        "there is no step and no field `Logim`",
        "did you mean `Login`?",
    );
    check_mistake(
        "A: WHEN(within 1 day after A), B:",
        label,
        "the gap of `A` starts at the step itself",
        "no step before this one has to match, so there is none to count from",
    );
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    let step = code::BAD_STEP;
    check_mistake(
        "A:, B: WHEN(< 1 day before A)",
        step,
        "this step can never match: its events come after `A`",
        "write `after A`",
    );
    check_mistake(
        "A:, B: WHEN(between A and now)",
        step,
        "a gap is not written with `between`",
        "write two tests: `>= 1 day after A and <= 3 days after A`",
    );
    check_mistake(
        "A:, A: WHAT(price > 1)",
        code::DUPLICATE_LABEL,
        "two steps have the label `A`",
        "give every step a label of its own",
    );
    check_mistake(
        "A: COUNT(between 5 and 2)",
        step,
        "no count is at least 5 and at most 2",
        "write `COUNT(between 2 and 5)`",
    );
    check_mistake(
        "A: NOT WHAT(price > 1), B: COUNT(exactly 0)",
        step,
        "a chain of nothing but exclusions has no event that they could stand beside",
        "negate it instead: `not chain(xEvent, timestamp, [A: WHAT(...)])`",
    );
    let many: Vec<String> = (0..33).map(|number| format!("S{number}:")).collect();
    check_mistake(
        &many.join(", "),
        code::TOO_MANY_STEPS,
        "the chain has 33 steps, more than the 32 allowed",
        "ask for fewer events, or split the chain into audiences that refer to each other",
    );
}

#[test]
fn steps_that_ask_for_nothing_or_can_never_match_are_warned_of() {
    let warned = |steps: &str| {
        let checked = compiled(&format!("chain(xEvent, timestamp, [{steps}])")).unwrap();
        checked.warnings.iter().map(|found| found.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(warned("A:, B: WHAT(price > 1) COUNT(0)"), [code::BAD_STEP]);
    assert_eq!(warned("A: WHEN(< 2 days before now and > 3 days before now), B:"), [code::ALWAYS_FALSE]);
    assert_eq!(warned("A:, B: WHEN(< 2 days after A and >= 2 days after A)"), [code::ALWAYS_FALSE]);
    assert!(
        warned("A: WHEN(< 3 days before now and > 2 days before now), B: WHEN(<= 0 days after A)").is_empty()
    );
}
