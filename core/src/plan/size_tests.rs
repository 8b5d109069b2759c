//! Large rules stay rules of their size: no stage multiplies out what a text says once, and what a rule says many times is
//! kept once.

use std::collections::BTreeSet;
use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

use super::leaf::{EventWindow, Formula, LeafKind, Sequence};
use super::program::Definition;
use super::{Mode, Prepared, Program, normalise, visit};
use crate::lang::schema::UnionSchema;
use crate::lang::typed::Expr;
use crate::lang::{self, AudienceDirectory};
use crate::limits::EXPRESSION_BYTES_MAX;

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

/// How many expressions the checked rule, its normal form and all leaves of its program have, and how many operators
/// the formula.
#[derive(Debug)]
struct Sizes {
    checked: usize,
    normal: usize,
    leaves: usize,
    formula: usize,
    distinct_leaves: usize,
}

fn sizes(text: &str) -> Sizes {
    let checked = lang::compile(text, &UnionSchema::open(), &Nobody)
        .unwrap_or_else(|found| panic!("{}", found.iter().map(|it| it.render("")).collect::<String>()));
    let (size, normal) = (visit::size(&checked.expr), visit::size(&normalise::normalise(&checked.expr)));
    let program = Program::build(&[Definition { id: "a".into(), mode: Mode::Batch, checked }]).unwrap();
    let mut leaves = 0;
    for leaf in &program.leaves {
        leaf.kind.expressions(&mut |expr: &Expr| leaves += visit::size(expr));
        leaves += match &leaf.kind {
            LeafKind::Events(EventWindow { window, .. }) => window.len(),
            LeafKind::Sequence(Sequence { steps }) => steps.len(),
            LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_) => 0,
        };
    }
    let formula = operators(&program.audiences[0].formula);
    let distinct: BTreeSet<_> = program.leaves.iter().map(|leaf| leaf.id).collect();
    assert_eq!(distinct.len(), program.leaves.len(), "{text:.60}");
    // What is prepared for evaluation is made of the same leaves.
    let prepared = Prepared::new(program);
    Sizes { checked: size, normal, leaves, formula, distinct_leaves: prepared.leaves.len() }
}

fn operators(formula: &Formula) -> usize {
    match formula {
        Formula::Constant(_) | Formula::Leaf(_) | Formula::Aggregate { .. } | Formula::Audience(_) => 1,
        Formula::Not(inner) => 1 + operators(inner),
        Formula::And(inner) | Formula::Or(inner) => 1 + inner.iter().map(operators).sum::<usize>(),
    }
}

/// No part is larger than the checked rule, some constant number of times.
fn check(text: &str, times: usize) -> Sizes {
    assert!(text.len() <= EXPRESSION_BYTES_MAX, "{} bytes", text.len());
    let sizes = sizes(text);
    let most = times * sizes.checked;
    assert!(sizes.normal <= most && sizes.leaves <= most && sizes.formula <= most, "{text:.60}: {sizes:?}");
    sizes
}

fn joined(count: usize, word: &str, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(word)
}

/// As many as fit.
fn full(word: &str, one: impl Fn(usize) -> String) -> String {
    let mut text = one(0);
    for number in 1.. {
        let next = one(number);
        if text.len() + word.len() + next.len() > EXPRESSION_BYTES_MAX {
            break;
        }
        text = text + word + &next;
    }
    assert!(text.len() > EXPRESSION_BYTES_MAX - 200);
    text
}

#[test]
fn alternatives_of_conjunctions_are_not_multiplied_out() {
    let pair = |number: usize| format!("(a = {number} and b = {number}) or (c = {number} and d = {number})");
    for word in [" or ", " and "] {
        let grouped = |number: usize| format!("({})", pair(number));
        let sizes = check(&joined(500, word, grouped), 1);
        // One for each comparison.
        assert_eq!(sizes.distinct_leaves, 2_000, "{sizes:?}");
    }
    // Beside events, of which each is a leaf of its own.
    let event = |number: usize| format!("(({}) or xEvent[eventType = \"{number}\"])", pair(number));
    let sizes = check(&joined(500, " and ", event), 2);
    assert_eq!(sizes.distinct_leaves, 2_500, "{sizes:?}");
    let either = |number: usize| {
        format!(
            "((xEvent[a = {number}] and xEvent[b = {number}]) or (xEvent[c = {number}] and xEvent[d = {number}]))"
        )
    };
    let sizes = check(&joined(500, " and ", either), 2);
    assert_eq!(sizes.distinct_leaves, 2_000);
}

#[test]
fn what_is_said_many_times_is_kept_once() {
    let sizes = check(&full(" or ", |_| "xEvent[eventType = \"view\"].count() > 3".to_string()), 1);
    assert_eq!((sizes.distinct_leaves, sizes.formula), (1, 1), "{sizes:?}");
    let sizes = check(&full(" and ", |number| format!("xEvent[eventType = \"view\"].count() > {number}")), 1);
    assert_eq!(sizes.distinct_leaves, 1, "{sizes:?}");
}

#[test]
fn a_text_of_the_largest_size_is_planned_in_proportion() {
    check(&full(" or ", |number| format!("a{number} = {number}")), 1);
    check(&full(" and ", |number| format!("a = {number} or b{number} = 1")), 1);
    check(&format!("a in [{}]", joined(8_000, ", ", |number| number.to_string())), 1);
    check(&full(" or ", |number| format!("xEvent[items[sku = \"{number}\"]]")), 2);
    check(&full(" or ", |number| format!("(exists x from xEvent where x.a = {number})")), 2);
    let both_sides = |number: usize| format!("a{number} occurs < 3 days from now");
    check(&full(" or ", both_sides), 3);
}

#[test]
fn what_normal_forms_say_twice_does_not_double_with_every_level() {
    let nested = |count: usize, open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    // The test of an `if` is said twice, tests of tests too: up to a bound.
    check(&nested(50, "if (", "a", ", b, c)"), 64);
    check(&nested(50, "if (a, b, ", "c", ")"), 4);
    check(&nested(50, "not (", "a and b", ")"), 1);
    let lets = joined(50, " ", |number| format!("let v{} = v{number} and v{number} in", number + 1));
    check(&format!("let v0 = a = 1 in {lets} v50"), 4);
    check(&nested(30, "items[", "a = 1", "]"), 2);
}
