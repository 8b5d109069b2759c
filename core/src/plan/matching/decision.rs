//! Boolean formulas over bits, each compiled to tests that jump: what is decided is not looked at further. Which of them
//! may be true at all is found through gates: bits without which a formula is false.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::bits;

/// A formula, with negations only at its ends.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// Always so.
    Constant(bool),
    /// A bit, or its negation.
    Bit {
        bit: u32,
        negated: bool,
        /// How likely the bit is set.
        chance: f32,
        /// Whether it is there before anything is decided; if not, finding it out costs something.
        ready: bool,
    },
    /// Something else, of which only the other operands are of interest here.
    Open,
    /// Conjunction.
    All(Vec<Condition>),
    /// Disjunction.
    Any(Vec<Condition>),
}

/// The outcomes, in place of the number of a next test.
const TRUE: u32 = u32::MAX;
const FALSE: u32 = u32::MAX - 1;
/// In place of the number of the first test of a formula that is open.
const OPEN: u32 = u32::MAX - 2;
/// Tests made at most to find out whether a formula is settled: a test of which nothing is known doubles the ways on.
const SETTLING_TESTS_MAX: u32 = 256;
/// Gates that are together likelier than this to be open are no gates.
const GATE_CHANCE_MAX: f32 = 0.8;

#[derive(Clone, Copy, Debug)]
struct Test {
    bit: u32,
    set: u32,
    unset: u32,
}

/// The formulas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions {
    tests: Vec<Test>,
    /// By formula: its first test.
    entries: Vec<u32>,
    /// The bits that are gates.
    gates: Vec<u64>,
    /// By bit: where its formulas start in `gated`.
    starts: Vec<u32>,
    gated: Vec<Entry>,
    /// The formulas without a gate.
    always: Vec<Entry>,
}

/// Where to begin with a formula.
#[derive(Clone, Copy, Debug)]
struct Entry {
    formula: u32,
    /// Its first test, but that of its gate.
    test: u32,
}

impl Decisions {
    /// Compiles formulas over so many words of bits.
    pub(crate) fn new(conditions: Vec<Condition>, words: u32) -> Self {
        let bits = words as usize * bits::WORD_BITS as usize;
        let mut by_bit = vec![Vec::new(); bits];
        let mut compiled = Self { gates: vec![0; words as usize], ..Self::default() };
        for (mut condition, formula) in conditions.into_iter().zip(0..) {
            condition.sort();
            let gates = condition.gates().filter(|gates| gates.chance <= GATE_CHANCE_MAX);
            let gate = gates.as_ref().and_then(|gates| <[u32; 1]>::try_from(&*gates.bits).ok());
            let (entry, test) = compiled.enter(&condition, gate.map(|[bit]| bit));
            match gates {
                None => compiled.always.push(Entry { formula, test: entry }),
                Some(gates) => {
                    for bit in gates.bits {
                        if let Some(formulas) = by_bit.get_mut(bit as usize) {
                            formulas.push(Entry { formula, test });
                        }
                    }
                }
            }
            compiled.entries.push(entry);
        }
        for (formulas, bit) in by_bit.iter().zip(0..) {
            compiled.starts.push(u32::try_from(compiled.gated.len()).unwrap_or(0));
            compiled.gated.extend(formulas);
            let (word, mask) = bits::place(bit);
            if let Some(word) = compiled.gates.get_mut(word)
                && !formulas.is_empty()
            {
                *word |= mask;
            }
        }
        compiled.starts.push(u32::try_from(compiled.gated.len()).unwrap_or(0));
        compiled
    }

