//! Pure: from a row of the ledger to what has to be done about it, and from a wish of the planner to the next row.

use acquaint_core::id::Position;
use acquaint_core::profile::{IdentityMap, Status};
use acquaint_core::value::Fields;

use super::{Entry, Intent, Kind, Sending};

/// What has to be done about a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Send this.
    Deliver(Sending),
    /// It is not time yet.
    Wait {
        /// When it is.
        until_ms: i64,
    },
    /// The destination knows what it should, or this has been given up.
    Nothing,
    /// Give up.
    DeadLetter {
        /// Why.
        reason: String,
    },
}

/// What the planner wants a destination to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// In or out.
    pub status: Status,
    /// It was in before the dataflow began.
    pub existing: bool,
    /// When it was entered or left.
    pub since_ms: i64,
    /// The record that led to it; 0: no record did.
    pub position: Position,
    /// The profile's identities.
    pub identities: IdentityMap,
    /// Its mapped fields.
    pub attributes: Fields,
    /// Why the destination should not know of a profile that is in: it is to be told, if anything, that it is out.
    pub blocked: Option<String>,
}

/// What has to be done at `now_ms` about a row whose message may be tried `attempts_max` times.
pub fn decide(entry: &Entry, attempts_max: u32, now_ms: i64) -> Decision {
    if entry.dead.is_some() {
        return Decision::Nothing;
    }
    let Some(sending) = obligation(entry) else {
        return Decision::Nothing;
    };
    match entry.next_attempt_ms {
        Some(until_ms) if until_ms > now_ms => Decision::Wait { until_ms },
        Some(_) | None if entry.attempts >= attempts_max => {
            let last = entry.last_error.as_deref().unwrap_or("no attempt has ended");
            Decision::DeadLetter { reason: format!("given up after {} attempts: {last}", entry.attempts) }
        }
        Some(_) | None => Decision::Deliver(sending),
    }
}

/// The message that is owed, no matter when. An unsettled one comes first; an exit carries the identities and fields
/// with which the entry was confirmed, because those are the ones the receiver knows.
pub fn obligation(entry: &Entry) -> Option<Sending> {
    if let Some(sending) = &entry.sending {
        return Some(sending.clone());
    }
    let known = entry.delivered.as_ref().map(|delivered| &delivered.intent);
    let known = known.filter(|intent| intent.status == Status::Realized);
    match (known, entry.desired.status) {
        (None, Status::Exited) => None,
        (None, Status::Realized) => Some(Sending { kind: Kind::Entered, intent: entry.desired.clone() }),
        (Some(known), Status::Realized) if known.same_content(&entry.desired) => None,
        (Some(_), Status::Realized) => Some(Sending { kind: Kind::Updated, intent: entry.desired.clone() }),
        (Some(known), Status::Exited) => {
            let intent = Intent {
                identities: known.identities.clone(),
                attributes: known.attributes.clone(),
                ..entry.desired.clone()
            };
            Some(Sending { kind: Kind::Exited, intent })
        }
    }
}

/// The row after a wish, or `None` if the wish changes nothing. `streaming`: changed content counts, and the message is
/// due at `due_ms`; files carry the content of the moment they are written, and are due when they are scheduled.
pub fn intend(
    entry: Option<&Entry>,
    wish: Wish,
    sequence: u64,
    streaming: bool,
    now_ms: i64,
    due_ms: i64,
) -> Option<Entry> {
    let intent = Intent {
        status: wish.status,
        existing: wish.existing,
        since_ms: wish.since_ms,
        position: wish.position,
        sequence,
        decided_ms: now_ms,
        identities: wish.identities,
        attributes: wish.attributes,
        blocked: wish.blocked,
    };
    let due = streaming.then_some(due_ms);
    let Some(entry) = entry else {
        let next_attempt_ms = due.filter(|_| wish.status == Status::Realized);
        return intent.is_member().then_some(Entry {
            desired: intent,
            sending: None,
            delivered: None,
            attempts: 0,
            next_attempt_ms,
            last_error: None,
            dead: None,
        });
    };
    let mut next = entry.clone();
    if entry.desired.status == wish.status {
        let refresh = streaming && wish.status == Status::Realized && !entry.desired.same_content(&intent);
        if !refresh && entry.desired.blocked == intent.blocked {
            return None;
        }
        let Intent { existing, since_ms, .. } = entry.desired;
        next.desired = Intent { existing, since_ms, ..intent };
    } else {
        next.desired = intent;
    }
    // A message under way, or waiting for its next attempt in doubt, is settled first, at its own time.
    if entry.sending.is_none() || entry.dead.is_some() {
        next.attempts = 0;
        next.next_attempt_ms = due;
    }
    next.dead = None;
    Some(next)
}

#[cfg(test)]
mod tests;
