//! Explanations of generated audiences: the terms that are said to decide do, from folded state the same is said as from
//! the stored events, and what is said to change by time alone does at that very instant.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use acquaint_core::eval::{self, Explanation, explain_answer, explain_run};
use acquaint_core::limits::EXPLANATION_AHEAD_MS;
use acquaint_core::state::{self, State};
use acquaint_portable::choices::Choices;
use acquaint_portable::world::{START_MS, World};

const WORLDS: u64 = 1_500;
/// Deadlines looked at on the way to a change, or to see that there is none.
const DEADLINES: usize = 40;

fn each_world(mut check: impl FnMut(&World, &eval::Subject<'_>, u64)) {
    for seed in 0..WORLDS {
        let world = World::new(&mut Choices::of_seed(seed));
        check(&world, &world.subject(&world.events), seed);
    }
}

fn numbers(world: &World) -> std::ops::Range<u32> {
    0..u32::try_from(world.audiences.definitions.len()).unwrap()
}

/// The value that follows if the terms that did not decide come out otherwise; each, as it may not be alone, or all.
fn overturned(term: &Explanation, overturn: &mut dyn FnMut() -> bool) -> Option<bool> {
    if term.children.is_empty() {
        let other = !term.decided && overturn();
        return term.value.map(|value| value != other);
    }
    let mut children = term.children.iter().map(|child| overturned(child, overturn));
    let all: Vec<Option<bool>> = children.by_ref().collect();
    let joined = |decisive: bool| match all.contains(&Some(decisive)) {
        true => Some(decisive),
        false if all.contains(&None) => None,
        false => Some(!decisive),
    };
    match &*term.text {
        "not" => all[0].map(|value| !value),
        "and" => joined(false),
        "or" => joined(true),
        _ => all[0],
    }
}

#[test]
fn the_answer_follows_from_the_terms_that_decided() {
    each_world(|world, subject, seed| {
        let program = world.prepared();
        let mut choices = Choices::of_seed(seed);
        for audience in numbers(world) {
            let explained = explain_run(&program, audience, *subject, START_MS).unwrap();
            assert_eq!(overturned(&explained, &mut || false), explained.value, "seed {seed}: {explained:#?}");
            for _ in 0..4 {
                let found = overturned(&explained, &mut || choices.flip());
                assert_eq!(found, explained.value, "seed {seed}: {explained:#?}");
            }
        }
    });
}

#[test]
fn folded_state_explains_as_the_stored_events_do() {
    let mut compared = 0;
    each_world(|world, subject, seed| {
        let program = world.prepared();
        let mut state = State::default();
        for event in &world.events {
            state::fold(&program, &mut state, event, START_MS);
        }
        for audience in numbers(world) {
            let folded = explain_answer(&program, audience, world.slice(&state), START_MS).unwrap();
            // What another audience was last time, in batch, need not be what it is now.
            if is_known(&folded) && !world.audiences.refers_to_batch() {
                let stored = explain_run(&program, audience, *subject, START_MS).unwrap();
                assert_eq!(folded, stored, "seed {seed}");
                compared += 1;
            }
        }
    });
    assert!(compared > 2_000, "{compared}");
}

fn is_known(term: &Explanation) -> bool {
    term.value.is_some() && term.children.iter().all(is_known)
}

#[test]
fn what_changes_by_time_alone_changes_at_the_instant_that_is_said() {
    let mut changes = 0;
    each_world(|world, subject, seed| {
        let program = world.prepared();
        let answer = |audience: u32, now_ms| eval::run(&program, *subject, now_ms)[audience as usize];
        for audience in numbers(world) {
            let explained = explain_run(&program, audience, *subject, START_MS).unwrap();
            let before = answer(audience, START_MS);
            let last_ms = match explained.changes_at_ms {
                Some(at_ms) => {
                    changes += 1;
                    assert_eq!(answer(audience, at_ms - 1), before, "seed {seed}: before {at_ms}");
                    assert_ne!(answer(audience, at_ms), before, "seed {seed}: at {at_ms}");
                    at_ms
                }
                // Later changes are not looked for.
                None => START_MS + EXPLANATION_AHEAD_MS,
            };
            let mut now_ms = START_MS;
            for _ in 0..DEADLINES {
                let term = explain_run(&program, audience, *subject, now_ms).unwrap();
                let Some(next_ms) = earliest(&term).filter(|next_ms| *next_ms < last_ms) else { break };
                assert!(next_ms > now_ms, "seed {seed}");
                assert_eq!(answer(audience, next_ms), before, "seed {seed}: at {next_ms}");
                now_ms = next_ms;
            }
        }
    });
    assert!(changes > 150, "{changes}");
}

/// Of any term.
fn earliest(term: &Explanation) -> Option<i64> {
    term.children.iter().filter_map(earliest).chain(term.changes_at_ms).min()
}

#[test]
fn nothing_changes_before_the_deadline_of_folded_state() {
    each_world(|world, _, seed| {
        let program = world.prepared();
        let mut state = State::default();
        for event in &world.events {
            state::fold(&program, &mut state, event, START_MS);
        }
        let slice = world.slice(&state);
        let deadline_ms = state::next_deadline(&program, slice, START_MS);
        for audience in numbers(world) {
            let explained = explain_answer(&program, audience, slice, START_MS).unwrap();
            if let Some(at_ms) = explained.changes_at_ms {
                assert!(
                    deadline_ms.is_some_and(|deadline_ms| deadline_ms <= at_ms),
                    "seed {seed}: {explained:#?}"
                );
            }
        }
    });
}