    /// The first test of a formula, and the first that is left where its gate is known to be set.
    fn enter(&mut self, condition: &Condition, gate: Option<u32>) -> (u32, u32) {
        if condition.is_open() {
            return (OPEN, OPEN);
        }
        let is_gate = |operand: &Condition| match operand {
            Condition::Bit { bit, negated: false, .. } => Some(*bit) == gate,
            _ => false,
        };
        match condition {
            Condition::All(operands) => match operands.split_first() {
                Some((first, rest)) if is_gate(first) => {
                    let rest =
                        rest.iter().rev().fold(TRUE, |next, operand| self.compile(operand, next, FALSE));
                    (self.compile(first, rest, FALSE), rest)
                }
                Some(_) | None => {
                    let entry = self.compile(condition, TRUE, FALSE);
                    (entry, entry)
                }
            },
            Condition::Bit { .. } if is_gate(condition) => (self.compile(condition, TRUE, FALSE), TRUE),
            Condition::Constant(_) | Condition::Bit { .. } | Condition::Open | Condition::Any(_) => {
                let entry = self.compile(condition, TRUE, FALSE);
                (entry, entry)
            }
        }
    }

    /// The tests of a condition that go on at one of two places; where they start.
    fn compile(&mut self, condition: &Condition, yes: u32, no: u32) -> u32 {
        match condition {
            Condition::Constant(true) => yes,
            Condition::Constant(false) | Condition::Open => no,
            Condition::Bit { bit, negated, .. } => {
                let (set, unset) = if *negated { (no, yes) } else { (yes, no) };
                let place = u32::try_from(self.tests.len()).unwrap_or(FALSE);
                self.tests.push(Test { bit: *bit, set, unset });
                place
            }
            Condition::All(operands) => {
                operands.iter().rev().fold(yes, |next, operand| self.compile(operand, next, no))
            }
            Condition::Any(operands) => {
                operands.iter().rev().fold(no, |next, operand| self.compile(operand, yes, next))
            }
        }
    }

    /// Calls `visit` with the formulas that may be true, of those that are `wanted`, and with their truth, which is absent
    /// where one is open; with some more than once.
    #[inline]
    pub(crate) fn each_possible(
        &self,
        bits: &[Cell<u64>],
        wanted: impl Fn(u32) -> bool,
        is_set: impl Fn(u32) -> bool,
        mut visit: impl FnMut(u32, Option<bool>),
    ) {
        let is_open = |place: usize, gates: u64| bits.get(place).map_or(0, |word| gates & word.get());
        self.each_gated(is_open, |Entry { formula, test }| {
            if wanted(*formula) {
                visit(*formula, self.follow(*test, &is_set));
            }
        });
    }

    /// Calls `visit` with the formulas that may be true where these gates may be open, of each word of gates; with some
    /// more than once.
    #[inline]
    pub(crate) fn each_behind(&self, may_be_open: impl Fn(usize, u64) -> u64, mut visit: impl FnMut(u32)) {
        self.each_gated(may_be_open, |entry| visit(entry.formula));
    }

    #[inline]
    fn each_gated(&self, is_open: impl Fn(usize, u64) -> u64, mut visit: impl FnMut(&Entry)) {
        self.always.iter().for_each(&mut visit);
        for (place, gates) in self.gates.iter().enumerate() {
            if *gates == 0 {
                continue;
            }
            bits::each(place, is_open(place, *gates), |bit| {
                let bit = bit as usize;
                if let (Some(start), Some(end)) = (self.starts.get(bit), self.starts.get(bit + 1)) {
                    let gated = self.gated.get(*start as usize..*end as usize).unwrap_or(&[]);
                    gated.iter().for_each(&mut visit);
                }
            });
        }
    }

    /// The truth of a formula; absent if it is open.
    #[inline]
    pub(crate) fn decide(&self, number: u32, is_set: impl Fn(u32) -> bool) -> Option<bool> {
        self.follow(*self.entries.get(number as usize)?, &is_set)
    }

    #[inline]
    fn follow(&self, test: u32, is_set: &impl Fn(u32) -> bool) -> Option<bool> {
        let mut at = test;
        while let Some(test) = self.tests.get(at as usize) {
            at = if is_set(test.bit) { test.set } else { test.unset };
        }
        (at != OPEN).then_some(at == TRUE)
    }

