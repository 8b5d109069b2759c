//! Generated programs over generated profiles: the specification, the evaluator of whole profiles, and folded state
//! must agree, at instants moving forward, with events arriving in any order and some of them dated in the future.
//! `PROPTEST_CASES` sets how many cases are tried.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use acquaint_core::eval::{self, Slice};
use acquaint_core::id::AudienceId;
use acquaint_core::plan::leaf::LeafKind;
use acquaint_core::plan::{Mode, Prepared, Program, slice_attributes};
use acquaint_core::profile::Event;
use acquaint_core::state::{self, State};
use acquaint_core::value::Value;
use acquaint_portable::choices::Choices;
use acquaint_portable::world::{self, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(3_000), failure_persistence: None, ..ProptestConfig::default() }
}

fn choices() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..400)
}

/// The specification's answers, in the order of the program.
fn naive(world: &World, program: &Program, events: &[Event], now_ms: i64) -> Vec<bool> {
    let definition =
        |id: &AudienceId| world.definitions.iter().find(|definition| definition.id == *id).unwrap();
    let answer = |id: &AudienceId| {
        let expr = &definition(id).checked.expr;
        eval::naive(expr, &world.definitions, world.subject(events), now_ms) == Value::Boolean(true)
    };
    program.audiences.iter().map(|audience| answer(&audience.id)).collect()
}

