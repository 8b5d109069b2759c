//! From answers to changes of membership, and from one program to the next.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Entries, LeafState, State, entries};
use crate::id::LeafId;
use crate::plan::matching::numbers::Numbers;
use crate::plan::prepared::{Folded, FoldedKind};
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
    let answered = audiences.iter().zip(answers);
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

/// The audiences that may answer differently once these leaves were touched, ascending: the only ones that
/// [`crate::eval::answer_some`] has to be asked about after [`super::fold`].
pub fn affected(program: &Prepared, touched: &[u32]) -> Vec<u32> {
    let mut audiences = Numbers::below(program.audiences.len());
    touched.iter().for_each(|leaf| audiences.add(program.dependents(*leaf)));
    audiences.ascending()
}

/// Drops the state of leaves and steps the program does not fold; returns the numbers of those that have to be
/// [`super::rebuild`] from the stored events: those that are new to this profile, and those that must now keep more than
/// was kept. `previous` is [`Prepared::folded`] of the program before.
pub fn migrate(program: &Prepared, previous: &[LeafId], state: &mut State) -> Vec<u32> {
    let previous: BTreeSet<&LeafId> = previous.iter().collect();
    state.leaves.retain(|id, kept| {
        let folded = program.leaf_number(*id).and_then(|leaf| program.folded_leaf(leaf));
        folded.is_some_and(|folded| kept.is_of(folded.kind))
    });
    let to_rebuild = program.kept_numbers().filter(|leaf| {
        let Some(Folded { id, kind }) = program.folded_leaf(*leaf) else { return false };
        let lacking = match (kind, state.leaves.get(&id)) {
            (FoldedKind::Events(window), Some(LeafState::Events(Entries { trimmed: Some(trimmed), .. }))) => {
                (trimmed.kept as usize) < entries::needed(window)
            }
            // All that a step may keep is always kept.
            (FoldedKind::Step(_), _) | (FoldedKind::Events(_), _) => false,
        };
        lacking || !previous.contains(&id)
    });
    to_rebuild.collect()
}
