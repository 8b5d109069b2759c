//! Parts of a program, and programs that follow one another, answer as the whole does.

use acquaint_core::eval;
use acquaint_core::plan::{Mode, Prepared, slice_attributes};
use acquaint_core::state::{self, State};

use super::{Law, Seen, differing};
use crate::choices::Choices;
use crate::world::{START_MS, World};

pub(super) fn what_is_read_is_enough(world: &World, _: &mut Choices, _: &mut Seen) -> Law {
    let program = world.prepared();
    let sliced = slice_attributes(&world.attributes, &program.attribute_paths());
    let whole = world.subject(&world.events);
    let slice = eval::Subject { attributes: &sliced, ..whole };
    let (found, wanted) = (eval::run(&program, slice, START_MS), eval::run(&program, whole, START_MS));
    if found == wanted { Ok(()) } else { Err(format!("the slice: {}", differing(&program, &found, &wanted))) }
}

pub(super) fn the_edge_answers_as_the_hub(world: &World, _: &mut Choices, seen: &mut Seen) -> Law {
    let program = world.prepared();
    let edge = Prepared::new(program.edge());
    let (mut state, mut edge_state) = (State::default(), State::default());
    for event in &world.events {
        state::fold(&program, &mut state, event, START_MS);
        state::fold(&edge, &mut edge_state, event, START_MS);
    }
    let whole = eval::answer(&program, world.slice(&state), START_MS);
    let at_hub = eval::answer(&edge, world.slice(&state), START_MS);
    let at_edge = eval::answer(&edge, world.slice(&edge_state), START_MS);
    seen.add(&(&at_edge, &*edge));
    if at_hub != at_edge {
        return Err(format!("folded at the edge: {}", differing(&edge, &at_edge, &at_hub)));
    }
    for (audience, wanted) in program.audiences.iter().zip(whole) {
        let found = edge.audience(&audience.id).map(|number| at_edge[number as usize]);
        if audience.mode == Mode::Edge && found != Some(wanted) {
            return Err(format!("{} is {found:?} at the edge and {wanted:?} at the hub", audience.id));
        }
    }
    match edge.audiences.iter().find(|audience| audience.mode == Mode::Batch) {
        Some(audience) => Err(format!("{} runs in batch and is in the program of the edge", audience.id)),
        None => Ok(()),
    }
}

pub(super) fn a_changed_program_answers_as_if_it_had_always_been(
    world: &World,
    choices: &mut Choices,
    seen: &mut Seen,
) -> Law {
    let program = world.prepared();
    let mut known = world.clone();
    // Those that refer to one that is gone read its stored membership, as they do at the edge.
    known.audiences.definitions.retain(|_| choices.flip());
    let previous = known.prepared();
    let (mut state, mut fresh) = (State::default(), State::default());
    for event in &world.events {
        state::fold(&previous, &mut state, event, START_MS);
        state::fold(&program, &mut fresh, event, START_MS);
    }
    let streams = state::migrate(&program, &previous.folded(), &mut state, START_MS);
    seen.add(&streams);
    state::rebuild(&program, &streams, &mut state, &world.events, START_MS);
    for now_ms in [START_MS, START_MS + choices.step_ms()] {
        let found = eval::answer(&program, world.slice(&state), now_ms);
        let wanted = eval::answer(&program, world.slice(&fresh), now_ms);
        if found != wanted {
            let differing = differing(&program, &found, &wanted);
            return Err(format!("after migration, at {now_ms}: {differing}\n{state:?}\n{fresh:?}"));
        }
    }
    Ok(())
}
