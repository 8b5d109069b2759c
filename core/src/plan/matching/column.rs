//! All tests of one field, in parts, so that the rows of each stay short however many tests there are.

use alloc::vec::Vec;
use core::cell::Cell;

use super::ask::Ask;
use super::bits::{self, WORD_BITS};
use super::part::Part;
use crate::value::Value;

/// Words of one part.
const PART_WORDS: usize = 8;
/// Tests of one part: whole words, so that the bits of all parts are numbered as the tests are.
const PART_ASKS: usize = PART_WORDS * WORD_BITS as usize;

/// The tests of one field.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    parts: Vec<Part>,
}

impl Column {
    /// The column of tests, in their order.
    pub(crate) fn new(asks: &[Ask]) -> Self {
        Self { parts: asks.chunks(PART_ASKS).map(|asks| Part::new(asks.to_vec())).collect() }
    }

    /// Words that the answers take.
    pub(crate) fn words(&self) -> usize {
        self.parts.iter().map(Part::words).sum()
    }

    /// The tests.
    pub(crate) fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.parts.iter().flat_map(Part::asks)
    }

    /// Of how many values of its field a test, by its number, is true, roughly, from 0 to 1.
    pub(crate) fn chance(&self, number: u32) -> f32 {
        let part = number as usize / PART_ASKS;
        let number = u32::try_from(number as usize % PART_ASKS).unwrap_or(0);
        self.parts.get(part).map_or(0.5, |part| part.chance(number))
    }

    /// Adds the answers for a value to the words, which start where this column's do.
    #[inline]
    pub(crate) fn answer(&self, value: &Value, mut words: &[Cell<u64>]) {
        for part in &self.parts {
            let Some((own, others)) = words.split_at_checked(part.words()) else { return };
            part.answer(value, own);
            words = others;
        }
    }

    /// Calls `visit` with the number of every test that is true of one of two values only.
    pub(crate) fn differing(&self, first: &Value, second: &Value, mut visit: impl FnMut(u32)) {
        let mut place = 0;
        for part in &self.parts {
            let [of_first, of_second] = [first, second].map(|value| {
                let words = [const { Cell::new(0_u64) }; PART_WORDS];
                part.answer(value, &words);
                words
            });
            for (first, second) in of_first.iter().zip(&of_second).take(part.words()) {
                bits::each(place, first.get() ^ second.get(), &mut visit);
                place += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::lang::typed::Comparison;

    #[test]
    fn the_bits_of_many_tests_are_numbered_as_the_tests_are() {
        let of = |number| [Comparison::Equal, Comparison::Less].map(|operator| (operator, number));
        let asks: Vec<Ask> = (0..1_500_i64)
            .flat_map(of)
            .map(|(operator, number)| Ask::Compare(operator, Value::Integer(number)))
            .collect();
        let column = Column::new(&asks);
        assert!(column.asks().eq(&asks));
        let values = [-1, 0, 511, 512, 1_499, 1_500].map(Value::Integer);
        for value in &values {
            let words = vec![Cell::new(0); column.words()];
            column.answer(value, &words);
            for (ask, bit) in asks.iter().zip(0..) {
                assert_eq!(bits::is_set(&words, bit), ask.holds(value), "{ask:?} of {value:?}");
            }
            for other in values.iter().chain([&Value::Null]) {
                let mut found = vec![];
                column.differing(value, other, |test| found.push(test));
                let differing = asks.iter().zip(0..).filter(|(ask, _)| ask.holds(value) != ask.holds(other));
                assert_eq!(found, differing.map(|(_, number)| number).collect::<vec::Vec<u32>>());
            }
        }
    }
}