fn check_agreement(
    world: &World,
    now_ms: i64,
    program: &Prepared,
    events: &[Event],
    state: &State,
) -> Result<(), TestCaseError> {
    let expected = naive(world, program, events, now_ms);
    prop_assert_eq!(
        &eval::run(program, world.subject(events), now_ms),
        &expected,
        "run {:#?}",
        world.definitions
    );
    let answers = eval::answer(program, world.slice(state), now_ms);
    for ((answer, expected), audience) in answers.iter().zip(&expected).zip(&program.audiences) {
        prop_assert!(
            answer.is_none_or(|answer| answer == *expected),
            "folded answer of {:#?} at {now_ms} is {answer:?}, not {expected}: {state:#?} {:#?}",
            audience,
            world.definitions
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_evaluator_gives_the_answer_of_the_specification(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = world.prepared();
        let (mut state, mut arrived, mut now_ms) = (State::default(), Vec::new(), world::START_MS);
        for batch in world.arrivals(&mut choices) {
            for event in &batch {
                let before = eval::answer(&program, world.slice(&state), now_ms);
                let touched = state::fold(&program, &mut state, event, now_ms);
                let affected: BTreeSet<u32> = state::affected(&program, &touched).into_iter().collect();
                let after = eval::answer(&program, world.slice(&state), now_ms);
                for number in 0..after.len() {
                    prop_assert!(affected.contains(&(number as u32)) || before[number] == after[number]);
                }
            }
            arrived.extend(batch);
            arrived.sort_by(|left: &Event, right| (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id)));
            if choices.flip() {
                state::expire(&program, &mut state, now_ms);
            }
            check_agreement(&world, now_ms, &program, &arrived, &state)?;
            now_ms += choices.step_ms();
            check_agreement(&world, now_ms, &program, &arrived, &state)?;
        }
    }

    #[test]
    fn nothing_changes_before_the_deadline(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = world.prepared();
        let mut state = State::default();
        let mut now_ms = world::START_MS;
        for event in &world.events {
            state::fold(&program, &mut state, event, now_ms);
        }
        for _ in 0..4 {
            let slice = world.slice(&state);
            let before = eval::answer(&program, slice, now_ms);
            let deadline = state::next_deadline(&program, slice, now_ms);
            let last_ms = deadline.map_or(now_ms + choices.step_ms() * 1_000, |deadline| deadline - 1);
            prop_assert!(last_ms >= now_ms, "a deadline of {deadline:?} is not after {now_ms}");
            for at_ms in [last_ms, choices.between(now_ms, last_ms)] {
                let after = naive(&world, &program, &world.events, at_ms);
                for (before, after) in before.iter().zip(&after) {
                    prop_assert!(
                        before.is_none_or(|before| before == *after),
                        "changed between {now_ms} and {at_ms}, before {deadline:?}: {:#?}", world.definitions
                    );
                }
            }
            now_ms = deadline.unwrap_or(last_ms);
        }
    }

    #[test]
    fn any_order_of_events_gives_the_same_state(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = world.prepared();
        let mut states = Vec::new();
        for _ in 0..2 {
            let mut state = State::default();
            for event in world.arrivals(&mut choices).concat() {
                state::fold(&program, &mut state, &event, world::START_MS);
            }
            states.push(state);
        }
        prop_assert_eq!(postcard::to_allocvec(&states[0]).unwrap(), postcard::to_allocvec(&states[1]).unwrap());
    }

    #[test]
    fn the_slice_of_what_is_read_answers_as_the_whole(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = world.prepared();
        let sliced = slice_attributes(&world.attributes, &program.attribute_paths());
        let whole = world.subject(&world.events);
        let slice = eval::Subject { attributes: &sliced, ..whole };
        let now_ms = world::START_MS;
        prop_assert_eq!(eval::run(&program, slice, now_ms), eval::run(&program, whole, now_ms));
    }

    #[test]
    fn the_edge_program_answers_as_the_whole_program(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let mut world = World::new(&mut choices);
        for definition in &mut world.definitions {
            definition.mode = [Mode::Edge, Mode::Streaming, Mode::Batch][choices.pick(3)];
        }
        let program = world.prepared();
        let edge = Prepared::new(program.edge());
        let (mut state, mut edge_state) = (State::default(), State::default());
        let now_ms = world::START_MS;
        for event in &world.events {
            state::fold(&program, &mut state, event, now_ms);
            state::fold(&edge, &mut edge_state, event, now_ms);
        }
        let whole = eval::answer(&program, world.slice(&state), now_ms);
        let folded_at_hub = eval::answer(&edge, world.slice(&state), now_ms);
        let folded_at_edge = eval::answer(&edge, world.slice(&edge_state), now_ms);
        prop_assert_eq!(&folded_at_hub, &folded_at_edge);
        for (audience, answer) in program.audiences.iter().zip(whole) {
            if audience.mode == Mode::Edge {
                prop_assert_eq!(folded_at_edge[edge.audience(&audience.id).unwrap() as usize], answer);
            }
        }
        for audience in &edge.audiences {
            prop_assert!(audience.mode != Mode::Batch);
        }
    }

    #[test]
    fn a_changed_program_answers_as_if_it_had_always_been(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = world.prepared();
        let mut known = world.clone();
        known.definitions.retain(|_| choices.flip());
        let previous = known.prepared();
        let (mut state, mut fresh) = (State::default(), State::default());
        let now_ms = world::START_MS;
        for event in &world.events {
            state::fold(&previous, &mut state, event, now_ms);
            state::fold(&program, &mut fresh, event, now_ms);
        }
        let leaves = state::migrate(&program, &previous.folded(), &mut state);
        state::rebuild(&program, &leaves, &mut state, &world.events, now_ms);
        for step in [0, choices.step_ms()] {
            let migrated = eval::answer(&program, world.slice(&state), now_ms + step);
            prop_assert_eq!(migrated, eval::answer(&program, world.slice(&fresh), now_ms + step));
        }
    }

    #[test]
    fn a_program_has_one_form_and_survives_its_bytes(choices in choices()) {
        let mut choices = Choices::of_list(&choices);
        let world = World::new(&mut choices);
        let program = Program::build(&world.definitions).unwrap();
        let bytes = postcard::to_allocvec(&program).unwrap();
        prop_assert_eq!(&postcard::to_allocvec(&Program::build(&world.definitions).unwrap()).unwrap(), &bytes);
        prop_assert_eq!(&postcard::from_bytes::<Program>(&bytes).unwrap(), &program);
        let identities: BTreeSet<_> = program.leaves.iter().map(|leaf| leaf.id).collect();
        prop_assert_eq!(identities.len(), program.leaves.len());
    }
}

/// So that agreement is not that of nothing with nothing.
#[test]
fn the_generated_cases_are_varied() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut members, mut outsiders, mut folded, mut stored, mut deadlines) = (0, 0, 0, 0, 0);
    for _ in 0..300 {
        let choices = choices().new_tree(&mut runner).unwrap().current();
        let world = World::new(&mut Choices::of_list(&choices));
        let program = world.prepared();
        let mut state = State::default();
        for event in &world.events {
            state::fold(&program, &mut state, event, world::START_MS);
        }
        let slice: Slice<'_> = world.slice(&state);
        for answer in eval::answer(&program, slice, world::START_MS).into_iter().flatten() {
            *(if answer { &mut members } else { &mut outsiders }) += 1;
        }
        deadlines += usize::from(state::next_deadline(&program, slice, world::START_MS).is_some());
        folded += program.leaves.iter().filter(|leaf| matches!(leaf.kind, LeafKind::Events(_))).count();
        stored += program.leaves.iter().filter(|leaf| matches!(leaf.kind, LeafKind::History(_))).count();
    }
    assert!(members > 100 && outsiders > 100, "{members} in, {outsiders} out");
    assert!(
        folded > 300 && stored > 20 && deadlines > 50,
        "{folded} folded, {stored} stored, {deadlines} deadlines"
    );
}
