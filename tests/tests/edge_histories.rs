//! The edge answers as the hub: generated audiences and histories, put through the real worker, compared with the
//! specification after every event. Each profile begins with a projection that covers some of its events.
//!
//! `ACQUAINT_HISTORIES` says how many: 1,000 unless it is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use acquaint_core::eval;
use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::state::{self, State};
use acquaint_core::time::format_instant;
use acquaint_core::value::fields;
use acquaint_core::wire::{Bundle, Datastream, EdgeDestination, Projection};
use acquaint_portable::choices::Choices;
use acquaint_portable::laws::naive_without_batch;
use acquaint_portable::world::{START_MS, World};
use acquaint_tests::edge::{self, Edge};
use acquaint_tests::{Environment, Stub, membership};
use serde_json::{Value, json};

const HISTORIES: u64 = 1_000;
/// Profiles that share a program; also the projections of one push.
const HISTORIES_PER_PROGRAM: u64 = 50;
const SENDERS: usize = 4;
/// After every generated event: the edge corrects times that lie ahead.
const NOW_MS: i64 = START_MS + 10 * 24 * 60 * 60 * 1000;

/// The audiences of a seed, all of them meant for the edge if they can run there.
fn audiences(seed: u64) -> (World, Program) {
    let mut world = World::new(&mut Choices::of_seed(seed));
    let as_written = world.audiences.definitions.clone();
    for definition in &mut world.audiences.definitions {
        definition.mode = Mode::Edge;
    }
    let program = Program::build(&world.audiences.definitions).or_else(|_| {
        world.audiences.definitions = as_written;
        Program::build(&world.audiences.definitions)
    });
    (world, program.unwrap().edge())
}

/// One profile: what the control plane knows of it, and what it does at the edge.
struct History {
    ecid: String,
    world: World,
    /// How many of the events the projection covers.
    covered: usize,
}

impl History {
    fn new(number: u64, audiences: &World) -> Self {
        let mut choices = Choices::of_seed(1_000_000 + number);
        let mut world = World::new(&mut choices);
        world.audiences = audiences.audiences.clone();
        // Zeros alone stand for nobody.
        let ecid = format!("{:038}", number + 1);
        world.identities = [("ECID".into(), BTreeSet::from([ecid.clone()]))].into();
        world.events = world.events.iter().filter_map(as_read).collect();
        let covered = if choices.flip() { choices.pick(world.events.len() + 1) } else { 0 };
        Self { ecid, world, covered }
    }

    fn projection(&self, program: &Prepared) -> (Identity, Projection) {
        let mut state = State::default();
        for event in &self.world.events[..self.covered] {
            state::fold(program, &mut state, event, NOW_MS);
        }
        let projection = Projection {
            profile: 1,
            position: 1,
            made_ms: 1,
            attributes: self.world.attributes.clone(),
            identities: self.world.identities.clone(),
            memberships: self.world.memberships.clone(),
            state,
        };
        (Identity { namespace: "ECID".into(), id: self.ecid.clone() }, projection)
    }

    /// What the specification says after so many events, of the audiences that are decided at the edge.
    fn expected(&self, program: &Prepared, events: usize) -> BTreeMap<String, bool> {
        let events = &self.world.events[..events];
        let mut state = State::default();
        for event in events {
            state::fold(program, &mut state, event, NOW_MS);
        }
        let decided = eval::answer(program, self.world.slice(&state), NOW_MS);
        let answers = naive_without_batch(&self.world, program, events, NOW_MS);
        let all = program.audiences.iter().zip(decided).zip(answers);
        all.filter(|((_, decided), _)| decided.is_some())
            .map(|((audience, _), answer)| (audience.id.to_string(), answer))
            .collect()
    }

