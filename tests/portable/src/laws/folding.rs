//! However events arrive, the folded state has the same bytes once it was expired.

use acquaint_core::state::{self, State};

use super::{Law, Seen};
use crate::choices::Choices;
use crate::world::{START_MS, World};

pub(super) fn any_arrival_gives_the_same_state(world: &World, choices: &mut Choices, seen: &mut Seen) -> Law {
    let program = world.prepared();
    let mut all = Vec::new();
    for _ in 0..2 {
        let mut state = State::default();
        for event in world.arrivals(choices).concat() {
            state::fold(&program, &mut state, &event, START_MS);
        }
        state::expire(&program, &mut state, START_MS);
        all.push(postcard::to_allocvec(&state).unwrap());
    }
    seen.add(&all);
    if all[0] != all[1] {
        return Err("the order of events shows in the folded state".into());
    }
    let mut rebuilt = State::default();
    let leaves: Vec<u32> = (0..program.leaves.len() as u32).collect();
    state::rebuild(&program, &leaves, &mut rebuilt, &world.events, START_MS);
    state::expire(&program, &mut rebuilt, START_MS);
    if postcard::to_allocvec(&rebuilt).unwrap() != all[0] {
        return Err("rebuilt state is not the folded state".into());
    }
    Ok(())
}
