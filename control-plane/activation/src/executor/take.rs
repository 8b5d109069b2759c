//! What is due: rows to lanes. A lane holds what is owed to one profile, in the order of the decisions.

use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_store::Table;
use acquaint_store::tables::Read;
use sha2::{Digest, Sha256};

use crate::activation::Shared;
use crate::error::Result;
use crate::ledger::book::{Draft, misplaced};
use crate::ledger::decide::{Decision, decide};
use crate::ledger::keys::{due_after, of_dataflow};
use crate::ledger::settle::{Attempt, begin, give_up};
use crate::ledger::{Entry, Key};

/// Due rows looked at in one step.
const DUE_ROWS_MAX: usize = 256;

/// Attempts at one profile, in order: each waits for the one before.
pub(crate) type Lane = Vec<(Key, Attempt)>;

/// What a step may send.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) lanes: Vec<Lane>,
    /// When the next row is due; now or earlier if there are more.
    pub(crate) next_due_ms: Option<i64>,
}

/// Takes what is due and notes on disk that it is being sent.
pub(crate) fn take(
    shared: &Shared,
    dataflow: &str,
    attempts_max: u32,
    messages_max: usize,
    now_ms: i64,
) -> Result<Taken> {
    let store = &*shared.store;
    let _writing = shared.writing();
    let (from, to) = (of_dataflow(dataflow), due_after(dataflow, now_ms));
    let rows = store.scan(Table::Due, Bound::Included(&from), Bound::Excluded(&to), DUE_ROWS_MAX)?;
    let mut draft = Draft::new(store);
    let mut profiles: Vec<ProfileId> = Vec::new();
    for (bytes, _) in &rows {
        let (due_ms, key) = Key::parse_due(bytes).ok_or_else(|| misplaced(Table::Due, bytes))?;
        // A row that no entry stands behind would be looked at for ever.
        if draft.get(&key)?.and_then(|entry| entry.next_attempt_ms) != Some(due_ms) {
            return Err(misplaced(Table::Due, bytes));
        }
        if !profiles.contains(&key.profile) {
            profiles.push(key.profile);
        }
    }
    let mut taken = Taken::default();
    let mut room = messages_max;
    let mut skipped = false;
    for profile in profiles {
        if room == 0 {
            skipped = true;
            break;
        }
        let lane = lane(&mut draft, dataflow, profile, attempts_max, room, now_ms)?;
        room = room.saturating_sub(lane.len());
        if !lane.is_empty() {
            taken.lanes.push(lane);
        }
    }
    let (batch, _) = draft.finish()?;
    if !batch.writes.is_empty() {
        store.commit(batch, !taken.lanes.is_empty())?;
    }
    let more = skipped || rows.len() == DUE_ROWS_MAX;
    taken.next_due_ms = if more { Some(now_ms) } else { next_due_ms(store, dataflow, now_ms)? };
    Ok(taken)
}

fn next_due_ms(store: &dyn Read, dataflow: &str, now_ms: i64) -> Result<Option<i64>> {
    let (from, prefix) = (due_after(dataflow, now_ms), of_dataflow(dataflow));
    let mut end = Vec::new();
    let (_, to) = acquaint_store::keys::prefixed(&prefix, &mut end);
    let row = store.scan(Table::Due, Bound::Included(&from), to, 1)?.into_iter().next();
    row.map(|(bytes, _)| {
        let (due_ms, _) = Key::parse_due(&bytes).ok_or_else(|| misplaced(Table::Due, &bytes))?;
        Ok(due_ms)
    })
    .transpose()
}

/// The decision about a profile: its rows in the order of their messages, until one has to wait. Whatever comes after
/// that one waits with it, so that the receiver hears of one person in order.
fn lane(
    draft: &mut Draft<'_>,
    dataflow: &str,
    profile: ProfileId,
    attempts_max: u32,
    room: usize,
    now_ms: i64,
) -> Result<Lane> {
    let mut rows = Vec::new();
    for key in draft.keys_of_profile(dataflow, profile)? {
        if let Some(entry) = draft.get(&key)?.cloned() {
            rows.push((message_sequence(&entry), key, entry));
        }
    }
    rows.sort_by_key(|(sequence, ..)| *sequence);
    let mut lane = Lane::new();
    let mut hold_until_ms = None;
    let mut newest = u64::MAX;
    for (sequence, key, entry) in rows {
        // Behind a message in doubt there may be a newer one about the same audience: later ones come after that.
        if sequence > newest {
            break;
        }
        match (decide(&entry, attempts_max, now_ms), hold_until_ms) {
            (Decision::Nothing, _) => {
                if entry.next_attempt_ms.is_some() {
                    draft.put(&key, Entry { next_attempt_ms: None, attempts: 0, ..entry })?;
                }
            }
            (Decision::DeadLetter { reason }, _) => draft.put(&key, give_up(&entry, reason))?,
            (Decision::Wait { until_ms }, None) => hold_until_ms = Some(until_ms),
            (Decision::Wait { .. }, Some(_)) => {}
            (Decision::Deliver(_), Some(until_ms)) => {
                draft.put(&key, Entry { next_attempt_ms: Some(until_ms), ..entry })?;
            }
            (Decision::Deliver(_), None) if lane.len() == room => {}
            (Decision::Deliver(sending), None) => {
                let message_id = message_id(&key, sending.intent.sequence);
                let was_in_doubt = entry.sending.is_some();
                if entry.desired.sequence != sequence {
                    newest = newest.min(entry.desired.sequence);
                }
                draft.put(&key, begin(&entry, sending.clone(), now_ms))?;
                lane.push((key, Attempt { sending, was_in_doubt, message_id }));
            }
        }
    }
    Ok(lane)
}

fn message_sequence(entry: &Entry) -> u64 {
    entry.sending.as_ref().map_or(entry.desired.sequence, |sending| sending.intent.sequence)
}

/// The `webhook-id`: the same for every attempt at a message, and for no other message.
pub(crate) fn message_id(key: &Key, sequence: u64) -> String {
    let mut hash = Sha256::new();
    for part in [key.dataflow.as_str(), key.audience.as_str()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.update(key.profile.0.to_be_bytes());
    hash.update(sequence.to_be_bytes());
    let mut id = String::from("msg_");
    for byte in hash.finalize().iter().take(16) {
        id.push_str(&format!("{byte:02x}"));
    }
    id
}
