//! From answers to changes of membership, and from one program to the next.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{State, StreamState};
use crate::eval::intervals::Intervals;
use crate::id::LeafId;
use crate::plan::leaf::LeafKind;
use crate::plan::matching::numbers::Numbers;
use crate::plan::{Audience, Prepared, Program};
use crate::profile::{MembershipChange, Memberships, Status};

/// The changes that make `memberships` agree with the answers; `None` answers leave a membership as it is.
/// `answers` is of all audiences, in the order of the program.
pub fn transitions(
    program: &Program,
    memberships: &Memberships,
    answers: &[Option<bool>],
    now_ms: i64,
) -> Vec<MembershipChange> {
    let answered = program.audiences.iter().zip(answers);
    answered.filter_map(|(audience, answer)| change(audience, memberships, *answer, now_ms)).collect()
}

/// As [`transitions`], for the answers of the given audiences only.
pub fn transitions_some(
    program: &Program,
    memberships: &Memberships,
    audiences: &[u32],
    answers: &[Option<bool>],
    now_ms: i64,
) -> Vec<MembershipChange> {
    // Most are out of most audiences.
    let is_in = memberships.values().any(|membership| membership.status == Status::Realized);
    let answered = audiences.iter().zip(answers).filter(|(_, answer)| is_in || **answer == Some(true));
    let changes = answered.filter_map(|(number, answer)| {
        change(program.audiences.get(*number as usize)?, memberships, *answer, now_ms)
    });
    changes.collect()
}

fn change(
    audience: &Audience,
    memberships: &Memberships,
    answer: Option<bool>,
    at_ms: i64,
) -> Option<MembershipChange> {
    let stored = memberships.get(&audience.id).map(|membership| membership.status);
    let status = match (answer?, stored) {
        (true, None | Some(Status::Exited)) => Status::Realized,
        (false, Some(Status::Realized)) => Status::Exited,
        (true, Some(Status::Realized)) | (false, None | Some(Status::Exited)) => return None,
    };
    Some(MembershipChange { audience: audience.id.clone(), status, at_ms })
}

/// The audiences that may answer differently once these streams were touched, ascending.
pub fn affected(program: &Prepared, touched: &[u32]) -> Vec<u32> {
    let streams = touched.iter().filter_map(|number| program.streams().get(*number as usize));
    dependents(program, streams.flat_map(|stream| &stream.takers).copied())
}

/// The audiences that may answer differently once attributes, identities or stored memberships changed, ascending.
pub fn affected_by_attributes(program: &Prepared) -> Vec<u32> {
    let others = program.leaves.iter().zip(0..).filter(|(leaf, _)| match leaf.kind {
        LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_) => true,
        LeafKind::Events(_) | LeafKind::Sequence(_) => false,
    });
    dependents(program, others.map(|(_, number)| number))
}

fn dependents(program: &Prepared, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut audiences = Numbers::below(program.audiences.len());
    numbers.for_each(|number| audiences.add(program.dependents(number)));
    audiences.ascending()
}

/// Drops the state of streams that the program does not fold; returns the numbers of those that have to be
/// [`super::rebuild`] from the stored events: those into which something looks that is new to this profile, and those of
/// which more must now be known than was kept. `previous` is [`Prepared::folded`] of the program before.
pub fn migrate(program: &Prepared, previous: &[LeafId], state: &mut State, now_ms: i64) -> Vec<u32> {
    let previous: BTreeSet<&LeafId> = previous.iter().collect();
    let known: Vec<bool> = program.taker_ids().map(|id| previous.contains(&id)).collect();
    state.streams.retain(|id, kept| {
        let folded = program.stream_number(*id).and_then(|number| program.folded_stream(number));
        folded.is_some_and(|(stream, _)| kept.is_of(stream))
    });
    let intervals = Intervals::new(program, now_ms);
    let to_rebuild = program.stream_numbers().filter(|number| {
        let Some((stream, views)) = program.folded_stream(*number) else { return false };
        let is_known = |taker: &u32| known.get(*taker as usize).copied().unwrap_or(false);
        let folded = stream.takers.iter().filter(|taker| program.is_folded(**taker));
        !folded.copied().all(|taker| is_known(&taker))
            || match state.streams.get(&stream.id) {
                Some(StreamState::Events(kept)) => kept.lacks(views, &intervals),
                Some(StreamState::Steps(kept)) => kept.lacks(views, &intervals),
                None => false,
            }
    });
    to_rebuild.collect()
}
