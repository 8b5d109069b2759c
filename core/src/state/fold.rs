//! Folding events in, and letting go of what can never count again.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{Kept, State, StreamState, entries};
use crate::eval::intervals::Intervals;
use crate::plan::Prepared;
use crate::plan::matching::numbers::Numbers;
use crate::plan::streams::{Stream, StreamKind};
use crate::plan::views::Views;
use crate::profile::Event;

/// Folds one event in. An event that was folded already, and is still kept, changes nothing. Returns the
/// numbers of the streams it touched, ascending: see [`Program::stream_ids`](crate::plan::Program::stream_ids). Any order
/// of events gives the same answers. `now_ms` must not be later than that of any later call.
pub fn fold(program: &Prepared, state: &mut State, event: &Event, now_ms: i64) -> Vec<u32> {
    let mut touched = Vec::new();
    let intervals = Intervals::new(program, now_ms);
    let incoming = Incoming::new(event);
    program.events().each_stream(event, now_ms, |number, _| {
        let folded = program.folded_stream(number);
        if folded.is_some_and(|folded| fold_stream(folded, state, &incoming, &intervals)) {
            touched.push(number);
        }
    });
    touched.sort_unstable();
    touched
}

/// Takes a folded event out again, as if it had never been: the stored event was deleted. Returns the numbers of the
/// streams that kept something of it, ascending, as of [`fold`]. What newer events had pushed out does not come back:
/// where that may matter, [`super::migrate`] asks for the stream to be rebuilt.
pub fn unfold(program: &Prepared, state: &mut State, event: &Event) -> Vec<u32> {
    let mut touched = Vec::new();
    state.streams.retain(|id, kept| {
        let Some(stream) = program.stream_number(*id) else { return true };
        let removed = match kept {
            StreamState::Events(kept) => kept.unfold(event),
            StreamState::Steps(kept) => kept.unfold(event),
        };
        if removed {
            touched.push(stream);
        }
        // What was pushed out is not to be forgotten with it.
        !(removed && kept.is_empty() && !kept.has_dropped())
    });
    touched.sort_unstable();
    touched
}

/// Folds stored events into the given streams only, from nothing: after [`super::migrate`], after two profiles
/// became one or one became two and what was kept does not suffice, or after events were deleted.
pub fn rebuild(program: &Prepared, streams: &[u32], state: &mut State, events: &[Event], now_ms: i64) {
    let mut wanted = Numbers::below(program.streams().len());
    wanted.add(streams);
    for number in streams {
        if let Some(stream) = program.streams().get(*number as usize) {
            state.streams.remove(&stream.id);
        }
    }
    let intervals = Intervals::new(program, now_ms);
    for event in events {
        let incoming = Incoming::new(event);
        program.events().each_stream(event, now_ms, |number, _| {
            if wanted.contains(number)
                && let Some(folded) = program.folded_stream(number)
            {
                fold_stream(folded, state, &incoming, &intervals);
            }
        });
    }
}

/// Drops what can never count again. Answers do not depend on whether or when it is called.
pub fn expire(program: &Prepared, state: &mut State, now_ms: i64) {
    let intervals = Intervals::new(program, now_ms);
    state.streams.retain(|id, kept| {
        let number = program.stream_number(*id);
        if let Some((stream, views)) = number.and_then(|number| program.folded_stream(number)) {
            kept.settle(stream, views, &intervals);
        }
        !kept.is_empty()
    });
}

/// As [`expire`], of the given streams only.
pub fn expire_some(program: &Prepared, state: &mut State, streams: &[u32], now_ms: i64) {
    let intervals = Intervals::new(program, now_ms);
    for (stream, views) in streams.iter().filter_map(|number| program.folded_stream(*number)) {
        if let Some(kept) = state.streams.get_mut(&stream.id) {
            kept.settle(stream, views, &intervals);
            if kept.is_empty() {
                state.streams.remove(&stream.id);
            }
        }
    }
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

/// True if the stream took something of the event.
pub(super) fn fold_stream(
    (stream, views): (&Stream, &Views),
    state: &mut State,
    incoming: &Incoming<'_>,
    intervals: &Intervals<'_>,
) -> bool {
    if let Some(kept) = state.streams.get_mut(&stream.id).filter(|kept| kept.is_of(stream)) {
        return kept.fold(stream, views, incoming, intervals);
    }
    let mut kept = StreamState::of(stream);
    let changed = kept.fold(stream, views, incoming, intervals);
    if changed {
        state.streams.insert(stream.id, kept);
    }
    changed
}

impl StreamState {
    /// Of no event.
    pub(super) fn of(stream: &Stream) -> Self {
        match stream.kind {
            StreamKind::Events(_) => Self::Events(Kept::default()),
            StreamKind::Steps => Self::Steps(Kept::default()),
        }
    }

    /// Whether it is what this stream keeps.
    pub(super) fn is_of(&self, stream: &Stream) -> bool {
        match (&stream.kind, self) {
            (StreamKind::Events(_), Self::Events(_)) | (StreamKind::Steps, Self::Steps(_)) => true,
            (StreamKind::Events(_), Self::Steps(_)) | (StreamKind::Steps, Self::Events(_)) => false,
        }
    }

    pub(super) fn fold(
        &mut self,
        stream: &Stream,
        views: &Views,
        incoming: &Incoming<'_>,
        intervals: &Intervals<'_>,
    ) -> bool {
        let starts = views.list.iter().map(|view| intervals.get(view.window).start_ms);
        let Some(start_ms) = starts.min() else { return false };
        let taken = match self {
            Self::Events(kept) => kept.fold(stream, incoming, start_ms, intervals.now_ms),
            Self::Steps(kept) => kept.fold(incoming, start_ms),
        };
        if taken {
            self.settle(stream, views, intervals);
        }
        taken
    }

    /// Drops what no window needs any more.
    pub(super) fn settle(&mut self, stream: &Stream, views: &Views, intervals: &Intervals<'_>) {
        match self {
            // Not what this stream keeps: nothing can be read of it.
            _ if !self.is_of(stream) => *self = Self::of(stream),
            Self::Events(kept) => kept.settle(views, intervals),
            Self::Steps(kept) => kept.settle(views, intervals),
        }
    }

    /// Whether older ones were dropped that may still count.
    fn has_dropped(&self) -> bool {
        match self {
            Self::Events(kept) => kept.dropped_ms.is_some(),
            Self::Steps(kept) => kept.dropped_ms.is_some(),
        }
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Events(kept) => kept.list.is_empty(),
            Self::Steps(kept) => kept.list.is_empty(),
        }
    }
}