    /// The truth of a formula whatever the bits are that nothing is known of; `None` if that depends on them, if the
    /// formula is open, or if finding out takes too long.
    pub(crate) fn settled(&self, number: u32, known: impl Fn(u32) -> Option<bool>) -> Option<bool> {
        let first = *self.entries.get(number as usize)?;
        let mut tests_left = SETTLING_TESTS_MAX;
        self.settled_from(first, &known, &mut tests_left)
    }

    fn settled_from(
        &self,
        first: u32,
        known: &impl Fn(u32) -> Option<bool>,
        tests_left: &mut u32,
    ) -> Option<bool> {
        let mut at = first;
        while let Some(test) = self.tests.get(at as usize) {
            *tests_left = tests_left.checked_sub(1)?;
            at = match known(test.bit) {
                Some(true) => test.set,
                Some(false) => test.unset,
                None => {
                    let set = self.settled_from(test.set, known, tests_left)?;
                    let unset = self.settled_from(test.unset, known, tests_left)?;
                    return (set == unset).then_some(set);
                }
            };
        }
        (at != OPEN).then_some(at == TRUE)
    }

    /// Whether a formula is open.
    pub(crate) fn is_open(&self, number: u32) -> bool {
        self.entries.get(number as usize).is_none_or(|entry| *entry == OPEN)
    }
}

/// Bits of which one must be set.
struct Gates {
    bits: Vec<u32>,
    chance: f32,
}

impl Condition {
    /// Operands in the order in which they are best looked at: what costs nothing first, and of that what most likely
    /// decides.
    fn sort(&mut self) {
        let (operands, conjunction) = match self {
            Self::All(operands) => (operands, true),
            Self::Any(operands) => (operands, false),
            Self::Constant(_) | Self::Bit { .. } | Self::Open => return,
        };
        operands.iter_mut().for_each(Self::sort);
        operands.sort_by(|left, right| {
            let chances = left.chance().total_cmp(&right.chance());
            let chances = if conjunction { chances } else { chances.reverse() };
            right.is_ready().cmp(&left.is_ready()).then(chances)
        });
    }

    fn chance(&self) -> f32 {
        match self {
            Self::Constant(value) => f32::from(u8::from(*value)),
            Self::Bit { negated, chance, .. } => {
                if *negated {
                    1.0 - chance
                } else {
                    *chance
                }
            }
            Self::Open => 0.5,
            Self::All(operands) => operands.iter().map(Self::chance).product(),
            Self::Any(operands) => {
                1.0 - operands.iter().map(|operand| 1.0 - operand.chance()).product::<f32>()
            }
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Bit { ready, .. } => *ready,
            Self::Open => false,
            Self::All(operands) | Self::Any(operands) => operands.iter().all(Self::is_ready),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Bit { .. } => false,
            Self::Open => true,
            Self::All(operands) | Self::Any(operands) => operands.iter().any(Self::is_open),
        }
    }

    fn gates(&self) -> Option<Gates> {
        match self {
            Self::Constant(true) | Self::Open => None,
            Self::Constant(false) => Some(Gates { bits: Vec::new(), chance: 0.0 }),
            Self::Bit { bit, negated, chance, ready } => {
                (*ready && !negated).then(|| Gates { bits: vec![*bit], chance: *chance })
            }
            Self::All(operands) => operands
                .iter()
                .filter_map(Self::gates)
                .min_by(|left, right| left.chance.total_cmp(&right.chance)),
            Self::Any(operands) => {
                let mut all = Gates { bits: Vec::new(), chance: 0.0 };
                for operand in operands {
                    let gates = operand.gates()?;
                    all.chance += gates.chance;
                    all.bits.extend(gates.bits);
                }
                all.bits.sort_unstable();
                all.bits.dedup();
                Some(all)
            }
        }
    }
}
