//! However events arrive, the folded state has the same bytes once it was expired; so do the states of profiles that
//! become one, or two. An event that is taken out again was never there.

use acquaint_core::eval;
use acquaint_core::plan::Prepared;
use acquaint_core::profile::Event;
use acquaint_core::state::{self, State};

use super::{Law, Seen, differing, naive_without_batch};
use crate::choices::Choices;
use crate::world::{START_MS, World};

fn folded<'e>(program: &Prepared, events: impl IntoIterator<Item = &'e Event>) -> State {
    let mut state = State::default();
    for event in events {
        state::fold(program, &mut state, event, START_MS);
    }
    state
}

/// Once it was expired.
fn bytes(program: &Prepared, mut state: State, now_ms: i64) -> Vec<u8> {
    state::expire(program, &mut state, now_ms);
    postcard::to_allocvec(&state).unwrap()
}

pub(super) fn any_arrival_gives_the_same_state(world: &World, choices: &mut Choices, seen: &mut Seen) -> Law {
    let program = world.prepared();
    let mut all = Vec::new();
    for _ in 0..2 {
        let mut arriving = world.arrivals(choices).concat();
        for _ in 0..choices.pick(4).min(arriving.len()) {
            let again = arriving[choices.pick(arriving.len())].clone();
            arriving.insert(choices.pick(arriving.len()), again);
        }
        all.push(bytes(&program, folded(&program, &arriving), START_MS));
    }
    seen.add(&all);
    if all[0] != all[1] {
        return Err("the order of events, or that some came again, shows in the folded state".into());
    }
    let mut rebuilt = State::default();
    let numbers: Vec<u32> = (0..program.stream_ids().len() as u32).collect();
    state::rebuild(&program, &numbers, &mut rebuilt, &world.events, START_MS);
    if bytes(&program, rebuilt, START_MS) != all[0] {
        return Err("rebuilt state is not the folded state".into());
    }
    Ok(())
}

pub(super) fn profiles_become_one_and_two(world: &World, choices: &mut Choices, seen: &mut Seen) -> Law {
    let program = world.prepared();
    let later_ms = START_MS + choices.step_ms();
    // Of the first profile, of the second, of both.
    let owners: Vec<usize> = world.events.iter().map(|_| choices.pick(3)).collect();
    let without = |owner: usize| -> Vec<Event> {
        let owned = world.events.iter().zip(&owners).filter(|(_, own)| **own != owner);
        owned.map(|(event, _)| event.clone()).collect()
    };
    let (first, second) = (folded(&program, &without(1)), folded(&program, &without(0)));
    let whole = folded(&program, &world.events);
    let one = bytes(&program, whole.clone(), later_ms);
    seen.add(&one);
    for (first, second) in [(&first, &second), (&second, &first)] {
        let merged = state::merge(&program, first, second, later_ms);
        if postcard::to_allocvec(&merged).unwrap() != one {
            return Err(format!("two profiles merged at {later_ms} are not one\n{merged:?}\n{whole:?}"));
        }
    }
    let staying = without(1);
    let is_staying = |event: &Event| staying.iter().any(|other| other.id == event.id);
    let going: Vec<Event> = world.events.iter().filter(|event| !is_staying(event)).cloned().collect();
    let split = state::split(&program, &whole, going.iter().map(|event| event.id.as_str()), later_ms);
    seen.add(&split.to_rebuild);
    for (mut part, events) in [(split.staying, &staying), (split.going, &going)] {
        state::rebuild(&program, &split.to_rebuild, &mut part, events, later_ms);
        let (found, wanted) =
            (bytes(&program, part, later_ms), bytes(&program, folded(&program, events), later_ms));
        if found != wanted {
            return Err(format!("a profile divided at {later_ms} is not that of its events: {events:?}"));
        }
    }
    Ok(())
}

pub(super) fn what_is_taken_out_was_never_there(
    world: &World,
    choices: &mut Choices,
    seen: &mut Seen,
) -> Law {
    let program = world.prepared();
    let mut rest = world.events.clone();
    if rest.is_empty() {
        return Ok(());
    }
    let mut state = folded(&program, &rest);
    let gone = rest.remove(choices.pick(rest.len()));
    seen.add(&state::unfold(&program, &mut state, &gone));
    if !state::unfold(&program, &mut state, &gone).is_empty() {
        return Err(format!("event {} can be taken out twice", gone.id));
    }
    // What it had pushed out is asked for.
    let to_rebuild = state::migrate(&program, &program.folded(), &mut state, START_MS);
    state::rebuild(&program, &to_rebuild, &mut state, &rest, START_MS);
    for now_ms in [START_MS, START_MS + choices.step_ms()] {
        let found = eval::answer(&program, world.slice(&state), now_ms);
        let expected = naive_without_batch(world, &program, &rest, now_ms);
        let expected: Vec<Option<bool>> =
            found.iter().zip(expected).map(|(found, expected)| found.map(|_| expected)).collect();
        if found != expected {
            let differing = differing(&program, &found, &expected);
            return Err(format!("without event {}, at {now_ms}: {differing}\n{state:?}", gone.id));
        }
    }
    Ok(())
}
