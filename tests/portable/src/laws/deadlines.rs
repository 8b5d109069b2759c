//! Between two deadlines nothing changes, and at a deadline the folded answers are those of the specification.

use acquaint_core::eval::{self, Slice};
use acquaint_core::plan::Prepared;
use acquaint_core::state::{self, Schedule, State};

use super::agreement::agree;
use super::{Law, Seen, differing, naive_without_batch};
use crate::choices::Choices;
use crate::world::{START_MS, World};

/// How many deadlines are passed.
const DEADLINES: usize = 4;

pub(super) fn nothing_changes_between_deadlines(
    world: &World,
    choices: &mut Choices,
    seen: &mut Seen,
) -> Law {
    let program = world.prepared();
    let mut state = State::default();
    let mut now_ms = START_MS;
    for event in &world.events {
        state::fold(&program, &mut state, event, now_ms);
    }
    for _ in 0..DEADLINES {
        let slice = world.slice(&state);
        let before = eval::answer(&program, slice, now_ms);
        let deadline_ms = state::next_deadline(&program, slice, now_ms);
        seen.add(&deadline_ms);
        // What leaves at rest have decided is not looked at again, so a schedule may go further.
        let scheduled_ms = Schedule::new(&program, slice, now_ms).next_ms(&program, &Default::default());
        for next_ms in [deadline_ms, scheduled_ms] {
            let last_ms = next_ms
                .map_or(now_ms.saturating_add(choices.step_ms() * 1_000), |deadline_ms| deadline_ms - 1);
            if last_ms < now_ms {
                return Err(format!("a deadline of {next_ms:?} is not after {now_ms}"));
            }
            for at_ms in [choices.between(now_ms, last_ms), last_ms] {
                let after = naive_without_batch(world, &program, &world.events, at_ms);
                let known: Vec<Option<bool>> =
                    before.iter().zip(after).map(|(before, after)| before.map(|_| after)).collect();
                if known != before {
                    let differing = differing(&program, &before, &known);
                    return Err(format!(
                        "from {now_ms} to {at_ms}, before {next_ms:?}: {differing}\n{state:?}"
                    ));
                }
            }
        }
        let Some(deadline_ms) = deadline_ms else { return Ok(()) };
        seen.deadlines += 1;
        only_what_is_due_changes(&program, slice, &before, deadline_ms)?;
        for at_ms in [deadline_ms - 1, deadline_ms, deadline_ms.saturating_add(1)] {
            agree(world, &program, &world.events, &state, at_ms, seen)?;
        }
        now_ms = deadline_ms;
        if choices.flip() {
            state::expire(&program, &mut state, now_ms);
        }
    }
    Ok(())
}

/// Asking the audiences that are due is as good as asking all.
fn only_what_is_due_changes(
    program: &Prepared,
    slice: Slice<'_>,
    before: &[Option<bool>],
    at_ms: i64,
) -> Result<(), String> {
    let audiences = state::due(program, slice, at_ms);
    let asked = eval::answer_some(program, slice, &audiences, at_ms);
    let mut known = before.to_vec();
    for (audience, answer) in audiences.iter().zip(asked) {
        known[*audience as usize] = answer;
    }
    let all = eval::answer(program, slice, at_ms);
    match known == all {
        true => Ok(()),
        false => Err(format!("due at {at_ms}: {}", differing(program, &known, &all))),
    }
}
