//! What is kept for steps of sequences: every event that they take, because an event that comes late may stand anywhere.

use alloc::vec::Vec;

use super::fold::Incoming;
use super::{Kept, Match};
use crate::profile::Event;

impl Kept<Match> {
    /// Takes in an event of its stream, once; true if it was kept. `start_ms` is when the earliest window starts.
    pub(super) fn fold(&mut self, incoming: &Incoming<'_>, start_ms: i64) -> bool {
        let timestamp_ms = incoming.event.timestamp_ms;
        if timestamp_ms < start_ms {
            return false;
        }
        let Err(place) = self.place(incoming.event) else { return false };
        self.list.insert(place, Match { timestamp_ms, id: incoming.id() });
        true
    }

    /// Takes an event out again; true if it was kept.
    pub(super) fn unfold(&mut self, event: &Event) -> bool {
        let Ok(place) = self.place(event) else { return false };
        self.list.remove(place);
        true
    }

    fn place(&self, event: &Event) -> Result<usize, usize> {
        // Most events come last.
        match self.list.last() {
            Some(last) if last.order() >= event.order() => {
                self.list.binary_search_by(|known| known.order().cmp(&event.order()))
            }
            Some(_) | None => Err(self.list.len()),
        }
    }

    /// What is kept of the events of both.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut list: Vec<Match> = self.list.iter().chain(&other.list).cloned().collect();
        list.sort_by(|left, right| left.order().cmp(&right.order()));
        list.dedup();
        Self { dropped_ms: self.dropped_ms.max(other.dropped_ms), list }
    }
}

impl Match {
    /// As [`Event::order`].
    pub(crate) fn order(&self) -> (i64, &str) {
        (self.timestamp_ms, &self.id)
    }
}
