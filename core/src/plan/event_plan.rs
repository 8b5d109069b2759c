//! From an event to the streams that take it: all predicates of one program are decided together.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::matching::ask::{Root, asked};
use super::matching::bits::{self, WORD_BITS, is_set};
use super::matching::columns::{Columns, Gathered};
use super::matching::decision::{Condition, Decisions};
use super::normalise;
use super::streams::{Stream, Streams};
use crate::eval::ops;
use crate::eval::walk::Walk;
use crate::lang::typed::{Expr, Node};
use crate::profile::Event;

/// Words of bits that take no allocation.
const WORDS_AT_HAND: usize = 32;
/// How likely a test of an event is true that is not one of a field.
const CHANCE_OF_OTHERS: f32 = 0.5;

/// The plan.
#[derive(Clone, Debug)]
pub(crate) struct EventPlan {
    columns: Columns,
    /// What predicates ask besides; each is a bit beyond the words of the columns.
    others: Vec<Expr>,
    predicates: Decisions,
    /// By predicate: its streams.
    of_predicate: Vec<Vec<u32>>,
    pub(crate) streams: Vec<Stream>,
    /// By number of a leaf or a step: its stream.
    pub(crate) stream_of: Vec<Option<u32>>,
}

impl EventPlan {
    pub(crate) fn new(streams: Streams<'_>) -> Self {
        let Streams { predicates, of_predicate, list, of, .. } = streams;
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
        Self { columns, others: others.list, predicates, of_predicate, streams: list, stream_of: of }
    }

    /// Calls `visit` with the number of every stream that takes the event, and it, each once.
    pub(crate) fn each_stream<'a>(
        &'a self,
        event: &Event,
        now_ms: i64,
        mut visit: impl FnMut(u32, &'a Stream),
    ) {
        let words = self.columns.words() as usize;
        let seen = bits::words(self.of_predicate.len());
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
        self.predicates.each_possible(
            known,
            |_| true,
            holds,
            |predicate, satisfied| {
                if satisfied == Some(true) && bits::set(seen, predicate) {
                    for number in self.of_predicate.get(predicate as usize).into_iter().flatten() {
                        if let Some(stream) = self.streams.get(*number as usize) {
                            visit(*number, stream);
                        }
                    }
                }
            },
        );
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
