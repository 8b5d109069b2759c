//! How the answers of one profile are found: every leaf is a bit that one look into the profile sets together with
//! others, or is asked for only when it decides; every audience is a decision over these bits.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::leaf::{Aggregate, Formula, Leaf, LeafKind};
use super::matching::ask::{Ask, Root, asked};
use super::matching::bits::{WORD_BITS, place};
use super::matching::column::Column;
use super::matching::columns::{Columns, Gathered};
use super::matching::decision::{Condition, Decisions};
use super::program::Program;
use super::watched::Watched;
use crate::eval::answers::aggregate_of;
use crate::lang::typed::Comparison;
use crate::value::Value;

/// How likely it is that someone did something that an audience asks for.
const CHANCE_OF_EVENTS: f32 = 0.25;

/// Where the answer of a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeafPlace {
    /// A bit that its source sets.
    Bit(u32),
    /// Sought when it is asked for; the number is that of its memory.
    Sought(u32),
}

/// The tests of the aggregates of one events leaf.
#[derive(Clone, Debug)]
pub(crate) struct LeafColumns {
    /// The leaf.
    pub(crate) leaf: u32,
    /// Each aggregate that is asked for, its first word, and its tests.
    pub(crate) columns: Vec<(Aggregate, u32, Column)>,
}

/// The plan.
#[derive(Clone, Debug)]
pub(crate) struct AnswerPlan {
    /// The attribute leaves that test one field; their words come first.
    pub(crate) attributes: Columns,
    /// The events leaves, by source: the sources of attributes, their columns, come first.
    pub(crate) events: Vec<LeafColumns>,
    /// By leaf: the number of its columns.
    pub(crate) events_of_leaf: Vec<Option<u32>>,
    /// By word: its source.
    pub(crate) sources: Vec<u32>,
    /// How many sources are columns of attributes.
    pub(crate) attribute_sources: u32,
    /// The bits of someone of whom nothing is known.
    pub(crate) blank: Vec<u64>,
    /// By leaf.
    pub(crate) places: Vec<LeafPlace>,
    /// The leaves that are sought.
    pub(crate) sought: Vec<u32>,
    /// The audiences, by number. Bits beyond the words are leaves that are sought.
    pub(crate) audiences: Decisions,
    /// Which audiences depend on which bits of events leaves.
    pub(crate) watched: Watched,
}

impl AnswerPlan {
    pub(crate) fn new(program: &Program) -> Self {
        let mut gathered = Gathered::default();
        let asks: Vec<_> = program.leaves.iter().map(attribute).collect();
        for (path, ask) in asks.iter().flatten() {
            gathered.add(path.clone(), ask.clone());
        }
        let attributes = gathered.columns();
        let mut building = Building {
            program,
            words: attributes.words(),
            blank: vec![0; attributes.words() as usize],
            sources: Vec::new(),
            bits: BTreeMap::new(),
            sought: Vec::new(),
            chances: BTreeMap::new(),
        };
        let starts: Vec<u32> = attributes.starts().collect();
        for (source, start) in (0_u32..).zip(&starts) {
            let end = starts.get(source as usize + 1).copied().unwrap_or(attributes.words());
            building.sources.extend((*start..end).map(|_| source));
        }
        let attribute_sources = u32::try_from(starts.len()).unwrap_or(0);
        let events = building.events(attribute_sources);
        let places = building.places(&asks, &gathered, &attributes);
        let conditions = program
            .audiences
            .iter()
            .map(|audience| building.condition(&places, &audience.formula, false))
            .collect();
        let sought_words = building.sought.len().div_ceil(WORD_BITS as usize);
        let words = building.words + u32::try_from(sought_words).unwrap_or(0);
        let mut events_of_leaf = vec![None; program.leaves.len()];
        for (columns, number) in events.iter().zip(0..) {
            if let Some(of_leaf) = events_of_leaf.get_mut(columns.leaf as usize) {
                *of_leaf = Some(number);
            }
        }
        Self {
            watched: Watched::new(program, |test| building.test(test)),
            attributes,
            events,
            events_of_leaf,
            sources: building.sources,
            attribute_sources,
            blank: building.blank,
            places,
            sought: building.sought,
            audiences: Decisions::new(conditions, words),
        }
    }

