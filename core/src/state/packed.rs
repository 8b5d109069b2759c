//! How a state is written: most events are of several streams of steps, so their ids are written once, and each stream
//! says which of them it keeps. The in-memory form has one form here, and only that is read.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entry, Kept, Match, State, StreamState};
use crate::gather::gather;
use crate::id::StreamId;

/// The written form.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// The events of all streams of steps, in their order, each once: milliseconds after the one before, the first after the
    /// epoch, and the id.
    events: Vec<(i64, Cow<'a, str>)>,
    streams: BTreeMap<StreamId, PackedStream<'a>>,
}

#[derive(Serialize, Deserialize)]
enum PackedStream<'a> {
    Events(Cow<'a, Kept<Entry>>),
    /// When the newest was that was dropped, and how many events lie between each kept one and the one before.
    Steps(Option<i64>, Vec<u32>),
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lists = self.streams.values().filter_map(|kept| match kept {
            StreamState::Steps(kept) => Some(&kept.list),
            StreamState::Events(_) => None,
        });
        let events: BTreeSet<(i64, &str)> = gather(lists.flatten().map(Match::order));
        let numbers: BTreeMap<(i64, &str), u32> = gather(events.iter().copied().zip(0..));
        let streams = self.streams.iter().map(|(id, kept)| {
            let packed = match kept {
                StreamState::Events(kept) => PackedStream::Events(Cow::Borrowed(kept)),
                StreamState::Steps(kept) => PackedStream::Steps(kept.dropped_ms, gaps(&kept.list, &numbers)),
            };
            (*id, packed)
        });
        let streams = gather(streams);
        let mut before_ms = 0;
        let events = events.into_iter().map(|(timestamp_ms, id)| {
            let later_ms = timestamp_ms.wrapping_sub(before_ms);
            before_ms = timestamp_ms;
            (later_ms, Cow::Borrowed(id))
        });
        Packed { events: events.collect(), streams }.serialize(serializer)
    }
}

fn gaps(list: &[Match], numbers: &BTreeMap<(i64, &str), u32>) -> Vec<u32> {
    let mut next = 0_u32;
    let numbers = list.iter().filter_map(|kept| numbers.get(&kept.order()));
    numbers
        .map(|number| {
            let gap = number.wrapping_sub(next);
            next = number.wrapping_add(1);
            gap
        })
        .collect()
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let packed = Packed::deserialize(deserializer)?;
        let events = events(packed.events).ok_or_else(|| D::Error::custom("events out of order"))?;
        let mut streams = BTreeMap::new();
        for (id, kept) in packed.streams {
            let kept = match kept {
                PackedStream::Events(kept) => StreamState::Events(kept.into_owned()),
                PackedStream::Steps(dropped_ms, gaps) => {
                    let list = list(&events, &gaps).ok_or_else(|| D::Error::custom("no such event"))?;
                    StreamState::Steps(Kept { dropped_ms, list })
                }
            };
            streams.insert(id, kept);
        }
        Ok(Self { streams })
    }
}

fn events(packed: Vec<(i64, Cow<'_, str>)>) -> Option<Vec<Match>> {
    let mut events: Vec<Match> = Vec::new();
    for (later_ms, id) in packed {
        let before = events.last();
        let timestamp_ms = before.map_or(0, |before| before.timestamp_ms).wrapping_add(later_ms);
        let event = Match { timestamp_ms, id: Arc::from(String::from(id)) };
        if before.is_some_and(|before| before.order() >= event.order()) {
            return None;
        }
        events.push(event);
    }
    Some(events)
}

fn list(events: &[Match], gaps: &[u32]) -> Option<Vec<Match>> {
    let mut rest = events.iter();
    gaps.iter().map(|gap| rest.nth(*gap as usize).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::state::Entry;

    fn steps(events: &[(i64, &str)]) -> StreamState {
        let list =
            events.iter().map(|(timestamp_ms, id)| Match { timestamp_ms: *timestamp_ms, id: (*id).into() });
        StreamState::Steps(Kept { dropped_ms: None, list: list.collect() })
    }

    #[test]
    fn what_is_written_is_read_again_whatever_the_instants() {
        let entry = Entry { timestamp_ms: i64::MIN, event: u64::MAX, value: None };
        let streams = [
            StreamState::Events(Kept { dropped_ms: Some(-1), list: vec![entry] }),
            steps(&[]),
            steps(&[(i64::MIN, "b"), (-1, ""), (i64::MAX, "a")]),
            steps(&[(i64::MIN, "a"), (i64::MIN, "b"), (5, "x"), (i64::MAX, "a"), (i64::MAX, "b")]),
        ];
        let state = State { streams: (0..).map(StreamId).zip(streams).collect() };
        let bytes = postcard::to_allocvec(&state).unwrap();
        assert_eq!(postcard::from_bytes::<State>(&bytes).unwrap(), state);
    }

    #[test]
    fn an_event_of_many_streams_is_written_once() {
        let id = "a very long id of an event, as they come from outside";
        let state = |count| State {
            streams: (0..count).map(|number| (StreamId(number), steps(&[(5, id)]))).collect(),
        };
        let bytes = |count| postcard::to_allocvec(&state(count)).unwrap().len();
        assert!(bytes(100) - bytes(1) < 99 * 24);
    }

    #[test]
    fn events_out_of_order_or_out_of_reach_are_not_read() {
        let check = |events: &[(i64, &str)], gaps: &[u32], expected: bool| {
            let events = events.iter().map(|(later_ms, id)| (*later_ms, Cow::Borrowed(*id))).collect();
            let streams = [(StreamId(1), PackedStream::Steps(None, gaps.to_vec()))].into();
            let bytes = postcard::to_allocvec(&Packed { events, streams }).unwrap();
            assert_eq!(postcard::from_bytes::<State>(&bytes).is_ok(), expected);
        };
        check(&[(1, "a"), (0, "b")], &[0, 0], true);
        check(&[(1, "a"), (0, "b")], &[1], true);
        check(&[(1, "a"), (0, "b")], &[2], false);
        check(&[(1, "a"), (0, "b")], &[0, 1], false);
        check(&[(1, "a"), (0, "b")], &[u32::MAX, u32::MAX], false);
        check(&[(1, "b"), (0, "a")], &[0], false);
        check(&[(1, "a"), (0, "a")], &[0], false);
        check(&[(1, "a"), (-1, "a")], &[0], false);
        check(&[(i64::MAX, "a"), (1, "a")], &[0], false);
    }
}
