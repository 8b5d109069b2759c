//! Tests of decisions on the device, over a real program.

use acquaint_core::lang::AudienceDirectory;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::value::Value;
use acquaint_core::wire::{Bundle, EdgeDestination, Offer};
use serde_json::json;

use super::*;
use crate::identity::map::Item;

const DAY: i64 = 24 * 3_600_000;
const NOW: i64 = 20_000 * DAY;

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn edition() -> Edition {
    Edition::new(bundle(), "tag".into())
}

fn bundle() -> Bundle {
    let mut schema = UnionSchema::default();
    schema.profile.insert("tier".into(), Type::String);
    let definition = |id: &str, text: &str| Definition {
        id: id.into(),
        mode: Mode::Edge,
        checked: acquaint_core::lang::compile(text, &schema, &Nobody).unwrap(),
    };
    let week = r#"xEvent[eventType = "buy" and timestamp occurs <= 7 days before now].count() >= 3"#;
    let year = r#"xEvent[eventType = "buy" and timestamp occurs <= 365 days before now].count() >= 300"#;
    let definitions =
        [definition("frequent", week), definition("gold", r#"tier = "gold""#), definition("fan", year)];
    let destination = EdgeDestination {
        id: "page".into(),
        alias: "on-page".into(),
        audiences: vec!["frequent".into()],
        attributes: vec![("level".into(), vec!["tier".into()])],
    };
    let offer = |id: &str, audience: Option<&str>| Offer {
        id: id.into(),
        scope: "hero".into(),
        audience: audience.map(AudienceId::from),
        schema: "json".into(),
        data: Value::Null,
        ..Offer::default()
    };
    let datastream = Datastream {
        id: "ds".into(),
        org: "org".into(),
        dataset: "web".into(),
        enabled: true,
        destinations: vec![destination],
        ..Datastream::default()
    };
    Bundle {
        version: 1,
        published_ms: 0,
        program: Program::build(&definitions).unwrap().edge(),
        datastreams: vec![datastream],
        offers: vec![offer("for-frequent", Some("frequent")), offer("for-all", None)],
    }
}

fn question(profile: Option<Vec<u8>>, events: Json) -> Question {
    let item = Item { id: "visitor-1".into(), primary: false };
    Question {
        datastream: "ds".into(),
        identity_map: [("device".to_owned(), vec![item])].into(),
        profile,
        events: serde_json::from_value(events).unwrap(),
        scopes: vec!["hero".into()],
        ..Question::default()
    }
}

fn bought() -> Json {
    json!([{ "eventType": "buy" }])
}

#[test]
fn an_event_counts_at_once_and_for_as_long_as_its_window_reaches() {
    let edition = edition();
    let mut profile = None;
    for number in 1..=3 {
        let answer = answer(&edition, &question(profile, bought()), NOW).unwrap();
        let (audiences, offer) = if number == 3 { (1, "for-frequent") } else { (0, "for-all") };
        assert_eq!(answer.audiences.len(), audiences, "after {number}");
        assert_eq!(answer.destinations[0]["segments"].as_array().unwrap().len(), audiences);
        assert_eq!(answer.propositions[0]["items"][0]["id"], offer);
        profile = Some(answer.profile);
    }
    let later = |days: i64| {
        answer(&edition, &question(profile.clone(), json!([])), NOW + days * DAY).unwrap().audiences.len()
    };
    assert_eq!((later(7), later(8)), (1, 0));
}

#[test]
fn a_datastream_without_segmentation_answers_no_audiences() {
    let check = |change: fn(&mut Datastream), audiences: usize, destinations: usize| {
        let mut bundle = bundle();
        change(&mut bundle.datastreams[0]);
        let edition = Edition::new(bundle, "tag".into());
        let answer = answer(&edition, &question(None, json!([bought()[0], bought()[0], bought()[0]])), NOW);
        let answer = answer.unwrap();
        assert_eq!((answer.audiences.len(), answer.destinations.len()), (audiences, destinations));
    };
    check(|_| (), 1, 1);
    check(|datastream| datastream.personalization_destinations = false, 1, 0);
    check(|datastream| datastream.edge_segmentation = false, 0, 0);
}

#[test]
fn the_same_event_given_twice_counts_once() {
    let edition = edition();
    let twice = json!([{ "_id": "a", "eventType": "buy" }, { "_id": "a", "eventType": "buy" }, { "_id": "b", "eventType": "buy" }]);
    let first = answer(&edition, &question(None, twice.clone()), NOW).unwrap();
    let second = answer(&edition, &question(Some(first.profile), twice), NOW).unwrap();
    assert!(second.audiences.is_empty());
}

#[test]
fn attributes_stay_until_others_are_given() {
    let edition = edition();
    let mut asked = question(None, json!([]));
    asked.attributes = json!({ "tier": "gold" }).as_object().cloned();
    let first = answer(&edition, &asked, NOW).unwrap();
    assert_eq!(first.audiences, ["gold".into()]);
    assert_eq!(first.destinations[0]["attributes"], json!({ "level": { "value": "gold" } }));
    let second = answer(&edition, &question(Some(first.profile), bought()), NOW).unwrap();
    assert_eq!(second.audiences, ["gold".into()]);
    asked.profile = Some(second.profile);
    asked.attributes = json!({}).as_object().cloned();
    assert!(answer(&edition, &asked, NOW).unwrap().audiences.is_empty());
}

#[test]
fn many_events_are_folded_away_and_still_count() {
    let edition = edition();
    let mut profile = None;
    let mut largest = 0;
    for number in 1..=30 {
        let events = json!(vec![json!({ "eventType": "buy", "note": "x".repeat(100) }); 10]);
        let answer = answer(&edition, &question(profile, events), NOW + number).unwrap();
        assert_eq!(answer.audiences.contains(&"fan".into()), number >= 30, "after {number} times ten");
        largest = largest.max(answer.profile.len());
        profile = Some(answer.profile);
    }
    assert!(largest < 80_000, "{largest} bytes were kept of 300 events");
    assert!(profile.unwrap().len() < 40_000, "events of more than the last questions are kept singly");
}

#[test]
fn a_visitor_who_was_away_for_long_is_new() {
    let edition = edition();
    let events = json!([{ "eventType": "buy" }, { "eventType": "buy" }, { "eventType": "buy" }]);
    let mut asked = question(None, events);
    asked.attributes = json!({ "tier": "gold" }).as_object().cloned();
    let profile = answer(&edition, &asked, NOW).unwrap().profile;
    let after = |days: i64| {
        answer(&edition, &question(Some(profile.clone()), json!([])), NOW + days * DAY).unwrap().audiences
    };
    assert_eq!((after(13).len(), after(14).len()), (1, 0));
}

#[test]
fn an_explanation_says_what_was_found() {
    let edition = edition();
    let profile = answer(&edition, &question(None, bought()), NOW).unwrap().profile;
    let asked = ExplainQuestion { audience: "frequent".into(), profile: Some(profile) };
    let explanation = explain(&edition, &asked, NOW).unwrap();
    assert_eq!((&explanation["value"], &explanation["found"]), (&json!(false), &json!(1)));
    let nobody = ExplainQuestion { audience: "frequent".into(), profile: None };
    assert_eq!(explain(&edition, &nobody, NOW).unwrap()["found"], json!(0));
}

fn check(change: impl FnOnce(&mut Question), code: &str) {
    let edition = edition();
    let profile = answer(&edition, &question(None, bought()), NOW).unwrap().profile;
    let mut asked = question(Some(profile), bought());
    change(&mut asked);
    let error = answer(&edition, &asked, NOW).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
}

#[test]
fn mistakes_have_codes() {
    check(|asked| asked.datastream = "other".into(), "datastream-unknown");
    check(|asked| asked.identity_map.clear(), "question-invalid");
    check(|asked| asked.identity_map.get_mut("device").unwrap()[0].id = "2".into(), "profile-of-another");
    check(|asked| asked.profile.as_mut().unwrap()[30] ^= 1, "profile-unreadable");
    check(|asked| asked.profile = Some(Vec::new()), "profile-unreadable");
    check(|asked| asked.scopes = vec![String::new(); 31], "question-invalid");
    check(|asked| asked.events = vec![serde_json::Map::new(); 101], "question-invalid");
    check(|asked| asked.events[0].insert("_id".into(), json!(1)).map_or((), drop), "question-invalid");
    let asked = ExplainQuestion { audience: "none".into(), profile: None };
    assert_eq!(explain(&edition(), &asked, NOW).unwrap_err().code(), "audience-unknown");
    assert_eq!(part::<Vec<Json>>("events", "[").unwrap_err().code(), "question-invalid");
    assert_eq!(part::<Json>("events", &" ".repeat(64 * 1024 + 1)).unwrap_err().code(), "question-invalid");
    assert!(part::<Json>("events", &"[".repeat(60_000)).is_err(), "deep nesting is refused, not followed");
}

#[test]
fn a_bundle_of_another_version_is_told_from_a_damaged_one() {
    let found = |error| Error::of_bundle(error).code();
    assert_eq!(found(acquaint_core::wire::Error::Version { found: 9, known: 1 }), "bundle-version");
    assert_eq!(found(acquaint_core::wire::Error::Checksum), "bundle-unreadable");
}
