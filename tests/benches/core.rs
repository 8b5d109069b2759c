//! The core natively: one event folded and answered, a whole profile answered, for more and more audiences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use acquaint_core::eval::{self, Slice, Subject};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Event, IdentityMap, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::value::{Fields, Value};
use acquaint_tests::workload;

const NOW_MS: i64 = 1_700_000_000_000;
const EVENTS: u64 = 20_000;
const PROFILES: usize = 200;
const EVENTS_PER_PROFILE: u64 = 100;

fn main() {
    let mut first = None;
    for audiences in [50, 500] {
        let program = prepared(audiences);
        let per_event = stream(&program);
        let (per_answer, per_profile) = profiles(&program);
        println!(
            "core  {audiences} audiences, {} leaves: {per_event:.0} ns an event (fold, answer what it touches), \
             {per_answer:.0} ns a folded profile ({:.1} ns an audience), {per_profile:.0} ns a whole profile of {EVENTS_PER_PROFILE} events",
            program.leaves.len(),
            per_answer / audiences as f64,
        );
        if let Some((event, answer)) = first {
            println!(
                "core  10x the audiences cost {:.1}x an event, {:.1}x a folded profile",
                per_event / event,
                per_answer / answer
            );
        }
        first = first.or(Some((per_event, per_answer)));
    }
}

fn prepared(audiences: usize) -> Prepared {
    let schema = workload::schema();
    let definitions: Vec<Definition> = (0..audiences)
        .map(|number| Definition {
            id: format!("a{number}").as_str().into(),
            mode: Mode::Edge,
            checked: acquaint_core::lang::compile(
                &workload::audience(number),
                &schema,
                &workload::NoAudiences,
            )
            .unwrap(),
        })
        .collect();
    Prepared::new(Program::build(&definitions).unwrap())
}

fn attributes() -> Fields {
    let tier = Fields::from([("tier".into(), Value::String("gold".into()))]);
    Fields::from([("loyalty".into(), Value::Object(tier))])
}

/// Nanoseconds to fold one event into one of many profiles and answer the audiences it may have changed.
fn stream(program: &Prepared) -> f64 {
    let (attributes, identities, memberships) = (attributes(), IdentityMap::new(), Memberships::new());
    let mut states = vec![State::default(); PROFILES];
    let events: Vec<Event> =
        (0..EVENTS).map(|number| workload::event(number * 7, NOW_MS + number as i64)).collect();
    let start = Instant::now();
    for (number, event) in events.iter().enumerate() {
        let state = &mut states[number * 31 % PROFILES];
        let touched = state::fold(program, state, event, event.timestamp_ms);
        let affected = state::affected(program, &touched);
        let slice =
            Slice { attributes: &attributes, identities: &identities, memberships: &memberships, state };
        black_box(eval::answer_some(program, slice, &affected, event.timestamp_ms));
    }
    start.elapsed().as_nanos() as f64 / EVENTS as f64
}

/// Nanoseconds to answer all audiences from folded state, and from all events.
fn profiles(program: &Prepared) -> (f64, f64) {
    let (attributes, identities, memberships) = (attributes(), IdentityMap::new(), BTreeMap::new());
    let histories: Vec<Vec<Event>> = (0..PROFILES as u64)
        .map(|profile| {
            let event = |number| {
                workload::event(
                    profile * 13 + number,
                    NOW_MS - (EVENTS_PER_PROFILE - number) as i64 * 3_600_000,
                )
            };
            (0..EVENTS_PER_PROFILE).map(event).collect()
        })
        .collect();
    let states: Vec<State> = histories
        .iter()
        .map(|events| {
            let mut state = State::default();
            for event in events {
                state::fold(program, &mut state, event, NOW_MS);
            }
            state
        })
        .collect();
    let start = Instant::now();
    for state in &states {
        let slice =
            Slice { attributes: &attributes, identities: &identities, memberships: &memberships, state };
        black_box(eval::answer(program, slice, NOW_MS));
    }
    let answer = start.elapsed().as_nanos() as f64 / PROFILES as f64;
    let start = Instant::now();
    for events in &histories {
        let subject =
            Subject { attributes: &attributes, identities: &identities, memberships: &memberships, events };
        black_box(eval::run(program, subject, NOW_MS));
    }
    (answer, start.elapsed().as_nanos() as f64 / PROFILES as f64)
}
