//! From an event to the leaves that take it: all predicates of one program are decided together.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::kept::Steps;
use super::leaf::{EventWindow, Leaf, LeafKind};
use super::matching::ask::{Root, asked, path};
use super::matching::bits::{self, WORD_BITS, is_set};
use super::matching::columns::{Columns, Gathered};
use super::matching::decision::{Condition, Decisions};
use super::matching::paths;
use super::normalise;
use crate::eval::ops;
use crate::eval::walk::Walk;
use crate::lang::typed::{Expr, Node};
use crate::profile::Event;
use crate::value::Value;

/// Words of bits that take no allocation.
const WORDS_AT_HAND: usize = 32;
/// How likely a test of an event is true that is not one of a field.
const CHANCE_OF_OTHERS: f32 = 0.5;

/// What takes an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taker<'a> {
    /// A stream, with its number.
    Stream(u32, &'a Stream),
    /// A stream of steps, with its number and its steps, ascending.
    Steps(u32, &'a [u32]),
}

/// The events that satisfy a predicate, and what is kept of each.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    value: Option<StreamValue>,
    /// The leaves that take it, ascending.
    pub(crate) leaves: Vec<u32>,
}

#[derive(Clone, Debug)]
enum StreamValue {
    Field(Vec<String>),
    Other(Expr),
}

/// The plan.
#[derive(Clone, Debug)]
pub(crate) struct EventPlan {
    columns: Columns,
    /// What predicates ask besides; each is a bit beyond the words of the columns.
    others: Vec<Expr>,
    predicates: Decisions,
    /// By predicate.
    takers: Vec<TakersOfOne>,
    pub(crate) streams: Vec<Stream>,
    /// The steps that take the events of one predicate, ascending.
    pub(crate) step_streams: Vec<Vec<u32>>,
    /// By number of a leaf or a step: its stream, or stream of steps.
    pub(crate) stream_of: Vec<Option<u32>>,
}

/// What takes the events that satisfy one predicate.
#[derive(Clone, Debug, Default)]
struct TakersOfOne {
    /// Streams, by number.
    streams: Vec<u32>,
    /// A stream of steps, by number.
    steps: Option<u32>,
}

impl EventPlan {
    pub(crate) fn new(leaves: &[Leaf], steps: &Steps) -> Self {
        let mut building = Building::default();
        for (leaf, number) in leaves.iter().zip(0..) {
            let stream = match &leaf.kind {
                LeafKind::Events(window) => Some(building.stream(window, number)),
                LeafKind::Attribute(_)
                | LeafKind::Sequence(_)
                | LeafKind::Member(_)
                | LeafKind::History(_) => None,
            };
            building.stream_of.push(stream);
        }
        for ((_, window), number) in steps.list.iter().zip(steps.first..) {
            let stream = building.step(window, number);
            building.stream_of.push(Some(stream));
        }
        building.finish()
    }

    /// Calls `visit` with everything that takes the event, each once.
    pub(crate) fn each_taker<'a>(&'a self, event: &Event, now_ms: i64, mut visit: impl FnMut(Taker<'a>)) {
        let words = self.columns.words() as usize;
        let seen = bits::words(self.takers.len());
        let at_hand = [const { Cell::new(0_u64) }; WORDS_AT_HAND];
        let allocated;
        let memory = match at_hand.get(..words + seen) {
            Some(memory) => memory,
            None => {
                allocated = vec![Cell::new(0_u64); words + seen];
                &*allocated
            }
        };
        let Some((known, seen)) = memory.split_at_checked(words) else { return };
        self.columns.answer(&event.fields, known);
        let holds = |bit: u32| match bit.checked_sub(self.columns.words() * WORD_BITS) {
            None => is_set(known, bit),
            Some(other) => self.others.get(other as usize).is_some_and(|expr| {
                let walk = Walk::of_event(now_ms);
                walk.event_truth(expr, event)
            }),
        };
        self.predicates.each_possible(known, |predicate| {
            if self.predicates.decide(predicate, holds) == Some(true) && bits::set(seen, predicate) {
                let Some(takers) = self.takers.get(predicate as usize) else { return };
                for stream in &takers.streams {
                    if let Some(of) = self.streams.get(*stream as usize) {
                        visit(Taker::Stream(*stream, of));
                    }
                }
                if let Some(stream) = takers.steps
                    && let Some(steps) = self.step_streams.get(stream as usize)
                {
                    visit(Taker::Steps(stream, steps));
                }
            }
        });
    }
}

/// The plan while it is made.
#[derive(Default)]
struct Building<'a> {
    numbers: BTreeMap<Vec<u8>, u32>,
    predicates: Vec<&'a Expr>,
    takers: Vec<TakersOfOne>,
    places: BTreeMap<(u32, Vec<u8>), u32>,
    streams: Vec<Stream>,
    step_streams: Vec<Vec<u32>>,
    stream_of: Vec<Option<u32>>,
}

