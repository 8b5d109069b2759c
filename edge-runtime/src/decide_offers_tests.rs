//! Tests of offers decided with a profile: caps, rankings and experiments over real visits.

use std::collections::BTreeMap;

use acquaint_core::lang::AudienceDirectory;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::plan::Program;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::Value;
use acquaint_core::wire::{Bundle, Cap, Offer, Projection, Ranking, Receipt, Split};
use serde_json::json;

use super::*;
use crate::offers::exposure::EXPOSURE;

const HOUR_MS: i64 = 60 * 60 * 1000;
const NOW: i64 = 20_000 * 24 * HOUR_MS;

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn offer(id: &str, scope: &str) -> Offer {
    Offer { id: id.into(), scope: scope.into(), schema: "html".into(), ..Offer::default() }
}

/// In the order of priority.
fn edition() -> Edition {
    let mut schema = UnionSchema::default();
    schema.profile.insert("visits".into(), Type::Integer);
    let formula =
        r#"xEvent[eventType = "look" and timestamp occurs <= 1 hours before now].count() * 10 - visits"#;
    let looked = acquaint_core::lang::compile(formula, &schema, &Nobody).unwrap();
    let fixed = acquaint_core::lang::compile("5", &schema, &Nobody).unwrap();
    let program = Program::build_scored(&[], &[&looked, &fixed]).unwrap().edge();
    let cap = Some(Cap { displays_max: 2, within_ms: Some(HOUR_MS) });
    let ranked = |id: &str, score| Offer { ranking: Some(Ranking { score }), ..offer(id, "ranked") };
    let part = |id: &str, from, to| Offer {
        split: Some(Split { experiment: "e".into(), from, to }),
        ..offer(id, "experiment")
    };
    let offers = vec![
        Offer { cap, ..offer("capped", "hero") },
        offer("always", "hero"),
        ranked("looked", 0),
        ranked("fixed", 1),
        part("arm-a", 0, 5_000),
        part("arm-b", 5_000, 10_000),
    ];
    let bundle = Bundle { version: 7, published_ms: 0, program, datastreams: Vec::new(), offers };
    Edition::new(bundle, "tag".into())
}

fn person(id: &str) -> Identity {
    Identity { namespace: "ECID".into(), id: id.into() }
}

fn event(id: &str, fields: &serde_json::Value, at_ms: i64) -> ForwardedEvent {
    let fields = acquaint_core::value::fields::from_json(fields.as_object().unwrap(), 16).unwrap();
    let event = Event { id: id.into(), timestamp_ms: at_ms, fields };
    ForwardedEvent { datastream: "ds".into(), dataset: None, identities: vec![person("1")], event }
}

fn display(id: &str, offer: &str, at_ms: i64) -> ForwardedEvent {
    let proposition = json!({ "scopeDetails": { "characteristics": { "eventToken": offer } } });
    let decisioning = json!({ "propositions": [proposition], "propositionEventType": { "display": 1 } });
    let fields = json!({ "eventType": "decisioning.propositionDisplay", "_experience": { "decisioning": decisioning } });
    event(id, &fields, at_ms)
}

/// A notification asks for nothing.
fn tell(edition: &Edition, profile: &mut EdgeProfile, event: ForwardedEvent, now_ms: i64) {
    let step =
        Step { index: 0, identities: vec![person("1")], event: Some(event), answer: false, wanted: None };
    let visit = Visit {
        primary: person("1"),
        steps: vec![step],
        wants_attributes: false,
        pushes: None,
        consent: None,
    };
    let (outcome, decided) = decide(edition, std::mem::take(profile), &visit, now_ms);
    assert_eq!(outcome, Outcome::Decided(Decision::default()));
    *profile = decided;
}

/// The offers that somebody gets for a scope.
fn ask(edition: &Edition, profile: &mut EdgeProfile, id: &str, scope: &str, now_ms: i64) -> Vec<String> {
    let personalization = Personalization { scopes: vec![scope.into()], schemas: Vec::new() };
    let wanted = Some(Wanted {
        datastream: "ds".into(),
        dataset: Some("trials".into()),
        segmentation: true,
        personalization,
    });
    let step = Step { index: 3, identities: vec![person(id)], event: None, answer: true, wanted };
    let visit = Visit {
        primary: person(id),
        steps: vec![step],
        wants_attributes: false,
        pushes: None,
        consent: None,
    };
    let (outcome, decided) = decide(edition, std::mem::take(profile), &visit, now_ms);
    *profile = decided;
    let Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
    let [(3, chosen)] = &*decision.offers else { panic!("{:?}", decision.offers) };
    chosen.iter().map(|number| edition.offers[*number as usize].id.clone()).collect()
}

