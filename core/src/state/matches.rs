//! What a step of sequences keeps: every event that it takes, because an event that comes late may stand anywhere.

use alloc::vec::Vec;

use super::entries::inside;
use super::fold::Incoming;
use super::{Match, Matches, Trimmed};
use crate::limits::EVENTS_PER_PROFILE_MAX;
use crate::plan::leaf::EventWindow;
use crate::profile::Event;
use crate::time::Interval;

impl Matches {
    /// Takes in an event of the step, once; true if it was kept.
    pub(super) fn fold(&mut self, window: &EventWindow, incoming: &Incoming<'_>, now_ms: i64) -> bool {
        let inside = inside(window, now_ms);
        let timestamp_ms = incoming.event.timestamp_ms;
        if timestamp_ms < inside.start_ms {
            return false;
        }
        let Err(place) = self.place(incoming.event) else { return false };
        self.list.insert(place, Match { timestamp_ms, id: incoming.id() });
        self.settle(inside);
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

    /// Forgets the events that the start of the window has passed. If there are too many, the oldest go.
    pub(super) fn settle(&mut self, inside: Interval) {
        let gone = self.list.partition_point(|kept| kept.timestamp_ms < inside.start_ms);
        self.list.drain(..gone);
        Trimmed::settle(&mut self.trimmed, inside.start_ms);
        let excess = self.list.len().saturating_sub(EVENTS_PER_PROFILE_MAX);
        let at = |kept: &Match| kept.timestamp_ms;
        Trimmed::cut(&mut self.trimmed, &mut self.list, excess, EVENTS_PER_PROFILE_MAX, at);
    }

    /// What is kept of the events of both.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut list: Vec<Match> = self.list.iter().chain(&other.list).cloned().collect();
        list.sort_by(|left, right| left.order().cmp(&right.order()));
        list.dedup();
        Self { trimmed: Trimmed::both(self.trimmed, other.trimmed), list }
    }
}

impl Match {
    /// As [`Event::order`].
    pub(crate) fn order(&self) -> (i64, &str) {
        (self.timestamp_ms, &self.id)
    }
}