impl<'a> Building<'a> {
    /// The number of a predicate: equal ones have the same.
    fn predicate(&mut self, predicate: &'a Expr) -> u32 {
        let next = count(self.predicates.len());
        let number = *self.numbers.entry(normalise::bytes(predicate)).or_insert(next);
        if number == next {
            self.predicates.push(predicate);
            self.takers.push(TakersOfOne::default());
        }
        number
    }

    /// Adds an events leaf to its stream.
    fn stream(&mut self, EventWindow { predicate, value, .. }: &'a EventWindow, leaf: u32) -> u32 {
        let predicate = self.predicate(predicate);
        let next = count(self.streams.len());
        let stream = *self.places.entry((predicate, normalise::bytes(value))).or_insert(next);
        if stream == next {
            let value = value.as_ref().map(StreamValue::new);
            self.streams.push(Stream { value, leaves: Vec::new() });
            if let Some(takers) = self.takers.get_mut(predicate as usize) {
                takers.streams.push(stream);
            }
        }
        if let Some(stream) = self.streams.get_mut(stream as usize) {
            stream.leaves.push(leaf);
        }
        stream
    }

    /// Adds a step to its stream.
    fn step(&mut self, EventWindow { predicate, .. }: &'a EventWindow, step: u32) -> u32 {
        let predicate = self.predicate(predicate);
        let next = count(self.step_streams.len());
        let takers = self.takers.get_mut(predicate as usize);
        let stream = takers.map_or(next, |takers| *takers.steps.get_or_insert(next));
        if stream == next {
            self.step_streams.push(Vec::new());
        }
        if let Some(steps) = self.step_streams.get_mut(stream as usize) {
            steps.push(step);
        }
        stream
    }

    fn finish(self) -> EventPlan {
        let Self { predicates, takers, streams, step_streams, stream_of, .. } = self;
        let mut gathered = Gathered::default();
        predicates.iter().for_each(|predicate| gather(predicate, &mut gathered));
        let columns = gathered.columns();
        let mut others = Others::default();
        let conditions = predicates
            .iter()
            .map(|predicate| condition(predicate, false, &gathered, &columns, &mut others))
            .collect();
        let words = columns.words() + count(bits::words(others.list.len()));
        let predicates = Decisions::new(conditions, words);
        EventPlan { columns, others: others.list, predicates, takers, streams, step_streams, stream_of }
    }
}

impl Stream {
    /// Calls `keep` with what is kept of an event: nothing where only the event counts, else each of its values.
    pub(crate) fn each_value(&self, event: &Event, now_ms: i64, mut keep: impl FnMut(Option<&Value>)) {
        match &self.value {
            None => keep(None),
            Some(StreamValue::Field(path)) => {
                if let Some(value) = paths::find(path, &event.fields) {
                    value.items().iter().for_each(|item| keep(Some(item)));
                }
            }
            Some(StreamValue::Other(expr)) => {
                for item in Walk::of_event(now_ms).event_place(expr, event).items() {
                    keep(Some(&item.value()));
                }
            }
        }
    }
}

impl StreamValue {
    fn new(value: &Expr) -> Self {
        path(value, Root::Event).map_or_else(|| Self::Other(value.clone()), Self::Field)
    }
}

/// What predicates ask besides tests of fields, each once.
#[derive(Default)]
struct Others {
    list: Vec<Expr>,
    numbers: BTreeMap<Vec<u8>, u32>,
}

impl Others {
    fn number(&mut self, expr: &Expr) -> u32 {
        let next = count(self.list.len());
        let number = *self.numbers.entry(normalise::bytes(expr)).or_insert(next);
        if number == next {
            self.list.push(expr.clone());
        }
        number
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn gather(predicate: &Expr, gathered: &mut Gathered) {
    match &predicate.node {
        Node::And(operands) | Node::Or(operands) => {
            operands.iter().for_each(|operand| gather(operand, gathered));
        }
        Node::Not(operand) => gather(operand, gathered),
        _ => {
            if let Some((path, ask)) = asked(predicate, Root::Event) {
                gathered.add(path, ask);
            }
        }
    }
}

fn condition(
    predicate: &Expr,
    negated: bool,
    gathered: &Gathered,
    columns: &Columns,
    others: &mut Others,
) -> Condition {
    let mut all = |operands: &[Expr]| {
        operands.iter().map(|operand| condition(operand, negated, gathered, columns, others)).collect()
    };
    match &predicate.node {
        Node::Literal(value) => Condition::Constant(ops::truth(value) != negated),
        Node::Not(operand) => condition(operand, !negated, gathered, columns, others),
        Node::And(operands) if negated => Condition::Any(all(operands)),
        Node::Or(operands) if negated => Condition::All(all(operands)),
        Node::And(operands) => Condition::All(all(operands)),
        Node::Or(operands) => Condition::Any(all(operands)),
        _ => {
            let field = asked(predicate, Root::Event);
            match field.and_then(|(path, ask)| gathered.bit(columns, &path, &ask)) {
                Some((bit, chance)) => Condition::Bit { bit, negated, chance, ready: true },
                None => {
                    let bit = columns.words() * WORD_BITS + others.number(predicate);
                    Condition::Bit { bit, negated, chance: CHANCE_OF_OTHERS, ready: false }
                }
            }
        }
    }
}