fn restart(profile: &mut EdgeProfile, stored: &mut BTreeMap<String, Vec<u8>>) {
    for write in profile.take_writes().unwrap() {
        match write.bytes {
            Some(bytes) => stored.insert(write.key, bytes),
            None => stored.remove(&write.key),
        };
    }
    let (loaded, unreadable) = EdgeProfile::load(stored.clone());
    assert_eq!(unreadable, []);
    *profile = loaded;
}

#[test]
fn displays_count_once_through_repeats_restarts_and_rebases_until_their_window_ends() {
    let edition = edition();
    let (mut profile, mut stored) = (EdgeProfile::default(), BTreeMap::new());
    let hero = |profile: &mut EdgeProfile, now_ms| ask(&edition, profile, "1", "hero", now_ms).join(" ");
    assert_eq!(hero(&mut profile, NOW), "capped");
    for _ in 0..3 {
        tell(&edition, &mut profile, display("d1", "capped", NOW), NOW);
    }
    assert_eq!(hero(&mut profile, NOW), "capped", "one display, said three times");
    tell(&edition, &mut profile, display("d2", "always", NOW), NOW);
    tell(&edition, &mut profile, display("d3", "capped", NOW + 1), NOW + 1);
    assert_eq!(hero(&mut profile, NOW + 1), "always");
    profile.next_forward().unwrap();
    let accepted = ["d1", "d2", "d3"].map(|id| (id.to_owned(), 1)).to_vec();
    profile.acknowledge(&Receipt { accepted, refused: Vec::new() });
    profile.project(Projection { position: 5, ..Projection::default() }, NOW + 1);
    assert_eq!(profile.tail().count(), 0);
    assert_eq!(hero(&mut profile, NOW + 1), "always", "after a rebase");
    restart(&mut profile, &mut stored);
    assert_eq!(hero(&mut profile, NOW + 1), "always", "after a restart");
    assert_eq!(hero(&mut profile, NOW + HOUR_MS - 1), "always");
    assert_eq!(hero(&mut profile, NOW + HOUR_MS), "capped", "the first display no longer counts");
}

#[test]
fn a_ranking_counts_what_was_folded_and_reads_attributes() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let attributes = [("visits".to_owned(), Value::Integer(3))].into();
    profile.project(Projection { position: 1, attributes, ..Projection::default() }, NOW);
    assert_eq!(ask(&edition, &mut profile, "1", "ranked", NOW), ["fixed"]);
    tell(&edition, &mut profile, event("e", &json!({ "eventType": "look" }), NOW), NOW);
    assert_eq!(ask(&edition, &mut profile, "1", "ranked", NOW), ["looked"]);
    assert_eq!(ask(&edition, &mut profile, "1", "ranked", NOW + HOUR_MS + 1), ["fixed"]);
}

#[test]
fn exposure_to_an_arm_is_recorded_once_a_version_and_names_the_arm() {
    let mut edition = edition();
    let (mut profile, mut stored) = (EdgeProfile::default(), BTreeMap::new());
    let arm = ask(&edition, &mut profile, "1", "experiment", NOW);
    assert_eq!(arm.len(), 1);
    assert_eq!(ask(&edition, &mut profile, "1", "experiment", NOW + 1), arm);
    restart(&mut profile, &mut stored);
    assert_eq!(ask(&edition, &mut profile, "1", "experiment", NOW + 2), arm);
    let recorded = |profile: &EdgeProfile| -> Vec<(String, String)> {
        let events = profile.tail().filter_map(|tail| tail.event.as_event()).filter(|event| {
            event.event.fields.get("eventType") == Some(&Value::from(EXPOSURE))
                && (event.datastream.as_str(), event.dataset.as_deref()) == ("ds", Some("trials"))
        });
        let arm = |event: &Event| {
            let experience = event.fields["_experience"].to_json();
            let details = &experience["decisioning"]["propositions"][0]["scopeDetails"];
            details["experience"]["id"].as_str().unwrap().to_owned()
        };
        events.map(|event| (event.event.id.clone(), arm(&event.event))).collect()
    };
    let first = recorded(&profile);
    let expected = if arm == ["arm-a"] { "e:0-50" } else { "e:50-100" };
    assert_eq!(first.iter().map(|(_, arm)| arm.as_str()).collect::<Vec<_>>(), [expected]);
    assert_eq!(first[0].0.len(), 41);
    edition.version = 8;
    ask(&edition, &mut profile, "1", "experiment", NOW + 3);
    assert_eq!(recorded(&profile).len(), 2);
    // Somebody whose state was lost is told of under the same id.
    edition.version = 7;
    let mut lost = EdgeProfile::default();
    ask(&edition, &mut lost, "1", "experiment", NOW + 4);
    assert_eq!(recorded(&lost)[0].0, first[0].0);
}
