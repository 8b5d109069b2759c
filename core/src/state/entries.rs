//! What an events leaf keeps: of every event of its window an entry, or one for each value.

use alloc::vec::Vec;
use core::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::fold::Incoming;
use super::{Entries, Entry, Number, Trimmed};
use crate::limits::{EVENTS_PER_PROFILE_MAX, VALUES_PER_LEAF_MAX};
use crate::plan::event_plan::Stream;
use crate::plan::leaf::EventWindow;
use crate::profile::Event;
use crate::time::{Interval, Occurs};
use crate::value::Value;

/// What is kept of an event that satisfies the predicate of a stream: an entry for it or for each of its values. `key`
/// stands for the event's id.
pub(crate) fn entries_of(stream: &Stream, event: &Event, key: u64, now_ms: i64, mut keep: impl FnMut(Entry)) {
    let entry = Entry { timestamp_ms: event.timestamp_ms, event: key, value: None };
    stream.each_value(event, now_ms, |value| match value {
        None => keep(entry),
        Some(Value::Null) => {}
        Some(value) => keep(Entry { value: Number::of(value), ..entry }),
    });
}

/// What stands for an event's id.
pub(crate) fn key(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

/// The interval in which a timestamp counts at `now_ms`. Both ends only ever move forwards.
pub(crate) fn inside(window: &EventWindow, now_ms: i64) -> Interval {
    inside_all(&window.window, now_ms)
}

/// The interval that passes all tests at `now_ms`.
pub(crate) fn inside_all(tests: &[Occurs<Interval>], now_ms: i64) -> Interval {
    let intervals = tests.iter().map(|test| test.interval(now_ms));
    intervals.fold(Interval::ALWAYS, Interval::intersection)
}

/// Whether the end of the interval has passed the timestamp, so that from now on it can only leave.
pub(crate) fn has_entered(inside: Interval, timestamp_ms: i64) -> bool {
    timestamp_ms < inside.end_ms || inside.end_ms == i64::MAX
}

/// The most entries that a leaf keeps.
pub(crate) fn entries_max(window: &EventWindow) -> usize {
    if window.value.is_some() { VALUES_PER_LEAF_MAX } else { EVENTS_PER_PROFILE_MAX }
}

/// How many newest entries that have entered the window must be there for every answer.
pub(crate) fn needed(window: &EventWindow) -> usize {
    (window.keep_max.unwrap_or(u32::MAX) as usize).min(entries_max(window))
}

impl Entries {
    /// Takes in an event of its stream, once; true if anything was kept of it.
    pub(super) fn fold(
        &mut self,
        window: &EventWindow,
        stream: &Stream,
        incoming: &Incoming<'_>,
        now_ms: i64,
    ) -> bool {
        let inside = inside(window, now_ms);
        if incoming.event.timestamp_ms < inside.start_ms {
            return false;
        }
        let mut is_new = None;
        entries_of(stream, incoming.event, incoming.key(), now_ms, |entry| {
            if *is_new.get_or_insert_with(|| !self.contains(&entry)) {
                let place = self.list.partition_point(|known| order(known, &entry) != Ordering::Greater);
                self.list.insert(place, entry);
            }
        });
        let taken = is_new == Some(true);
        if taken {
            self.settle(window, inside);
        }
        taken
    }

    /// Takes an event out again; true if anything was kept of it.
    pub(super) fn unfold(&mut self, event: &Event) -> bool {
        let gone = (event.timestamp_ms, key(&event.id));
        let before = self.list.len();
        self.list.retain(|entry| (entry.timestamp_ms, entry.event) != gone);
        let removed = before - self.list.len();
        if let Some(trimmed) = &mut self.trimmed {
            trimmed.kept = trimmed.kept.saturating_sub(u32::try_from(removed).unwrap_or(u32::MAX));
        }
        removed > 0
    }

    fn contains(&self, entry: &Entry) -> bool {
        self.list.binary_search_by(|known| event_order(known, entry)).is_ok()
    }

    /// Drops entries that the start of the window has passed, and of those that its end has passed all but the newest
    /// that are needed: whenever an older one is inside, so are all of these, and they decide. What has yet to enter
    /// is kept. If there are still too many, the oldest go.
    pub(super) fn settle(&mut self, window: &EventWindow, inside: Interval) {
        let gone = self.list.partition_point(|entry| entry.timestamp_ms < inside.start_ms);
        self.list.drain(..gone);
        Trimmed::settle(&mut self.trimmed, inside.start_ms);
        let entered = self.list.partition_point(|entry| has_entered(inside, entry.timestamp_ms));
        let kept = entered.min(needed(window));
        self.cut(entered - kept, kept);
        let excess = self.list.len().saturating_sub(entries_max(window));
        self.cut(excess, kept.saturating_sub(excess));
    }

    fn cut(&mut self, excess: usize, kept: usize) {
        Trimmed::cut(&mut self.trimmed, &mut self.list, excess, kept, |entry| entry.timestamp_ms);
    }

    /// What is kept of the events of both. Of an event that both know and one has kept less of, that one has dropped
    /// the rest, so what the other kept is all of it.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut list: Vec<Entry> = Vec::with_capacity(self.list.len().saturating_add(other.list.len()));
        let mut left = self.list.chunk_by(is_same_event).peekable();
        let mut right = other.list.chunk_by(is_same_event).peekable();
        loop {
            let order = match (
                left.peek().and_then(|event| event.first()),
                right.peek().and_then(|event| event.first()),
            ) {
                (Some(left), Some(right)) => event_order(left, right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let left = if order.is_le() { left.next() } else { None };
            let right = if order.is_ge() { right.next() } else { None };
            list.extend(
                left.into_iter().chain(right).max_by_key(|entries| entries.len()).into_iter().flatten(),
            );
        }
        Self { trimmed: Trimmed::both(self.trimmed, other.trimmed), list }
    }
}

fn is_same_event(left: &Entry, right: &Entry) -> bool {
    event_order(left, right).is_eq()
}

fn event_order(left: &Entry, right: &Entry) -> Ordering {
    (left.timestamp_ms, left.event).cmp(&(right.timestamp_ms, right.event))
}

/// The order of entries: by time, by event, and then so that equal sets of entries are equal lists.
pub(crate) fn order(left: &Entry, right: &Entry) -> Ordering {
    event_order(left, right).then_with(|| match (left.value, right.value) {
        (Some(Number::Integer(left)), Some(Number::Integer(right)))
        | (Some(Number::Instant(left)), Some(Number::Instant(right))) => left.cmp(&right),
        (Some(Number::Double(left)), Some(Number::Double(right))) => left.total_cmp(&right),
        (left, right) => rank(left).cmp(&rank(right)),
    })
}

fn rank(value: Option<Number>) -> u8 {
    match value {
        None => 0,
        Some(Number::Integer(_)) => 1,
        Some(Number::Double(_)) => 2,
        Some(Number::Instant(_)) => 3,
    }
}
