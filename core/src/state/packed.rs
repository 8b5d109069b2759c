//! How a state is written: most events are of several steps of sequences, so their ids are written once, and each step
//! says which of them it keeps. The in-memory form has one form here, and only that is read.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entries, LeafState, Match, Matches, State, Trimmed};
use crate::id::LeafId;

/// The written form.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// The events of all steps, in their order, each once: milliseconds after the one before, the first after the
    /// epoch, and the id.
    events: Vec<(i64, Cow<'a, str>)>,
    leaves: BTreeMap<LeafId, PackedLeaf<'a>>,
}

#[derive(Serialize, Deserialize)]
enum PackedLeaf<'a> {
    Events(Cow<'a, Entries>),
    /// How many events lie between each kept one and the one before.
    Step(Option<Trimmed>, Vec<u32>),
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lists = self.leaves.values().filter_map(|kept| match kept {
            LeafState::Step(kept) => Some(&kept.list),
            LeafState::Events(_) => None,
        });
        let events: BTreeSet<(i64, &str)> = lists.flatten().map(Match::order).collect();
        let numbers: BTreeMap<(i64, &str), u32> = events.iter().copied().zip(0..).collect();
        let leaves = self.leaves.iter().map(|(id, kept)| {
            let packed = match kept {
                LeafState::Events(entries) => PackedLeaf::Events(Cow::Borrowed(entries)),
                LeafState::Step(kept) => PackedLeaf::Step(kept.trimmed, gaps(&kept.list, &numbers)),
            };
            (*id, packed)
        });
        let leaves = leaves.collect();
        let mut before_ms = 0;
        let events = events.into_iter().map(|(timestamp_ms, id)| {
            let later_ms = timestamp_ms.wrapping_sub(before_ms);
            before_ms = timestamp_ms;
            (later_ms, Cow::Borrowed(id))
        });
        Packed { events: events.collect(), leaves }.serialize(serializer)
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
        let mut leaves = BTreeMap::new();
        for (id, kept) in packed.leaves {
            let kept = match kept {
                PackedLeaf::Events(entries) => LeafState::Events(entries.into_owned()),
                PackedLeaf::Step(trimmed, gaps) => {
                    let list = list(&events, &gaps).ok_or_else(|| D::Error::custom("no such event"))?;
                    LeafState::Step(Matches { trimmed, list })
                }
            };
            leaves.insert(id, kept);
        }
        Ok(Self { leaves })
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

    fn step(events: &[(i64, &str)]) -> LeafState {
        let list =
            events.iter().map(|(timestamp_ms, id)| Match { timestamp_ms: *timestamp_ms, id: (*id).into() });
        LeafState::Step(Matches { trimmed: None, list: list.collect() })
    }

    #[test]
    fn what_is_written_is_read_again_whatever_the_instants() {
        let entry = Entry { timestamp_ms: i64::MIN, event: u64::MAX, value: None };
        let leaves = [
            LeafState::Events(Entries { trimmed: None, list: vec![entry] }),
            step(&[]),
            step(&[(i64::MIN, "b"), (-1, ""), (i64::MAX, "a")]),
            step(&[(i64::MIN, "a"), (i64::MIN, "b"), (5, "x"), (i64::MAX, "a"), (i64::MAX, "b")]),
        ];
        let state = State { leaves: (0..).map(LeafId).zip(leaves).collect() };
        let bytes = postcard::to_allocvec(&state).unwrap();
        assert_eq!(postcard::from_bytes::<State>(&bytes).unwrap(), state);
    }

    #[test]
    fn an_event_of_many_steps_is_written_once() {
        let id = "a very long id of an event, as they come from outside";
        let state =
            |steps| State { leaves: (0..steps).map(|step_id| (LeafId(step_id), step(&[(5, id)]))).collect() };
        let bytes = |steps| postcard::to_allocvec(&state(steps)).unwrap().len();
        assert!(bytes(100) - bytes(1) < 99 * 24);
    }

    #[test]
    fn events_out_of_order_or_out_of_reach_are_not_read() {
        let check = |events: &[(i64, &str)], gaps: &[u32], expected: bool| {
            let events = events.iter().map(|(later_ms, id)| (*later_ms, Cow::Borrowed(*id))).collect();
            let leaves = [(LeafId(1), PackedLeaf::Step(None, gaps.to_vec()))].into();
            let bytes = postcard::to_allocvec(&Packed { events, leaves }).unwrap();
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
