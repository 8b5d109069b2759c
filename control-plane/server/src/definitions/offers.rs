//! Rules of offers: when, to whom and how often they are shown, and how they are ranked.

use std::collections::BTreeMap;

use acquaint_core::lang::Severity;
use acquaint_core::limits::{OFFER_DISPLAYS_MAX, VALUE_DEPTH_MAX};
use acquaint_core::time::parse_instant;
use acquaint_core::value::Value;
use acquaint_engine::{compile, ranking};
use acquaint_store::catalog::{Catalog, Offer, Split};

use super::{Finding, Kind, Subject};

/// Everything that is wrong with offers by themselves and with each other, but for their rankings.
pub(super) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, offer) in &catalog.offers {
        let subject = Subject::new(Kind::Offer, id);
        let mut find = |pointer: &str, code: &str, message: String| {
            findings.push(Finding::about(&subject, pointer, code, message));
        };
        items(offer, &mut find);
        schedule(offer, &mut find);
        cap(offer, &mut find);
        if let Some(split) = &offer.split {
            part(split, &mut find);
        }
    }
    overlaps(catalog, &mut findings);
    findings
}

type Find<'a> = &'a mut dyn FnMut(&str, &str, String);

fn items(offer: &Offer, find: Find<'_>) {
    if offer.scope.trim().is_empty() {
        find(
            "/scope",
            "missing-field",
            "an offer needs a scope: a decision scope, `__view__` or a surface".into(),
        );
    }
    if let Err(error) = Value::from_json(&offer.data, VALUE_DEPTH_MAX) {
        find("/data", "too-deep", error.to_string());
    }
    for (index, item) in offer.more.iter().enumerate() {
        if let Err(error) = Value::from_json(&item.data, VALUE_DEPTH_MAX) {
            find(&format!("/more/{index}/data"), "too-deep", error.to_string());
        }
    }
}

fn schedule(offer: &Offer, find: Find<'_>) {
    let mut instant = |pointer: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        let instant = parse_instant(text);
        if instant.is_none() {
            find(pointer, "bad-time", format!("`{text}` is not a date-time, such as `2026-11-27T00:00:00Z`"));
        }
        instant
    };
    let (from, until) = (instant("/from", &offer.from), instant("/until", &offer.until));
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        find("/until", "bad-time", "an offer ends after it begins".into());
    }
}

fn cap(offer: &Offer, find: Find<'_>) {
    let Some(cap) = &offer.cap else { return };
    if !(1..=OFFER_DISPLAYS_MAX).contains(&cap.displays_max) {
        let message = format!("a cap is from 1 to {OFFER_DISPLAYS_MAX} displays");
        find("/cap/displaysMax", "bad-cap", message);
    }
    if cap.within_hours == Some(0) {
        find("/cap/withinHours", "bad-cap", "a cap is within an hour at least; without it, ever".into());
    }
}

fn part(split: &Split, find: Find<'_>) {
    if split.experiment.trim().is_empty() {
        find("/split/experiment", "missing-field", "a part needs the name of its experiment".into());
    }
    // So that what is no number is refused too.
    if !(0.0 <= split.from && split.from < split.to && split.to <= 100.0) {
        let message = "a part is from 0 or more to 100 percent or less, and of somebody".into();
        find("/split", "bad-split", message);
    }
}

/// Parts of one experiment are the same or exclude each other: nobody is in two.
fn overlaps(catalog: &Catalog, findings: &mut Vec<Finding>) {
    let mut parts: BTreeMap<&str, Vec<(&str, &Split)>> = BTreeMap::new();
    for (id, offer) in &catalog.offers {
        let Some(split) = &offer.split else { continue };
        let known = parts.entry(&split.experiment).or_default();
        let overlaps = |other: &Split| {
            let same = (split.from, split.to) == (other.from, other.to);
            !same && split.from < other.to && other.from < split.to
        };
        if let Some((other, _)) = known.iter().find(|(_, other)| overlaps(other)) {
            let subject = Subject::new(Kind::Offer, id);
            let message = format!(
                "this part of experiment `{}` overlaps with that of offer `{other}`: parts are the same or exclude each other",
                split.experiment
            );
            findings.push(Finding::about(&subject, "/split", "bad-split", message));
        }
        known.push((id, split));
    }
}

