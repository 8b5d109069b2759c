//! Folding events in, and letting go of what can never count again.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{Entries, LeafState, Matches, State, entries};
use crate::plan::Prepared;
use crate::plan::event_plan::{Stream, Taker};
use crate::plan::prepared::{Folded, FoldedKind};
use crate::profile::Event;

/// Folds one event in. An event that was folded already, and is still kept, changes nothing. Returns the
/// numbers of what it touched, ascending: see [`Program::kept_ids`](crate::plan::Program::kept_ids). Any order of events
/// gives the same answers. `now_ms` must not be later than that of any later call.
pub fn fold(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let mut touched = Vec::new();
    let incoming = Incoming::new(event);
    each_leaf(program, event, now_ms, |leaf, taken| {
        let folded = program.folded_leaf(leaf);
        if folded.is_some_and(|folded| fold_leaf(folded, taken, state, &incoming, now_ms)) {
            touched.push(leaf);
        }
    });
    touched.sort_unstable();
    touched
}

/// Takes a folded event out again, as if it had never been: the stored event was deleted. Returns the numbers of what
/// kept something of it, ascending, as of [`fold`]. What newer events had pushed out does not come back: where that may
/// matter, [`super::migrate`] asks for the leaf to be rebuilt.
pub fn unfold(program: &Prepared, state: &mut State, event: &Event) -> Vec<u32> {
    let mut touched = Vec::new();
    state.leaves.retain(|id, kept| {
        let Some(leaf) = program.leaf_number(*id) else { return true };
        let removed = match kept {
            LeafState::Events(kept) => kept.unfold(event),
            LeafState::Step(kept) => kept.unfold(event),
        };
        if removed {
            touched.push(leaf);
        }
        // What was pushed out is not to be forgotten with it.
        !(removed && kept.is_empty() && !kept.is_trimmed())
    });
    touched.sort_unstable();
    touched
}

/// Folds stored events into the given leaves and steps only, from nothing: after [`super::migrate`], after two profiles
/// became one or one became two and what was kept does not suffice, or after events were deleted.
pub fn rebuild(program: &Prepared, leaves: &[u32], state: &mut State, events: &[Event], now_ms: i64) {
    let wanted: BTreeSet<u32> = leaves.iter().copied().collect();
    for leaf in leaves {
        if let Some(folded) = program.foldable(*leaf) {
            state.leaves.remove(&folded.id);
        }
    }
    for event in events {
        let incoming = Incoming::new(event);
        each_leaf(program, event, now_ms, |leaf, taken| {
            if wanted.contains(&leaf)
                && let Some(folded) = program.folded_leaf(leaf)
            {
                fold_leaf(folded, taken, state, &incoming, now_ms);
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
        (FoldedKind::Step(window), LeafState::Step(kept)) => {
            kept.settle(entries::inside(window, now_ms));
        }
        // Not what this leaf keeps: nothing can be read of it.
        (FoldedKind::Events(_), kept @ LeafState::Step(_))
        | (FoldedKind::Step(_), kept @ LeafState::Events(_)) => *kept = LeafState::of(kind),
    }
}

/// What of an event a leaf takes.
#[derive(Clone, Copy)]
pub(super) enum Taken<'a> {
    /// The leaf is of this stream.
    Stream(&'a Stream),
    /// It is a step.
    Step,
}

/// An event on its way in, with what is kept of it wherever it is kept.
pub(super) struct Incoming<'e> {
    pub(super) event: &'e Event,
    key: OnceCell<u64>,
    id: OnceCell<Arc<str>>,
}

impl<'e> Incoming<'e> {
    pub(super) fn new(event: &'e Event) -> Self {
        Self { event, key: OnceCell::new(), id: OnceCell::new() }
    }

    /// [`entries::key`] of its id.
    pub(super) fn key(&self) -> u64 {
        *self.key.get_or_init(|| entries::key(&self.event.id))
    }

    pub(super) fn id(&self) -> Arc<str> {
        self.id.get_or_init(|| Arc::from(&*self.event.id)).clone()
    }
}

/// Calls `visit` with every leaf and step that takes the event, each once.
pub(super) fn each_leaf(
    program: &Prepared,
    event: &Event,
    now_ms: i64,
    mut visit: impl FnMut(u32, Taken<'_>),
) {
    program.events().each_taker(event, now_ms, |taker| match taker {
        Taker::Stream(_, stream) => stream.leaves.iter().for_each(|leaf| visit(*leaf, Taken::Stream(stream))),
        Taker::Steps(_, steps) => steps.iter().for_each(|step| visit(*step, Taken::Step)),
    });
}

/// True if the leaf took something of the event.
pub(super) fn fold_leaf(
    Folded { id, kind }: Folded<'_>,
    taken: Taken<'_>,
    state: &mut State,
    incoming: &Incoming<'_>,
    now_ms: i64,
) -> bool {
    let known = state.leaves.get_mut(&id).filter(|kept| kept.is_of(kind));
    if let Some(kept) = known {
        return kept.fold(kind, taken, incoming, now_ms);
    }
    let mut kept = LeafState::of(kind);
    let changed = kept.fold(kind, taken, incoming, now_ms);
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
            FoldedKind::Step(_) => Self::Step(Matches::default()),
        }
    }

    /// Whether it is what a leaf of this kind keeps.
    pub(super) fn is_of(&self, kind: FoldedKind<'_>) -> bool {
        match (kind, self) {
            (FoldedKind::Events(_), Self::Events(_)) | (FoldedKind::Step(_), Self::Step(_)) => true,
            (FoldedKind::Events(_), Self::Step(_)) | (FoldedKind::Step(_), Self::Events(_)) => false,
        }
    }

    fn fold(&mut self, kind: FoldedKind<'_>, taken: Taken<'_>, incoming: &Incoming<'_>, now_ms: i64) -> bool {
        match (kind, taken, self) {
            (FoldedKind::Events(window), Taken::Stream(stream), Self::Events(kept)) => {
                kept.fold(window, stream, incoming, now_ms)
            }
            (FoldedKind::Step(window), Taken::Step, Self::Step(kept)) => kept.fold(window, incoming, now_ms),
            (FoldedKind::Events(_) | FoldedKind::Step(_), Taken::Stream(_) | Taken::Step, _) => false,
        }
    }

    /// Whether older ones were dropped that may still count.
    fn is_trimmed(&self) -> bool {
        match self {
            Self::Events(kept) => kept.trimmed.is_some(),
            Self::Step(kept) => kept.trimmed.is_some(),
        }
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Events(kept) => kept.list.is_empty(),
            Self::Step(kept) => kept.list.is_empty(),
        }
    }
}
