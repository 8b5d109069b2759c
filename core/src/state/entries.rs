//! What is kept for events leaves: of every event of a stream an entry, or one for each value.

use alloc::vec::Vec;
use core::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::fold::Incoming;
use super::{Entry, Kept, Number};
use crate::plan::streams::Stream;
use crate::profile::Event;
use crate::time::{Interval, Occurs};
use crate::value::Value;

/// What is kept of an event that satisfies the predicate of a stream: an entry for it or for each of its values. `key`
/// stands for the event's id.
pub(crate) fn entries_of(stream: &Stream, event: &Event, key: u64, now_ms: i64, mut keep: impl FnMut(Entry)) {
    let entry = Entry { timestamp_ms: event.timestamp_ms, event: key, value: None };
    stream.kind.each_value(event, now_ms, |value| match value {
        None => keep(entry),
        Some(Value::Null) => {}
        Some(value) => keep(Entry { value: Number::of(value), ..entry }),
    });
}

/// What stands for an event's id.
pub(crate) fn key(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

/// The interval that passes all tests at `now_ms`. Both ends only ever move forwards.
pub(crate) fn inside_all(tests: &[Occurs<Interval>], now_ms: i64) -> Interval {
    let intervals = tests.iter().map(|test| test.interval(now_ms));
    intervals.fold(Interval::ALWAYS, Interval::intersection)
}

/// Whether the end of the interval has passed the timestamp, so that from now on it can only leave.
pub(crate) fn has_entered(inside: Interval, timestamp_ms: i64) -> bool {
    timestamp_ms < inside.end_ms || inside.end_ms == i64::MAX
}

impl Kept<Entry> {
    /// Takes in what is kept of an event of its stream, once; true if anything was. `start_ms` is when the earliest
    /// window starts.
    pub(super) fn fold(
        &mut self,
        stream: &Stream,
        incoming: &Incoming<'_>,
        start_ms: i64,
        now_ms: i64,
    ) -> bool {
        if incoming.event.timestamp_ms < start_ms {
            return false;
        }
        let mut is_new = None;
        entries_of(stream, incoming.event, incoming.key(), now_ms, |entry| {
            if *is_new.get_or_insert_with(|| !self.contains(&entry)) {
                self.insert(entry);
            }
        });
        is_new == Some(true)
    }

    fn insert(&mut self, entry: Entry) {
        // Most come last.
        let is_last = self.list.last().is_none_or(|last| order(last, &entry) != Ordering::Greater);
        let place = match is_last {
            true => self.list.len(),
            false => self.list.partition_point(|known| order(known, &entry) != Ordering::Greater),
        };
        self.list.insert(place, entry);
    }

    /// Takes an event out again; true if anything was kept of it.
    pub(super) fn unfold(&mut self, event: &Event) -> bool {
        let gone = (event.timestamp_ms, key(&event.id));
        let before = self.list.len();
        self.list.retain(|entry| (entry.timestamp_ms, entry.event) != gone);
        before > self.list.len()
    }

    fn contains(&self, entry: &Entry) -> bool {
        // Most come last.
        self.list.last().is_some_and(|last| event_order(last, entry).is_ge())
            && self.list.binary_search_by(|known| event_order(known, entry)).is_ok()
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
        Self { dropped_ms: self.dropped_ms.max(other.dropped_ms), list }
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