/// What is wrong with the formulas that rank offers. Schemas that do not fit together are told of with the rules.
pub(super) fn rankings(catalog: &Catalog) -> Vec<Finding> {
    let Ok(schema) = compile::schema_of(catalog) else { return Vec::new() };
    let mut findings = Vec::new();
    for (id, offer) in &catalog.offers {
        let Some(text) = offer.ranking.as_deref() else { continue };
        let subject = Subject::new(Kind::Offer, id);
        let found = ranking::check(catalog, &schema, text).err().unwrap_or_default();
        let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        findings.extend(errors.map(|error| Finding::of_diagnostic(&subject, "/ranking", text, error)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::decode::put_all;
    use super::*;

    fn catalog(offers: &[Json]) -> Catalog {
        let mut documents = vec![
            json!({"kind": "schema", "id": "p", "class": "profile", "properties": {"age": {"type": "integer"}}}),
        ];
        for (index, offer) in offers.iter().enumerate() {
            let mut document =
                json!({"kind": "offer", "id": format!("o{index}"), "scope": "hero", "schema": "x"});
            document.as_object_mut().unwrap().extend(offer.as_object().unwrap().clone());
            documents.push(document);
        }
        let mut catalog = Catalog::default();
        put_all(&mut catalog, &documents, 1).unwrap();
        catalog
    }

    fn check(offers: &[Json], expected: &[(&str, &str, &str)]) {
        let found = super::check(&catalog(offers));
        let found: Vec<_> =
            found.iter().map(|f| (f.id.as_str(), f.pointer.as_str(), f.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_offer_needs_no_data_and_no_rules() {
        check(&[json!({}), json!({"more": [{"schema": "y"}]})], &[]);
        check(&[json!({"scope": " "})], &[("o0", "/scope", "missing-field")]);
    }

    #[test]
    fn a_schedule_is_of_instants_in_order() {
        check(&[json!({"from": "2026-11-27T00:00:00Z", "until": "2026-11-28T00:00:00Z"})], &[]);
        check(&[json!({"from": "tomorrow"})], &[("o0", "/from", "bad-time")]);
        check(
            &[json!({"from": "2026-11-28T00:00:00Z", "until": "2026-11-28T00:00:00Z"})],
            &[("o0", "/until", "bad-time")],
        );
    }

    #[test]
    fn a_cap_is_of_some_displays_within_some_time() {
        check(
            &[json!({"cap": {"displaysMax": 3, "withinHours": 24}}), json!({"cap": {"displaysMax": 100}})],
            &[],
        );
        check(
            &[json!({"cap": {"displaysMax": 0, "withinHours": 0}}), json!({"cap": {"displaysMax": 101}})],
            &[
                ("o0", "/cap/displaysMax", "bad-cap"),
                ("o0", "/cap/withinHours", "bad-cap"),
                ("o1", "/cap/displaysMax", "bad-cap"),
            ],
        );
    }

    #[test]
    fn parts_of_an_experiment_are_the_same_or_exclude_each_other() {
        let part = |experiment: &str, from: f64, to: f64| json!({"split": {"experiment": experiment, "from": from, "to": to}});
        check(
            &[part("a", 0.0, 50.0), part("a", 50.0, 100.0), part("a", 0.0, 50.0), part("b", 20.0, 60.0)],
            &[],
        );
        check(&[part("a", 0.0, 50.0), part("a", 49.9, 100.0)], &[("o1", "/split", "bad-split")]);
        check(
            &[part("a", 50.0, 50.0), part("b", -1.0, 50.0), part("", 0.0, 100.5)],
            &[
                ("o0", "/split", "bad-split"),
                ("o1", "/split", "bad-split"),
                ("o2", "/split/experiment", "missing-field"),
                ("o2", "/split", "bad-split"),
            ],
        );
    }

    #[test]
    fn a_ranking_that_does_not_compile_is_found_in_its_text() {
        let found = rankings(&catalog(&[json!({"ranking": "age * 2"}), json!({"ranking": "1 +\n ages"})]));
        let found: Vec<_> =
            found.iter().map(|f| (f.id.as_str(), f.code.as_str(), f.text.as_ref().unwrap())).collect();
        assert_eq!(found.len(), 1);
        let (id, code, text) = found[0];
        assert_eq!((id, code, text.line, text.column), ("o1", "PQL0301", 2, 2));
    }
}
