//! Pure: from the outcome of an attempt to the next row of the ledger.

use super::decide::obligation;
use super::{Delivered, Entry, Sending};
use crate::destinations::Outcome;

/// An attempt that has begun: its row says so on disk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attempt {
    /// What was sent, or is about to be.
    pub(crate) sending: Sending,
    /// An earlier attempt may have reached the receiver.
    pub(crate) was_in_doubt: bool,
    /// The `webhook-id`.
    pub(crate) message_id: String,
}

/// The row while the attempt is under way. It is due again at once: after a crash the attempt is repeated.
pub(crate) fn begin(entry: &Entry, sending: Sending, now_ms: i64) -> Entry {
    Entry {
        sending: Some(sending),
        attempts: entry.attempts.saturating_add(1),
        next_attempt_ms: Some(now_ms),
        ..entry.clone()
    }
}

/// The row of an attempt that did not take place after all; it is due at `until_ms`.
pub(crate) fn release(entry: &Entry, attempt: &Attempt, until_ms: i64) -> Entry {
    let mut next = entry.clone();
    next.attempts = entry.attempts.saturating_sub(1);
    if !attempt.was_in_doubt {
        next.sending = None;
    }
    reschedule(next, until_ms)
}

/// The row after an attempt. `retry_delay_ms` is the schedule's answer for the attempts made so far; without one the
/// next decision gives the message up.
pub(crate) fn settle(
    entry: &Entry,
    attempt: &Attempt,
    outcome: &Outcome,
    retry_delay_ms: Option<i64>,
    now_ms: i64,
) -> Entry {
    let mut next = entry.clone();
    let superseded = entry.desired.sequence != attempt.sending.intent.sequence;
    match outcome {
        Outcome::Acknowledged => {
            next.sending = None;
            next.delivered = Some(Delivered {
                intent: attempt.sending.intent.clone(),
                at_ms: now_ms,
                message_id: attempt.message_id.clone(),
            });
            next.attempts = 0;
            next.last_error = None;
            reschedule(next, now_ms)
        }
        Outcome::Retry { in_doubt, reason, after_ms } => {
            next.last_error = Some(reason.clone());
            let in_doubt = *in_doubt || attempt.was_in_doubt;
            if !in_doubt {
                next.sending = None;
            }
            if superseded && !in_doubt {
                next.attempts = 0;
                return reschedule(next, now_ms);
            }
            let delay_ms = retry_delay_ms.unwrap_or(0).max(after_ms.unwrap_or(0));
            reschedule(next, now_ms.saturating_add(delay_ms))
        }
        Outcome::Refused { reason } => {
            next.sending = None;
            next.last_error = Some(reason.clone());
            if superseded {
                next.attempts = 0;
                return reschedule(next, now_ms);
            }
            next.dead = Some(attempt.sending.intent.sequence);
            next.next_attempt_ms = None;
            next
        }
        Outcome::Disable { reason } => {
            next.last_error = Some(reason.clone());
            release(&next, attempt, now_ms)
        }
    }
}

/// The row of a message that is given up; what was in doubt stays so, and a replay settles it.
pub(crate) fn give_up(entry: &Entry, reason: String) -> Entry {
    let sequence = entry.sending.as_ref().map_or(entry.desired.sequence, |sending| sending.intent.sequence);
    Entry { dead: Some(sequence), last_error: Some(reason), next_attempt_ms: None, ..entry.clone() }
}

/// Due at `at_ms` if anything is owed.
fn reschedule(mut entry: Entry, at_ms: i64) -> Entry {
    entry.next_attempt_ms = obligation(&entry).map(|_| at_ms);
    if entry.next_attempt_ms.is_none() {
        entry.attempts = 0;
    }
    entry
}
