//! The outcomes of a step, written to the ledger.

use super::disabled::Disabled;
use crate::activation::Shared;
use crate::destinations::{Outcome, Streaming};
use crate::error::Result;
use crate::ledger::book::Draft;
use crate::ledger::settle::{Attempt, release, settle};
use crate::ledger::{Key, Kind};
use crate::settings::{Observed, Told};
use crate::view::Target;

/// An attempt and what came of it; `None`: it was not made.
pub(crate) type Ended = (Key, Attempt, Option<Outcome>);

/// Settles lanes that have ended, and flushes.
pub(crate) fn apply(
    shared: &Shared,
    target: &Target,
    streaming: &dyn Streaming,
    lanes: Vec<Vec<Ended>>,
) -> Result<()> {
    let now_ms = shared.network_now_ms();
    let _writing = shared.writing();
    let mut draft = Draft::new(&*shared.store);
    let mut disabled = None;
    let mut observed = Vec::new();
    for lane in lanes {
        // What comes after a message that must wait waits with it.
        let mut hold_until_ms = now_ms;
        for (key, attempt, outcome) in lane {
            let Some(entry) = draft.get(&key)? else {
                // The dataflow has been taken away meanwhile.
                continue;
            };
            let ours = entry.sending.as_ref().map(|sending| sending.intent.sequence);
            if ours != Some(attempt.sending.intent.sequence) {
                continue;
            }
            let next = match &outcome {
                None => release(entry, &attempt, hold_until_ms),
                Some(outcome) => {
                    let delay_ms = streaming.retry_delay_ms(entry.attempts, &attempt.message_id);
                    settle(entry, &attempt, outcome, delay_ms, now_ms)
                }
            };
            match &outcome {
                Some(Outcome::Retry { .. }) => hold_until_ms = next.next_attempt_ms.unwrap_or(now_ms),
                Some(Outcome::Disable { reason }) => disabled = Some(reason.clone()),
                Some(Outcome::Acknowledged | Outcome::Refused { .. }) | None => {}
            }
            draft.put(&key, next)?;
            if let Some(outcome) = &outcome {
                let took_ms = now_ms.saturating_sub(decided_ms(&attempt));
                let position = attempt.sending.intent.position;
                observed.push((key.dataflow.clone(), position, told(outcome), took_ms));
            }
        }
    }
    let (mut batch, _) = draft.finish()?;
    if let Some(reason) = disabled {
        batch.writes.push(Disabled::row(target, reason, now_ms)?);
    }
    shared.store.commit(batch, true)?;
    for (dataflow, position, told, took_ms) in observed {
        (shared.settings.observer)(&Observed { dataflow: &dataflow, position, told, took_ms });
    }
    Ok(())
}

fn told(outcome: &Outcome) -> Told {
    match outcome {
        Outcome::Acknowledged => Told::Confirmed,
        Outcome::Retry { .. } => Told::Failed,
        Outcome::Refused { .. } => Told::Refused,
        Outcome::Disable { .. } => Told::Disabled,
    }
}

/// When what is told was decided: a membership by the engine, unless it is older than the dataflow; everything else by
/// the planner.
fn decided_ms(attempt: &Attempt) -> i64 {
    let intent = &attempt.sending.intent;
    match attempt.sending.kind {
        Kind::Entered | Kind::Exited if !intent.existing => intent.since_ms,
        Kind::Entered | Kind::Exited | Kind::Updated => intent.decided_ms,
    }
}
