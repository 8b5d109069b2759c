//! Two profiles become one, or one becomes two: their states without their events.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Kept, State, StreamState, entries};
use crate::eval::intervals::Intervals;
use crate::plan::Prepared;

/// The state of two profiles that become one. The bytes are those of folding the events of both from the start and
/// expiring at `now_ms`, whichever comes first, and whichever of several merges comes first. An event that both know
/// counts once. Where a stream has reached its bound of entries, the newest of both are kept, up to that bound.
pub fn merge(program: &Prepared, first: &State, second: &State, now_ms: i64) -> State {
    let intervals = Intervals::new(program, now_ms);
    let mut streams = BTreeMap::new();
    for number in program.stream_numbers() {
        let Some((stream, views)) = program.folded_stream(number) else { continue };
        let kept =
            |state: &'_ State| state.streams.get(&stream.id).filter(|kept| kept.is_of(stream)).cloned();
        let mut merged = match (kept(first), kept(second)) {
            (Some(StreamState::Events(first)), Some(StreamState::Events(second))) => {
                StreamState::Events(first.merge(&second))
            }
            (Some(StreamState::Steps(first)), Some(StreamState::Steps(second))) => {
                StreamState::Steps(first.merge(&second))
            }
            (one, other) => match one.or(other) {
                Some(kept) => kept,
                None => continue,
            },
        };
        merged.settle(stream, views, &intervals);
        if !merged.is_empty() {
            streams.insert(stream.id, merged);
        }
    }
    State { streams }
}

/// A state taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Of the events that stay.
    pub staying: State,
    /// Of the events that go.
    pub going: State,
    /// The streams of which neither is known, because entries were dropped that may have been of either: both
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
    let intervals = Intervals::new(program, now_ms);
    let mut split = Split::default();
    for number in program.stream_numbers() {
        let Some((stream, views)) = program.folded_stream(number) else { continue };
        let Some(kept) = state.streams.get(&stream.id).filter(|kept| kept.is_of(stream)) else { continue };
        let parts = match kept {
            StreamState::Events(Kept { dropped_ms: None, list }) => {
                divided(list, |entry| keys.contains(&entry.event)).map(StreamState::Events)
            }
            StreamState::Steps(Kept { dropped_ms: None, list }) => {
                divided(list, |kept| ids.contains(&*kept.id)).map(StreamState::Steps)
            }
            StreamState::Events(_) | StreamState::Steps(_) => {
                split.to_rebuild.push(number);
                continue;
            }
        };
        for (mut part, state) in parts.into_iter().zip([&mut split.staying, &mut split.going]) {
            part.settle(stream, views, &intervals);
            if !part.is_empty() {
                state.streams.insert(stream.id, part);
            }
        }
    }
    split
}

/// What stays of a list, and what goes.
fn divided<T: Clone>(list: &[T], is_going: impl Fn(&T) -> bool) -> [Kept<T>; 2] {
    let (going, staying): (Vec<T>, Vec<T>) = list.iter().cloned().partition(is_going);
    [staying, going].map(|list| Kept { dropped_ms: None, list })
}
