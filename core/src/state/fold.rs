//! Folding events in, and letting go of what can never count again.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Entries, LeafState, Matches, State, entries, matches};
use crate::plan::Prepared;
use crate::plan::event_plan::{Stream, Taker};
use crate::plan::prepared::{Folded, FoldedKind};
use crate::profile::Event;

/// Folds one event in. An event that was folded already, and is still kept, changes nothing. Returns the indices of
/// the leaves it touched, ascending. Any order of events gives the same answers. `now_ms` must not be later than that
/// of any later call.
pub fn fold(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let mut touched = Vec::new();
    each_leaf(program, event, now_ms, |leaf, taken| {
        let folded = program.folded_leaf(leaf);
        if folded.is_some_and(|folded| fold_leaf(folded, taken, state, event, now_ms)) {
            touched.push(leaf);
        }
    });
    touched.sort_unstable();
    touched
}

/// Takes a folded event out again, as if it had never been: the stored event was deleted. Returns the indices of the
/// leaves that kept something of it, ascending. What newer events had pushed out does not come back: where that may
/// matter, [`super::migrate`] asks for the leaf to be rebuilt.
pub fn unfold(program: &Prepared, state: &mut State, event: &Event) -> Vec<u32> {
    let mut touched = Vec::new();
    state.leaves.retain(|id, kept| {
        let Some(leaf) = program.leaf_number(*id) else { return true };
        let removed = match kept {
            LeafState::Events(kept) => kept.unfold(event),
            LeafState::Sequence(kept) => kept.unfold(event),
        };
        if removed {
            touched.push(leaf);
        }
        !(removed && kept.is_empty())
    });
    touched.sort_unstable();
    touched
}

/// Folds stored events into the given leaves only, from nothing: after [`super::migrate`], after two profiles became one
/// or one became two and what was kept does not suffice, or after events were deleted.
pub fn rebuild(program: &Prepared, leaves: &[u32], state: &mut State, events: &[Event], now_ms: i64) {
    let wanted: BTreeSet<u32> = leaves.iter().copied().collect();
    for leaf in leaves {
        if let Some(leaf) = program.leaves.get(*leaf as usize) {
            state.leaves.remove(&leaf.id);
        }
    }
    for event in events {
        each_leaf(program, event, now_ms, |leaf, taken| {
            if wanted.contains(&leaf)
                && let Some(folded) = program.folded_leaf(leaf)
            {
                fold_leaf(folded, taken, state, event, now_ms);
            }
        });
    }
}

/// Drops what can never count again. Answers do not depend on whether or when it is called.
pub fn expire(program: &Prepared, state: &mut State, now_ms: i64) {
    state.leaves.retain(|id, kept| {
        if let Some(folded) = program.leaf_number(*id).and_then(|leaf| program.foldable(leaf)) {
            settle(folded.kind, kept, now_ms);
        }
        !kept.is_empty()
    });
}

pub(super) fn settle(kind: FoldedKind<'_>, kept: &mut LeafState, now_ms: i64) {
    match (kind, kept) {
        (FoldedKind::Events(window), LeafState::Events(kept)) => {
            kept.settle(window, entries::inside(window, now_ms));
        }
        (FoldedKind::Sequence(sequence), LeafState::Sequence(kept)) => {
            kept.settle(&matches::insides(sequence, now_ms));
        }
        // Not what this leaf keeps: nothing can be read of it.
        (FoldedKind::Events(_), kept @ LeafState::Sequence(_))
        | (FoldedKind::Sequence(_), kept @ LeafState::Events(_)) => *kept = LeafState::of(kind),
    }
}

/// What of an event a leaf takes.
#[derive(Clone, Copy)]
enum Taken<'a> {
    /// The leaf is of this stream.
    Stream(&'a Stream),
    /// The event is of these steps of the leaf.
    Steps(u32),
}

/// Calls `visit` with every leaf that takes the event, each once.
fn each_leaf(program: &Prepared, event: &Event, now_ms: i64, mut visit: impl FnMut(u32, Taken<'_>)) {
    program.events().each_taker(event, now_ms, |taker| match taker {
        Taker::Stream(_, stream) => stream.leaves.iter().for_each(|leaf| visit(*leaf, Taken::Stream(stream))),
        Taker::Steps(leaf, steps) => visit(leaf, Taken::Steps(steps)),
    });
}

/// True if the leaf took something of the event.
fn fold_leaf(
    Folded { id, kind }: Folded<'_>,
    taken: Taken<'_>,
    state: &mut State,
    event: &Event,
    now_ms: i64,
) -> bool {
    let known = state.leaves.get_mut(&id).filter(|kept| kept.is_of(kind));
    if let Some(kept) = known {
        return kept.fold(kind, taken, event, now_ms);
    }
    let mut kept = LeafState::of(kind);
    let changed = kept.fold(kind, taken, event, now_ms);
    if changed {
        state.leaves.insert(id, kept);
    }
    changed
}

impl LeafState {
    /// Of no event.
    pub(super) fn of(kind: FoldedKind<'_>) -> Self {
        match kind {
            FoldedKind::Events(_) => Self::Events(Entries::default()),
            FoldedKind::Sequence(_) => Self::Sequence(Matches::default()),
        }
    }

    /// Whether it is what a leaf of this kind keeps.
    pub(super) fn is_of(&self, kind: FoldedKind<'_>) -> bool {
        match (kind, self) {
            (FoldedKind::Events(_), Self::Events(_)) | (FoldedKind::Sequence(_), Self::Sequence(_)) => true,
            (FoldedKind::Events(_), Self::Sequence(_)) | (FoldedKind::Sequence(_), Self::Events(_)) => false,
        }
    }

    fn fold(&mut self, kind: FoldedKind<'_>, taken: Taken<'_>, event: &Event, now_ms: i64) -> bool {
        match (kind, taken, self) {
            (FoldedKind::Events(window), Taken::Stream(stream), Self::Events(kept)) => {
                kept.fold(window, stream, event, now_ms)
            }
            (FoldedKind::Sequence(sequence), Taken::Steps(steps), Self::Sequence(kept)) => {
                kept.fold(sequence, steps, event, now_ms)
            }
            (FoldedKind::Events(_) | FoldedKind::Sequence(_), Taken::Stream(_) | Taken::Steps(_), _) => false,
        }
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Events(kept) => kept.list.is_empty(),
            Self::Sequence(kept) => kept.list.is_empty(),
        }
    }
}
