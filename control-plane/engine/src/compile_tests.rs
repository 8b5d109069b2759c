//! What the API is told of audiences.

use acquaint_core::plan::Verdict;
use acquaint_store::catalog::{Audience, Catalog, Definition};

use super::{check_audience, code, compile_catalog, summary};
use crate::testing::{audience, catalog};

fn one(id: &str, mode: &str, text: &str) -> Audience {
    let Definition::Audience(audience) = audience(id, mode, text) else { panic!("not an audience") };
    audience
}

fn with(audiences: &[Audience]) -> Catalog {
    let mut catalog = catalog();
    catalog.audiences.extend(audiences.iter().map(|audience| (audience.id.clone(), audience.clone())));
    catalog
}

fn codes(catalog: &Catalog, audience: &Audience) -> Vec<String> {
    check_audience(catalog, audience).diagnostics.into_iter().map(|found| found.code).collect()
}

#[test]
fn an_audience_that_can_run_comes_with_its_verdicts() {
    let found = check_audience(&with(&[]), &one("gold", "synchronous", r#"tier = "gold""#));
    assert!(found.is_ok(), "{found:?}");
    assert!(matches!(found.native.unwrap().edge, Verdict::Ok { .. }));
}

#[test]
fn an_unknown_field_is_told_with_its_place() {
    let found = check_audience(&with(&[]), &one("gold", "continuous", r#"tear = "gold""#));
    assert!(!found.is_ok() && found.native.is_none());
    let span = found.diagnostics[0].span;
    assert_eq!((found.diagnostics[0].code.as_str(), span.start, span.end), ("PQL0301", 0, 4));
}

#[test]
fn a_mode_it_cannot_run_in_is_refused_with_reason_and_help() {
    let history = "xEvent.kind.distinct().count() >= 3";
    assert!(check_audience(&with(&[]), &one("wide", "batch", history)).is_ok());
    let found = check_audience(&with(&[]), &one("wide", "continuous", history));
    assert!(!found.is_ok());
    assert!(found.diagnostics[0].code.starts_with("PQL06") && found.diagnostics[0].help.is_some());
    assert!(found.native.is_some(), "the other modes may do");
    assert!(compile_catalog(&with(&[one("wide", "continuous", history)])).is_err());
}

#[test]
fn audiences_that_refer_to_each_other_are_told_with_the_path() {
    let first = one("a", "continuous", r#"inSegment("b")"#);
    let second = one("b", "continuous", r#"inSegment("a")"#);
    let found = check_audience(&with(std::slice::from_ref(&first)), &second);
    assert_eq!(found.diagnostics[0].code, code::CYCLE);
    assert!(found.diagnostics[0].message.contains("a -> b -> a"), "{}", found.diagnostics[0].message);
    let problems = compile_catalog(&with(&[first, second])).unwrap_err();
    assert!(summary(&problems).contains(code::CYCLE));
}

#[test]
fn what_is_wrong_with_others_is_not_held_against_it() {
    let broken = one("broken", "continuous", "tier = ");
    assert_eq!(codes(&with(&[broken]), &one("gold", "continuous", r#"tier = "gold""#)), Vec::<String>::new());
}

#[test]
fn two_modes_are_one_too_many() {
    let mut both = one("gold", "continuous", r#"tier = "gold""#);
    both.evaluation_info.synchronous.enabled = true;
    assert_eq!(codes(&with(&[]), &both), [code::SEVERAL_MODES]);
}

#[test]
fn all_problems_are_told_at_once() {
    let problems = compile_catalog(&with(&[
        one("a", "continuous", "tier = "),
        one("b", "continuous", "colour = 1"),
        one("c", "continuous", r#"tier = "gold""#),
    ]))
    .unwrap_err();
    let named: Vec<&str> = problems.iter().map(|problem| problem.audience.as_str()).collect();
    assert_eq!(named, ["a", "b"]);
}
