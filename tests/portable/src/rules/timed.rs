//! What is timed: the same loops natively and in Wasm. Whoever calls looks at the clock.

use acquaint_core::eval::{self, Slice, Subject};
use acquaint_core::plan::Prepared;
use acquaint_core::profile::{Event, IdentityMap, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::value::{Fields, fields};

use super::{NOW_MS, audience, profile};

const EVENTS_PER_PERSON: u64 = 100;
const DEPTH_MAX: usize = 16;
const HOUR_MS: i64 = 3_600_000;

static IDENTITIES: IdentityMap = IdentityMap::new();
static MEMBERSHIPS: Memberships = Memberships::new();

/// Rules of four conditions over profiles without events.
pub struct Rules {
    program: Prepared,
    profiles: Vec<Fields>,
    texts: Vec<String>,
}

impl Rules {
    pub fn new(rules: usize, profiles: usize) -> Self {
        let program = Prepared::new(super::rules(rules).unwrap());
        let json: Vec<_> = (0..profiles).map(profile::profile).collect();
        Self {
            program,
            profiles: json.iter().map(|json| fields::from_json(json, DEPTH_MAX).unwrap()).collect(),
            texts: json.into_iter().map(|json| serde_json::Value::Object(json).to_string()).collect(),
        }
    }

    fn decide(&self, attributes: &Fields) -> Vec<bool> {
        let subject = Subject { attributes, identities: &IDENTITIES, memberships: &MEMBERSHIPS, events: &[] };
        eval::run(&self.program, subject, NOW_MS)
    }

    /// Decides every profile; how many memberships there are.
    pub fn pass(&self) -> usize {
        self.profiles.iter().map(|profile| members(&self.decide(profile))).sum()
    }

    /// The same, from the text of each profile.
    pub fn pass_from_text(&self) -> usize {
        let decided = self.texts.iter().map(|text| {
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
            members(&self.decide(&fields::from_json(&json, DEPTH_MAX).unwrap()))
        });
        decided.sum()
    }

    /// The numbers of the rules that hold, by profile.
    pub fn answers(&self) -> Vec<Vec<usize>> {
        let of = |profile: &Fields| {
            let answers = self.decide(profile);
            answers.iter().enumerate().filter(|(_, holds)| **holds).map(|(number, _)| number).collect()
        };
        self.profiles.iter().map(of).collect()
    }

    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

fn members(answers: &[bool]) -> usize {
    answers.iter().filter(|holds| **holds).count()
}

struct Person {
    attributes: Fields,
    events: Vec<Event>,
    state: State,
}

/// Audiences of a marketing team, over people with events.
pub struct Audiences {
    program: Prepared,
    people: Vec<Person>,
    stream: Vec<Event>,
}

impl Audiences {
    pub fn new(audiences: usize, people: usize, stream: u64) -> Self {
        let program = Prepared::new(super::audiences(audiences).unwrap());
        let people = (0..people).map(|number| person(number, &program)).collect();
        let event = |number| audience::event(9_000_000 + number, NOW_MS + number as i64);
        Self { program, people, stream: (0..stream).map(event).collect() }
    }

    pub fn leaves(&self) -> usize {
        self.program.leaves.len()
    }

    /// The state of each person.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        self.people.iter().map(|person| &person.state)
    }

    /// Folds every event of the stream into the state of somebody, and answers the audiences that it may change. Every
    /// pass goes on a day after the one before.
    pub fn events_pass(&mut self) -> usize {
        let mut members = 0;
        for (number, event) in self.stream.iter_mut().enumerate() {
            let place = number * 31 % self.people.len();
            let Person { attributes, state, .. } = &mut self.people[place];
            event.timestamp_ms += 24 * HOUR_MS;
            let now_ms = event.timestamp_ms;
            let received = state::receive(&self.program, state, event, now_ms);
            let slice = Slice { attributes, identities: &IDENTITIES, memberships: &MEMBERSHIPS, state };
            let answers = eval::answer_some(&self.program, slice, &received.audiences, now_ms);
            members += answers.iter().filter(|answer| **answer == Some(true)).count();
        }
        members
    }

    /// Answers every audience for everybody from folded state.
    pub fn folded_pass(&self) -> usize {
        let answers = self.people.iter().map(|Person { attributes, state, .. }| {
            let slice = Slice { attributes, identities: &IDENTITIES, memberships: &MEMBERSHIPS, state };
            let answers = eval::answer(&self.program, slice, NOW_MS);
            answers.iter().filter(|answer| **answer == Some(true)).count()
        });
        answers.sum()
    }

    /// Answers every audience for everybody from all events.
    pub fn whole_pass(&self) -> usize {
        let answers = self.people.iter().map(|Person { attributes, events, .. }| {
            let subject = Subject { attributes, identities: &IDENTITIES, memberships: &MEMBERSHIPS, events };
            members(&eval::run(&self.program, subject, NOW_MS))
        });
        answers.sum()
    }
}

fn person(number: usize, program: &Prepared) -> Person {
    let first = number as u64 * EVENTS_PER_PERSON;
    let step_ms = 90 * 24 * HOUR_MS / EVENTS_PER_PERSON as i64;
    let event =
        |event: u64| audience::event(first + event, NOW_MS - (EVENTS_PER_PERSON - event) as i64 * step_ms);
    let events: Vec<Event> = (0..EVENTS_PER_PERSON).map(event).collect();
    let mut state = State::default();
    for event in &events {
        state::fold(program, &mut state, event, NOW_MS);
    }
    Person { attributes: fields::from_json(&profile::profile(number), DEPTH_MAX).unwrap(), events, state }
}
