//! Two profiles become one, or one becomes two: their states without their events.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Entries, LeafState, Matches, State, entries, fold};
use crate::plan::Prepared;

/// The state of two profiles that become one. The bytes are those of folding the events of both from the start and
/// expiring at `now_ms`, whichever comes first, and whichever of several merges comes first. An event that both know
/// counts once. Where a leaf has reached its bound of entries, the newest of both are kept, up to that bound.
pub fn merge(program: &Prepared, first: &State, second: &State, now_ms: i64) -> State {
    let mut leaves = BTreeMap::new();
    for leaf in program.kept_numbers() {
        let Some(folded) = program.folded_leaf(leaf) else { continue };
        let kept =
            |state: &'_ State| state.leaves.get(&folded.id).filter(|kept| kept.is_of(folded.kind)).cloned();
        let mut merged = match (kept(first), kept(second)) {
            (Some(LeafState::Events(first)), Some(LeafState::Events(second))) => {
                LeafState::Events(first.merge(&second))
            }
            (Some(LeafState::Step(first)), Some(LeafState::Step(second))) => {
                LeafState::Step(first.merge(&second))
            }
            (one, other) => match one.or(other) {
                Some(kept) => kept,
                None => continue,
            },
        };
        fold::settle(folded.kind, &mut merged, now_ms);
        if !merged.is_empty() {
            leaves.insert(folded.id, merged);
        }
    }
    State { leaves }
}

/// A state taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Of the events that stay.
    pub staying: State,
    /// Of the events that go.
    pub going: State,
    /// The leaves and steps of which neither is known, because entries were dropped that may have been of either: both
    /// states are without them, and they have to be [`super::rebuild`] from the stored events.
    pub to_rebuild: Vec<u32>,
}

/// The states of the two profiles that one becomes when the events of these ids go. The bytes are those of folding the
/// events of each from the start and expiring at `now_ms`.
pub fn split<'i>(
    program: &Prepared,
    state: &State,
    going: impl IntoIterator<Item = &'i str>,
    now_ms: i64,
) -> Split {
    let ids: BTreeSet<&str> = going.into_iter().collect();
    let keys: BTreeSet<u64> = ids.iter().map(|id| entries::key(id)).collect();
    let mut split = Split::default();
    for leaf in program.kept_numbers() {
        let Some(folded) = program.folded_leaf(leaf) else { continue };
        let Some(kept) = state.leaves.get(&folded.id).filter(|kept| kept.is_of(folded.kind)) else {
            continue;
        };
        let parts = match kept {
            LeafState::Events(Entries { trimmed: None, list }) => {
                let parts = list.iter().partition(|entry| keys.contains(&entry.event));
                let part = |list| LeafState::Events(Entries { trimmed: None, list });
                let (going, staying): (Vec<_>, Vec<_>) = parts;
                [part(staying), part(going)]
            }
            LeafState::Step(Matches { trimmed: None, list }) => {
                let parts = list.iter().cloned().partition(|kept| ids.contains(&*kept.id));
                let part = |list| LeafState::Step(Matches { trimmed: None, list });
                let (going, staying): (Vec<_>, Vec<_>) = parts;
                [part(staying), part(going)]
            }
            LeafState::Events(_) | LeafState::Step(_) => {
                split.to_rebuild.push(leaf);
                continue;
            }
        };
        for (mut part, state) in parts.into_iter().zip([&mut split.staying, &mut split.going]) {
            fold::settle(folded.kind, &mut part, now_ms);
            if !part.is_empty() {
                state.leaves.insert(folded.id, part);
            }
        }
    }
    split
}
