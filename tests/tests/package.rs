//! The package for pages in headless Chromium: for generated histories it gives the answers that the edge's own decision
//! gives natively, and keeps the same bytes; it asks the network for nothing but its own Wasm module.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::process::Command;

use acquaint_core::lang::compile;
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::time::format_instant;
use acquaint_core::value::{Value, fields};
use acquaint_core::wire::{Bundle, Datastream, EdgeDestination, ForwardedEvent, Offer, Projection, seal};
use acquaint_edge::bundle::Edition;
use acquaint_edge::decide::decide;
use acquaint_edge::device::{self, Question};
use acquaint_edge::event::{self, Receipt};
use acquaint_edge::profile::EdgeProfile;
use acquaint_edge::visit::{Outcome, Step, Visit};
use acquaint_portable::choices::Choices;
use acquaint_portable::vocabulary::schema;
use acquaint_portable::world::{START_MS, World};
use acquaint_tests::Environment;
use serde_json::{Map, Value as Json, json};

/// Generated histories.
const HISTORIES: u64 = 400;
/// Between two questions, so that nobody is forgotten in between.
const STEP_MS_MAX: i64 = 13 * 24 * 3_600_000;

struct Case {
    bundle: Vec<u8>,
    questions: Vec<Json>,
}

struct Nobody;

impl acquaint_core::lang::AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

/// A bundle of these audiences, all shown to one destination, with an offer for each and one for everybody.
fn bundle(definitions: &[Definition]) -> Vec<u8> {
    let program = Program::build(definitions).unwrap().edge();
    let ids: Vec<_> = program.audiences.iter().map(|audience| audience.id.clone()).collect();
    let destination =
        EdgeDestination { id: "d".into(), alias: "page".into(), audiences: ids.clone(), attributes: vec![] };
    let datastream = Datastream {
        id: "ds".into(),
        org: "org".into(),
        destinations: vec![destination],
        ..Datastream::default()
    };
    let offers = ids.into_iter().map(Some).chain([None]).map(|audience| Offer {
        id: audience.as_ref().map_or("everybody".into(), ToString::to_string),
        scope: "hero".into(),
        audience,
        schema: "json".into(),
        data: Value::Null,
        ..Offer::default()
    });
    let offers = offers.collect();
    seal(&Bundle { version: 9, published_ms: 5, program, datastreams: vec![datastream], offers }).unwrap()
}

