//! The tail: events that the projection does not cover yet, by their numbers, oldest first. How much of it the control
//! plane has not acknowledged, and whether an event is in it, is known without going through it.

use std::collections::BTreeMap;

use acquaint_core::id::Position;
use acquaint_core::wire::Forwarded;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::weight_of;

/// One event that the projection does not cover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailEvent {
    /// What is forwarded.
    pub event: Forwarded,
    /// Where the control plane put it; absent until it says so.
    pub position: Option<Position>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    events: BTreeMap<u64, TailEvent>,
    /// Hashes of their ids, in order.
    ids: Vec<u64>,
    outbox: Outbox,
}

/// How much the control plane has not acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outbox {
    pub(super) events: usize,
    /// About how many bytes it takes on its way.
    pub(super) bytes: usize,
}

impl Outbox {
    fn enter(&mut self, event: &Forwarded) {
        self.events += 1;
        self.bytes += weight_of(event);
    }

    fn leave(&mut self, event: &Forwarded) {
        self.events -= 1;
        self.bytes -= weight_of(event);
    }
}

impl Tail {
    /// All of it.
    pub(super) fn events(&self) -> &BTreeMap<u64, TailEvent> {
        &self.events
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether an event of this id is in it.
    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.binary_search(&hash(id)).is_ok()
    }

    pub(super) fn outbox(&self) -> Outbox {
        self.outbox
    }

    /// Those that the control plane has acknowledged.
    pub(super) fn acknowledged(&self) -> impl Iterator<Item = (u64, Position, &Forwarded)> {
        self.events
            .iter()
            .filter_map(|(sequence, tail)| tail.position.map(|position| (*sequence, position, &tail.event)))
    }

    /// Those up to a number that it has not.
    pub(super) fn unacknowledged(&self, through: u64) -> impl Iterator<Item = (u64, &Forwarded)> {
        let waiting = self.events.range(..=through).filter(|(_, tail)| tail.position.is_none());
        waiting.map(|(sequence, tail)| (*sequence, &tail.event))
    }

    pub(super) fn insert(&mut self, sequence: u64, tail: TailEvent) {
        self.remove(sequence);
        if tail.position.is_none() {
            self.outbox.enter(&tail.event);
        }
        let id = hash(tail.event.id());
        self.ids.insert(self.ids.partition_point(|other| *other < id), id);
        self.events.insert(sequence, tail);
    }

    pub(super) fn remove(&mut self, sequence: u64) {
        let Some(tail) = self.events.remove(&sequence) else { return };
        if tail.position.is_none() {
            self.outbox.leave(&tail.event);
        }
        if let Ok(place) = self.ids.binary_search(&hash(tail.event.id())) {
            self.ids.remove(place);
        }
    }

    /// The control plane has put an event there.
    pub(super) fn acknowledge(&mut self, sequence: u64, position: Position) {
        if let Some(tail) = self.events.get_mut(&sequence)
            && tail.position.is_none()
        {
            tail.position = Some(position);
            self.outbox.leave(&tail.event);
        }
    }
}

/// By which an event is known again.
pub(crate) fn hash(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    #[test]
    fn what_is_counted_is_what_is_there() {
        let tail = |id| TailEvent { event: event(id).into(), position: None };
        let one = weight_of(&event("a").into());
        let mut all = Tail::default();
        for (sequence, id) in [(1, "a"), (2, "b"), (3, "a"), (2, "c")] {
            all.insert(sequence, tail(id));
        }
        assert!(all.has("a") && all.has("c") && !all.has("b"));
        assert_eq!(all.outbox(), Outbox { events: 3, bytes: 3 * one });
        all.acknowledge(1, 7);
        all.acknowledge(1, 8);
        assert_eq!(all.outbox(), Outbox { events: 2, bytes: 2 * one });
        assert_eq!(
            all.acknowledged().map(|(sequence, position, _)| (sequence, position)).collect::<Vec<_>>(),
            [(1, 7)]
        );
        assert_eq!(all.unacknowledged(2).map(|(sequence, _)| sequence).collect::<Vec<_>>(), [2]);
        all.remove(1);
        assert!(all.has("a"));
        all.remove(3);
        all.remove(3);
        assert!(!all.has("a"));
        assert_eq!(all.outbox(), Outbox { events: 1, bytes: one });
    }
}
