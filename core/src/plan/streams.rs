//! What is kept of a profile's events: streams. All events leaves that ask for the same events and values look into one
//! stream, each through its own window, and so do all steps of sequences that ask for the same events.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::kept::Steps;
use super::leaf::{EventWindow, Leaf, LeafKind};
use super::matching::ask::{Root, path};
use super::matching::paths;
use super::normalise::bytes;
use super::program::Program;
use crate::eval::walk::Walk;
use crate::id::StreamId;
use crate::lang::typed::Expr;
use crate::profile::Event;
use crate::value::Value;

/// Before the normal form of a predicate, so that no stream is one of the other kind.
const EVENTS: &str = "events";
const STEPS: &str = "steps";

/// The events that satisfy a predicate, and what is kept of each.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) kind: StreamKind,
    /// The events leaves, or the steps, that look into it, ascending.
    pub(crate) takers: Vec<u32>,
}

/// What is kept of an event.
#[derive(Clone, Debug)]
pub(crate) enum StreamKind {
    /// An entry, or one for each value where there is any: for events leaves.
    Events(Option<StreamValue>),
    /// When it was and its id: for steps.
    Steps,
}

/// The value or the values that are kept of an event.
#[derive(Clone, Debug)]
pub(crate) enum StreamValue {
    Field(Vec<String>),
    Other(Expr),
}

/// The streams of a program: those of events leaves, then those of steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams<'a> {
    pub(crate) list: Vec<Stream>,
    /// By number of a leaf or a step: its stream.
    pub(crate) of: Vec<Option<u32>>,
    /// The predicates, each once.
    pub(crate) predicates: Vec<&'a Expr>,
    /// By predicate: its streams.
    pub(crate) of_predicate: Vec<Vec<u32>>,
    numbers: BTreeMap<StreamId, u32>,
    predicate_numbers: BTreeMap<Vec<u8>, u32>,
}

impl<'a> Streams<'a> {
    pub(crate) fn new(leaves: &'a [Leaf], steps: &'a Steps) -> Self {
        let mut streams = Self::default();
        for (leaf, number) in leaves.iter().zip(0..) {
            let stream = match &leaf.kind {
                LeafKind::Events(EventWindow { predicate, value, .. }) => {
                    let id = identity(&(EVENTS, predicate, value));
                    let kind = || StreamKind::Events(value.as_ref().map(StreamValue::new));
                    Some(streams.add(id, predicate, kind, number))
                }
                LeafKind::Attribute(_)
                | LeafKind::Sequence(_)
                | LeafKind::Member(_)
                | LeafKind::History(_) => None,
            };
            streams.of.push(stream);
        }
        for ((_, EventWindow { predicate, .. }), number) in steps.list.iter().zip(steps.first..) {
            let stream = streams.add(identity(&(STEPS, predicate)), predicate, || StreamKind::Steps, number);
            streams.of.push(Some(stream));
        }
        streams
    }

    fn add(&mut self, id: StreamId, predicate: &'a Expr, kind: impl Fn() -> StreamKind, taker: u32) -> u32 {
        let next = count(self.list.len());
        let stream = *self.numbers.entry(id).or_insert(next);
        if stream == next {
            self.list.push(Stream { id, kind: kind(), takers: Vec::new() });
            let predicate = self.predicate(predicate);
            if let Some(streams) = self.of_predicate.get_mut(predicate as usize) {
                streams.push(stream);
            }
        }
        if let Some(stream) = self.list.get_mut(stream as usize) {
            stream.takers.push(taker);
        }
        stream
    }

    /// The number of a predicate: equal ones have the same.
    fn predicate(&mut self, predicate: &'a Expr) -> u32 {
        let next = count(self.predicates.len());
        let number = *self.predicate_numbers.entry(bytes(predicate)).or_insert(next);
        if number == next {
            self.predicates.push(predicate);
            self.of_predicate.push(Vec::new());
        }
        number
    }
}

fn identity(form: &impl serde::Serialize) -> StreamId {
    StreamId(xxhash_rust::xxh3::xxh3_128(&bytes(form)))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl StreamValue {
    fn new(value: &Expr) -> Self {
        path(value, Root::Event).map_or_else(|| Self::Other(value.clone()), Self::Field)
    }
}

impl StreamKind {
    /// Calls `keep` with what is kept of an event: nothing where only the event counts, else each of its values.
    pub(crate) fn each_value(&self, event: &Event, now_ms: i64, mut keep: impl FnMut(Option<&Value>)) {
        match self {
            Self::Events(None) | Self::Steps => keep(None),
            Self::Events(Some(StreamValue::Field(path))) => {
                if let Some(value) = paths::find(path, &event.fields) {
                    value.items().iter().for_each(|item| keep(Some(item)));
                }
            }
            Self::Events(Some(StreamValue::Other(expr))) => {
                for item in Walk::of_event(now_ms).event_place(expr, event).items() {
                    keep(Some(&item.value()));
                }
            }
        }
    }
}

impl Program {
    /// What the numbers stand for by which the functions of [`crate::state`] name what is kept: the streams of all
    /// leaves, of those too that nobody folds.
    pub fn stream_ids(&self) -> Vec<StreamId> {
        let steps = Steps::new(&self.leaves);
        Streams::new(&self.leaves, &steps).list.iter().map(|stream| stream.id).collect()
    }
}