/// What the example page expects.
fn example() -> Case {
    let checked = compile(r#"xEvent[eventType = "view"].count() >= 1"#, &schema(), &Nobody).unwrap();
    let viewers = Definition { id: "viewers".into(), mode: Mode::Edge, checked };
    Case { bundle: bundle(&[viewers]), questions: Vec::new() }
}

/// A history that arrives bit by bit, with a question after each.
fn case(seed: u64) -> Case {
    let mut choices = Choices::of_seed(seed);
    let world = World::new(&mut choices);
    let mut definitions = world.audiences.definitions.clone();
    for definition in definitions.iter_mut().filter(|definition| definition.mode == Mode::Streaming) {
        definition.mode = Mode::Edge;
    }
    let mut now_ms = START_MS;
    let mut questions = Vec::new();
    for batch in world.arrivals(&mut choices) {
        // A kind that is no text is refused, here and at the edge: `edge_requests.rs` is about such events.
        let is_readable =
            |event: &&Event| event.fields.get("eventType").is_none_or(|kind| kind.as_str().is_some());
        let events: Vec<Json> = batch
            .iter()
            .filter(is_readable)
            .map(|event| {
                let mut xdm = fields::to_json(&event.fields);
                xdm.insert("_id".into(), event.id.clone().into());
                xdm.insert("timestamp".into(), format_instant(event.timestamp_ms).into());
                xdm.into()
            })
            .collect();
        let mut question = json!({
            "datastream": "ds", "identityMap": { "device": [{ "id": "v", "primary": true }] },
            "events": events, "scopes": ["hero"], "nowMs": now_ms,
        });
        if questions.is_empty() {
            question["attributes"] = fields::to_json(&world.attributes).into();
        }
        questions.push(question);
        now_ms += choices.step_ms() % STEP_MS_MAX;
    }
    Case { bundle: bundle(&definitions), questions }
}

fn read(asked: &Json, profile: Option<Vec<u8>>) -> Question {
    Question {
        datastream: "ds".into(),
        identity_map: serde_json::from_value(asked["identityMap"].clone()).unwrap(),
        profile,
        attributes: asked["attributes"].as_object().cloned(),
        events: serde_json::from_value(asked["events"].clone()).unwrap(),
        scopes: vec!["hero".into()],
        schemas: Vec::new(),
    }
}

/// The edge's own decision, with what is known of the visitor in a projection and the events in the tail.
fn at_the_edge(
    edition: &Edition,
    profile: EdgeProfile,
    asked: &Json,
    now_ms: i64,
) -> (Vec<String>, EdgeProfile) {
    let mut profile = profile;
    if let Some(attributes) = asked["attributes"].as_object() {
        let attributes = fields::from_json(attributes, 16).unwrap();
        profile.project(Projection { attributes, made_ms: now_ms, ..Projection::default() }, now_ms);
    }
    let identity = Identity { namespace: "device".into(), id: "v".into() };
    let events: Vec<Map<String, Json>> = serde_json::from_value(asked["events"].clone()).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for (index, xdm) in events.iter().enumerate() {
        let receipt = Receipt { request_id: "r", index, now_ms, queue_time_ms: None };
        let event = event::read(xdm, receipt).unwrap().map(|event| ForwardedEvent {
            datastream: "ds".into(),
            dataset: None,
            identities: vec![identity.clone()],
            event,
        });
        steps.push(Step { index: 0, identities: vec![identity.clone()], event, answer: false, wanted: None });
    }
    steps.push(Step {
        index: 0,
        identities: vec![identity.clone()],
        event: None,
        answer: true,
        wanted: None,
    });
    let visit = Visit { primary: identity, steps, wants_attributes: false, pushes: None, consent: None };
    let (outcome, profile) = decide(edition, profile, &visit, now_ms);
    let Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
    (decision.steps[0].1.iter().map(ToString::to_string).collect(), profile)
}

fn run(cases: &[Case]) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    let shown = cases.iter().map(|case| json!({ "bundle": case.bundle, "questions": case.questions }));
    std::fs::write(&file, Json::from_iter(shown).to_string()).unwrap();
    let environment = Environment::from_variables().unwrap();
    let output = Command::new("node")
        .arg(environment.repository.join("tests/browser/run.mjs"))
        .arg(file)
        .env("PACKAGE", &environment.package)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Compares one history; how many answers there were, and in how many audiences the visitor was.
fn compare(seed: usize, case: &Case, found: &Json) -> (usize, usize) {
    let edition = Edition::open(&case.bundle).unwrap();
    let answers = found["answers"].as_array().unwrap();
    assert_eq!(answers.len(), case.questions.len(), "seed {seed}");
    let (mut kept, mut profile, mut members) = (None, EdgeProfile::default(), 0);
    for answer in answers {
        // As the browser writes it: numbers may change on the way there.
        let asked: Json = serde_json::from_str(answer["asked"].as_str().unwrap()).unwrap();
        let now_ms = asked["nowMs"].as_i64().unwrap();
        let native = device::answer(&edition, &read(&asked, kept), now_ms).unwrap();
        assert_eq!(answer["audiences"], json!(native.audiences), "seed {seed} at {now_ms}: {asked}");
        assert_eq!(answer["destinations"], json!(native.destinations), "seed {seed} at {now_ms}");
        assert_eq!(answer["propositions"], json!(native.propositions), "seed {seed} at {now_ms}");
        let (at_the_edge, next) = at_the_edge(&edition, profile, &asked, now_ms);
        assert_eq!(answer["audiences"], json!(at_the_edge), "seed {seed} at {now_ms}, at the edge: {asked}");
        (kept, profile) = (Some(native.profile), next);
        members += at_the_edge.len();
    }
    assert_eq!(found["profile"], json!(kept.unwrap()), "seed {seed}: the bytes that the page keeps");
    (answers.len(), members)
}

#[test]
fn a_page_decides_as_the_edge_does_and_asks_nobody() {
    let cases: Vec<Case> = [example()].into_iter().chain((0..HISTORIES).map(case)).collect();
    // The example has no questions of its own.
    let found = run(&cases);
    let answered = found["cases"].as_array().unwrap();
    let (mut answers, mut members) = (0, 0);
    for (seed, (case, found)) in cases.iter().zip(answered).enumerate().skip(1) {
        let (more, of_them) = compare(seed - 1, case, found);
        (answers, members) = (answers + more, members + of_them);
    }
    eprintln!("{HISTORIES} histories, {answers} answers, {members} memberships: all the same");
    assert!(members > answers / 2, "only {members} memberships in {answers} answers");

    let example = &found["example"];
    assert_eq!(example["before"], json!([]));
    assert_eq!(example["after"], json!(["viewers"]));
    assert_eq!(example["offer"], "viewers");
    assert_eq!(example["published"], json!([9, 5]));
    let why = example["why"].as_array().unwrap();
    assert!(why[0].as_str().unwrap().ends_with(": true"), "{why:?}");

    let expected = [
        "/",
        "/index.js",
        "/index_bg.wasm",
        "/cases.json",
        "/example.js",
        "/acquaint.bundle",
        "/favicon.ico",
    ];
    for request in found["requests"].as_array().unwrap() {
        assert!(expected.contains(&request.as_str().unwrap()), "the page asked for {request}");
    }
}