    /// Sends what the projection does not cover, and compares the answer after each event.
    fn check(&self, edge: &Edge, program: &Prepared) -> (usize, usize) {
        let identity = json!({ "ECID": [{ "id": self.ecid, "primary": true }] });
        let sent = &self.world.events[self.covered..];
        let mut events: Vec<Value> = sent
            .iter()
            .map(|event| {
                let mut xdm = fields::to_json(&event.fields);
                xdm.insert("_id".into(), event.id.clone().into());
                xdm.insert("timestamp".into(), format_instant(event.timestamp_ms).into());
                xdm.insert("identityMap".into(), identity.clone());
                json!({ "xdm": xdm })
            })
            .collect();
        if events.is_empty() {
            events.push(json!({ "xdm": { "identityMap": identity } }));
        }
        let path = format!("/ee/v1/interact?configId=stream&requestId={}", self.ecid);
        let answer = edge.client.post(&path, &json!({ "events": events })).unwrap();
        assert_eq!(answer.status, 200, "{}: {}", self.ecid, answer.body);
        let handles = answer.body["handle"].as_array().unwrap();
        let (mut cases, mut members) = (0, 0);
        for index in 0..events.len() {
            let of_event =
                handles.iter().filter(|handle| handle["eventIndex"].as_u64().unwrap_or(0) == index as u64);
            let found = membership::of_handles(of_event);
            let known = self.covered + if sent.is_empty() { 0 } else { index + 1 };
            for (audience, expected) in self.expected(program, known) {
                let texts = &self.world.audiences.written;
                let found = found.contains(&audience);
                assert_eq!(found, expected, "{} in {audience} after {known} events, {texts:#?}", self.ecid);
                cases += 1;
                members += usize::from(expected);
            }
        }
        (cases, members)
    }
}

/// The event as the edge reads it; nothing if it refuses it, or takes it for a mere question.
fn as_read(event: &Event) -> Option<Event> {
    let text = Value::from(fields::to_json(&event.fields)).to_string();
    let json: Value = serde_json::from_str(&text).unwrap();
    let fields = fields::from_json(json.as_object().unwrap(), VALUE_DEPTH_MAX).unwrap();
    let readable = fields.get("eventType").is_none_or(|kind| kind.as_str().is_some());
    (readable && !fields.is_empty()).then(|| Event { fields, ..event.clone() })
}

fn bundle(version: u64, program: &Program) -> Bundle {
    let destination = EdgeDestination {
        id: "destination".into(),
        alias: "page".into(),
        audiences: program.audiences.iter().map(|audience| audience.id.clone()).collect(),
        attributes: Vec::new(),
    };
    let datastream = Datastream {
        id: "stream".into(),
        org: "ACQUAINT@Org".into(),
        dataset: "events".into(),
        destinations: vec![destination],
        ..Datastream::default()
    };
    Bundle {
        version,
        published_ms: 0,
        program: program.clone(),
        datastreams: vec![datastream],
        offers: Vec::new(),
    }
}

#[test]
fn the_edge_answers_generated_histories_as_the_specification_does() {
    let environment = Environment::from_variables().unwrap();
    // In memory where that can be had: what is at stake here is not whether it is written down.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let stub = Stub::start().unwrap();
    // Behind what the projections cover.
    stub.set_next_position(10);
    let settings =
        edge::Settings { control_url: stub.url.clone(), clock_ms: Some(NOW_MS), ..Default::default() };
    let edge = Edge::start(&environment, folder.path(), &settings).unwrap();
    let wanted = std::env::var("ACQUAINT_HISTORIES").map_or(HISTORIES, |text| text.parse().unwrap());

    let (mut number, mut seed, mut cases, mut members) = (0, 0, 0, 0);
    while number < wanted {
        seed += 1;
        let (world, program) = audiences(seed);
        if program.audiences.is_empty() {
            continue;
        }
        edge.publish(&bundle(seed, &program)).unwrap();
        let program = Prepared::new(program);
        let some =
            (number..wanted.min(number + HISTORIES_PER_PROGRAM)).map(|number| History::new(number, &world));
        let histories: Vec<History> = some.collect();
        edge.project(histories.iter().map(|history| history.projection(&program)).collect()).unwrap();
        let (edge, program) = (&edge, &program);
        std::thread::scope(|scope| {
            let parts = histories.chunks(histories.len().div_ceil(SENDERS));
            let senders: Vec<_> = parts
                .map(|part| {
                    scope.spawn(move || {
                        part.iter().map(|history| history.check(edge, program)).collect::<Vec<_>>()
                    })
                })
                .collect();
            for (of_one, of_them) in senders.into_iter().flat_map(|sender| sender.join().unwrap()) {
                cases += of_one;
                members += of_them;
            }
        });
        number += histories.len() as u64;
    }
    println!("{number} histories under {seed} seeds: {cases} answers as expected, {members} of them `in`");
    assert!(members * 5 > cases, "agreement that nobody is in says little: {members} of {cases}");
}