    /// The leaf on whose events all bits of a word hang; `None` if they are of attributes.
    pub(crate) fn leaf_of_word(&self, word: usize) -> Option<u32> {
        let events = self.sources.get(word)?.checked_sub(self.attribute_sources)?;
        self.events.get(events as usize).map(|columns| columns.leaf)
    }

    /// The leaf whose events or clock a bit hangs on; `None` if it is of attributes alone.
    pub(crate) fn leaf_of(&self, bit: u32) -> Option<u32> {
        let (word, _) = place(bit);
        match self.sources.get(word) {
            Some(_) => self.leaf_of_word(word),
            None => {
                let first = u32::try_from(self.words()).unwrap_or(0) * WORD_BITS;
                self.sought.get(bit.checked_sub(first)? as usize).copied()
            }
        }
    }

    /// Words of bits.
    pub(crate) fn words(&self) -> usize {
        self.blank.len()
    }

    /// How many sources there are.
    pub(crate) fn sources(&self) -> usize {
        self.attribute_sources as usize + self.events.len()
    }
}

fn attribute(leaf: &Leaf) -> Option<(Vec<alloc::string::String>, Ask)> {
    match &leaf.kind {
        LeafKind::Attribute(expr) => asked(expr, Root::Profile),
        LeafKind::Events(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => None,
    }
}

/// A test of an aggregate of an events leaf.
type AggregateTest = (u32, Aggregate, Vec<u8>);

struct Building<'a> {
    program: &'a Program,
    words: u32,
    blank: Vec<u64>,
    sources: Vec<u32>,
    bits: BTreeMap<AggregateTest, u32>,
    sought: Vec<u32>,
    /// By bit.
    chances: BTreeMap<u32, f32>,
}

fn any() -> Ask {
    Ask::Compare(Comparison::Greater, Value::Integer(0))
}

fn key(leaf: u32, aggregate: Aggregate, ask: &Ask) -> AggregateTest {
    let bytes = match ask {
        Ask::Compare(comparison, constant) => super::normalise::bytes(&(comparison, constant)),
        Ask::Listed(..) | Ask::Truth => Vec::new(),
    };
    (leaf, aggregate, bytes)
}

