//! The specification, the evaluator of whole profiles and folded state give one answer.

use std::collections::BTreeSet;

use acquaint_core::eval;
use acquaint_core::plan::Prepared;
use acquaint_core::profile::Event;
use acquaint_core::state::{self, State};

use super::{Law, Seen, differing, naive, naive_without_batch};
use crate::choices::Choices;
use crate::world::{START_MS, World, sort};

/// At instants moving forward, with events arriving in any order and some of them dated in the future.
pub(super) fn every_evaluator_agrees(world: &World, choices: &mut Choices, seen: &mut Seen) -> Law {
    let program = world.prepared();
    let (mut state, mut arrived, mut now_ms) = (State::default(), Vec::new(), START_MS);
    for batch in world.arrivals(choices) {
        for event in &batch {
            let before = eval::answer(&program, world.slice(&state), now_ms);
            let received = state::receive(&program, &mut state, event, now_ms);
            let asked: BTreeSet<u32> = received.audiences.into_iter().collect();
            seen.add(&(received.touched, &asked));
            let after = eval::answer(&program, world.slice(&state), now_ms);
            for (number, (before, after)) in (0..).zip(before.iter().zip(&after)) {
                if before != after && !asked.contains(&number) {
                    return Err(format!("event {} changed audience {number} and does not say so", event.id));
                }
            }
        }
        arrived.extend(batch);
        sort(&mut arrived);
        if choices.flip() {
            state::expire(&program, &mut state, now_ms);
        }
        agree(world, &program, &arrived, &state, now_ms, seen)?;
        now_ms += choices.step_ms();
        agree(world, &program, &arrived, &state, now_ms, seen)?;
    }
    Ok(())
}

/// At one instant.
pub(super) fn agree(
    world: &World,
    program: &Prepared,
    events: &[Event],
    state: &State,
    now_ms: i64,
    seen: &mut Seen,
) -> Law {
    let expected = naive(world, program, events, now_ms);
    seen.cases += expected.len() as u64;
    seen.members += expected.iter().filter(|answer| **answer).count() as u64;
    let run = eval::run(program, world.subject(events), now_ms);
    let folded = eval::answer(program, world.slice(state), now_ms);
    seen.add(&(&expected, &run, &folded, now_ms));
    if run != expected {
        return Err(format!("run at {now_ms}: {}", differing(program, &run, &expected)));
    }
    let expected = if world.audiences.refers_to_batch() {
        naive_without_batch(world, program, events, now_ms)
    } else {
        expected
    };
    let mut known = Vec::new();
    for (answer, expected) in folded.iter().zip(&expected) {
        seen.folded += u64::from(answer.is_some());
        known.push(answer.map(|_| *expected));
    }
    if known != folded {
        let differing = differing(program, &folded, &known);
        return Err(format!("folded at {now_ms}: {differing}\n{state:?}"));
    }
    Ok(())
}

/// Values that are no audiences: only for the digest, since the specification alone computes them.
pub(super) fn values_are_the_same(world: &World, _: &mut Choices, seen: &mut Seen) -> Law {
    for checked in &world.audiences.values {
        let subject = world.subject(&world.events);
        seen.add(&eval::naive(&checked.expr, &world.audiences.definitions, subject, START_MS));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of some worlds break the law if the state is folded from so many events fewer.
    fn found_without(events: usize) -> usize {
        let broken = (0..300).filter(|seed| {
            let world = World::new(&mut Choices::of_seed(*seed));
            let program = world.prepared();
            let mut state = State::default();
            for event in world.events.iter().rev().skip(events) {
                state::fold(&program, &mut state, event, START_MS);
            }
            agree(&world, &program, &world.events, &state, START_MS, &mut Seen::default()).is_err()
        });
        broken.count()
    }

    #[test]
    fn state_that_lacks_an_event_is_found_out() {
        assert_eq!(found_without(0), 0);
        assert!(found_without(1) > 5, "only {} of 300 worlds show it", found_without(1));
    }
}
