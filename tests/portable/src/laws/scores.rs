//! A score from folded state is the number that its formula has of all events.

use acquaint_core::eval::{self, Scores};
use acquaint_core::lang::{self, AudienceDirectory, Checked};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program, Score, Verdict};
use acquaint_core::state::{self, State};

use super::{Law, Seen};
use crate::choices::Choices;
use crate::vocabulary::schema;
use crate::world::{START_MS, World};
use crate::write;

/// Formulas of one world.
const FORMULAS: usize = 3;

struct Anybody;

impl AudienceDirectory for Anybody {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

/// The audiences, those that cannot run in their mode as batch: nobody could publish them as they are.
fn published(world: &World) -> Vec<Definition> {
    let program = world.prepared();
    let runs = |definition: &Definition| {
        let built = program.audiences.iter().find(|audience| audience.id == definition.id);
        built.is_some_and(|built| matches!(built.native.of(built.mode), Verdict::Ok { .. }))
    };
    let mut definitions = world.audiences.definitions.clone();
    definitions.iter_mut().filter(|it| !runs(it)).for_each(|it| it.mode = Mode::Batch);
    definitions
}

/// The formulas that are drawn and can be scores.
fn formulas(world: &World, choices: &mut Choices) -> Vec<(String, Checked)> {
    let known: Vec<String> =
        world.audiences.definitions.iter().map(|definition| definition.id.to_string()).collect();
    let schema = schema();
    let drawn = (0..FORMULAS).map(|_| write::number(choices, &known)).collect::<Vec<_>>();
    let checked = drawn.into_iter().filter_map(|text| {
        let checked = lang::compile(&text, &schema, &Anybody).ok()?;
        Some((text, checked))
    });
    checked.filter(|(_, checked)| Score::check(checked).is_ok()).collect()
}

pub(super) fn folded_scores_are_those_of_all_events(
    world: &World,
    choices: &mut Choices,
    seen: &mut Seen,
) -> Law {
    let formulas = formulas(world, choices);
    let of_formulas: Vec<&Checked> = formulas.iter().map(|(_, checked)| checked).collect();
    let published = published(world);
    let program = Program::build_scored(&published, &of_formulas)
        .map_err(|error| format!("formulas that were let pass make no program: {error}"))?;
    let edge = Prepared::new(program.edge());
    let mut state = State::default();
    for event in &world.events {
        state::fold(&edge, &mut state, event, START_MS);
    }
    // A batch audience is what it was last time.
    let definitions: Vec<Definition> = published.into_iter().filter(|it| it.mode != Mode::Batch).collect();
    for now_ms in [START_MS, START_MS + choices.step_ms()] {
        let scores = Scores::new(&edge, world.slice(&state), now_ms);
        for ((text, formula), number) in formulas.iter().zip(0..) {
            let subject = world.subject(&world.events);
            let wanted = eval::naive(&formula.expr, &definitions, subject, now_ms).as_f64();
            let found = scores.number(number);
            seen.cases += 1;
            seen.add(&(text, found.map(f64::to_bits)));
            if found.map(f64::to_bits) != wanted.filter(|it| !it.is_nan()).map(f64::to_bits) {
                return Err(format!("`{text}` at {now_ms} is {found:?} folded and {wanted:?} of all events"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_formulas_read_events_and_are_scores() {
        let (mut scores, mut folded) = (0, 0);
        for seed in 0..300 {
            let mut choices = Choices::of_seed(seed);
            let world = World::new(&mut choices);
            let found = formulas(&world, &mut choices);
            scores += found.len();
            let texts = found.iter().filter(|(text, _)| text.contains("xEvent"));
            folded += texts.count();
        }
        assert!(scores > 300 && folded > 100, "{scores} scores, {folded} of them of events");
    }
}