impl Building<'_> {
    /// The columns of events leaves, behind those of attributes.
    fn events(&mut self, first_source: u32) -> Vec<LeafColumns> {
        let mut asked: BTreeMap<u32, BTreeMap<Aggregate, Vec<Ask>>> = BTreeMap::new();
        for audience in &self.program.audiences {
            aggregates(&audience.formula, &mut |leaf, aggregate, ask| {
                let is_events = self.program.leaves.get(leaf as usize).map(|leaf| &leaf.kind);
                if matches!(is_events, Some(LeafKind::Events(_))) {
                    let asks = asked.entry(leaf).or_default().entry(aggregate).or_default();
                    if !asks.contains(&ask) {
                        asks.push(ask);
                    }
                }
            });
        }
        let mut all = Vec::new();
        for ((leaf, aggregates), source) in asked.into_iter().zip(first_source..) {
            let mut columns = Vec::new();
            for (aggregate, asks) in aggregates {
                columns.push((aggregate, self.words, self.column(leaf, aggregate, &asks)));
                self.sources.resize(self.words as usize, source);
            }
            all.push(LeafColumns { leaf, columns });
        }
        all
    }

    fn column(&mut self, leaf: u32, aggregate: Aggregate, asks: &[Ask]) -> Column {
        let first = self.words;
        let column = Column::new(asks);
        self.words += u32::try_from(column.words()).unwrap_or(0);
        let none: Vec<Cell<u64>> = vec![Cell::new(0); column.words()];
        column.answer(&aggregate_of(aggregate, &[]), &none);
        self.blank.extend(none.iter().map(Cell::get));
        for (ask, number) in column.asks().zip(0_u32..) {
            let bit = first * WORD_BITS + number;
            self.bits.insert(key(leaf, aggregate, ask), bit);
            let (word, mask) = place(bit);
            let of_none = self.blank.get(word).is_some_and(|word| word & mask != 0);
            self.chances.insert(bit, if of_none { 1.0 - CHANCE_OF_EVENTS } else { CHANCE_OF_EVENTS });
        }
        column
    }

    fn places(
        &mut self,
        asks: &[Option<(Vec<alloc::string::String>, Ask)>],
        gathered: &Gathered,
        attributes: &Columns,
    ) -> Vec<LeafPlace> {
        let mut places = Vec::new();
        for (asked, leaf) in asks.iter().zip(0..) {
            let attribute = asked.as_ref().and_then(|(path, ask)| gathered.bit(attributes, path, ask));
            let bit = match attribute {
                Some((bit, chance)) => {
                    self.chances.insert(bit, chance);
                    Some(bit)
                }
                None => self.bits.get(&key(leaf, Aggregate::Count, &any())).copied(),
            };
            places.push(match bit {
                Some(bit) => LeafPlace::Bit(bit),
                None => {
                    self.sought.push(leaf);
                    LeafPlace::Sought(u32::try_from(self.sought.len() - 1).unwrap_or(u32::MAX))
                }
            });
        }
        places
    }

    /// The bit of a test of an events leaf.
    fn test(&self, test: &Formula) -> Option<u32> {
        let key = match test {
            Formula::Leaf(leaf) => key(*leaf, Aggregate::Count, &any()),
            Formula::Aggregate { leaf, aggregate, comparison, constant } => {
                key(*leaf, *aggregate, &Ask::Compare(*comparison, constant.clone()))
            }
            Formula::Constant(_)
            | Formula::Audience(_)
            | Formula::Not(_)
            | Formula::And(_)
            | Formula::Or(_) => return None,
        };
        self.bits.get(&key).copied()
    }

    fn bit(&self, bit: u32, negated: bool) -> Condition {
        let chance = self.chances.get(&bit).copied().unwrap_or(0.5);
        Condition::Bit { bit, negated, chance, ready: true }
    }

    fn condition(&self, places: &[LeafPlace], formula: &Formula, negated: bool) -> Condition {
        let all = |operands: &[Formula]| {
            operands.iter().map(|operand| self.condition(places, operand, negated)).collect()
        };
        match formula {
            Formula::Constant(value) => Condition::Constant(*value != negated),
            Formula::Leaf(leaf) => {
                let kind = self.program.leaves.get(*leaf as usize).map(|leaf| &leaf.kind);
                match (kind, places.get(*leaf as usize)) {
                    (None | Some(LeafKind::History(_)), _) | (_, None) => Condition::Open,
                    (_, Some(LeafPlace::Bit(bit))) => self.bit(*bit, negated),
                    (_, Some(LeafPlace::Sought(number))) => {
                        let bit = self.words * WORD_BITS + number;
                        Condition::Bit { bit, negated, chance: 0.5, ready: false }
                    }
                }
            }
            Formula::Aggregate { .. } => {
                self.test(formula).map_or(Condition::Open, |bit| self.bit(bit, negated))
            }
            Formula::Audience(_) => Condition::Open,
            Formula::Not(inner) => self.condition(places, inner, !negated),
            Formula::And(inner) if negated => Condition::Any(all(inner)),
            Formula::Or(inner) if negated => Condition::All(all(inner)),
            Formula::And(inner) => Condition::All(all(inner)),
            Formula::Or(inner) => Condition::Any(all(inner)),
        }
    }
}

/// Calls `visit` with every test of an aggregate of a leaf; of a leaf alone, whether there is any entry.
fn aggregates(formula: &Formula, visit: &mut dyn FnMut(u32, Aggregate, Ask)) {
    match formula {
        Formula::Constant(_) | Formula::Audience(_) => {}
        Formula::Leaf(leaf) => visit(*leaf, Aggregate::Count, any()),
        Formula::Aggregate { leaf, aggregate, comparison, constant } => match constant {
            Value::Integer(_) | Value::Double(_) => {
                visit(*leaf, *aggregate, Ask::Compare(*comparison, constant.clone()));
            }
            Value::Null
            | Value::Boolean(_)
            | Value::Time(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Object(_) => {}
        },
        Formula::Not(inner) => aggregates(inner, visit),
        Formula::And(inner) | Formula::Or(inner) => inner.iter().for_each(|inner| aggregates(inner, visit)),
    }
}
