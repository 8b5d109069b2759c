//! A set of numbers below a bound, gathered in any order and given back in theirs; nothing is allocated for none.

use alloc::vec;
use alloc::vec::Vec;

use super::bits;

/// The set.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    bound: usize,
    words: Vec<u64>,
}

impl Numbers {
    /// None of the numbers below a bound.
    pub(crate) fn below(bound: usize) -> Self {
        Self { bound, words: Vec::new() }
    }

    /// All numbers below a bound.
    pub(crate) fn all(bound: usize) -> Self {
        let mut words = vec![u64::MAX; bits::words(bound)];
        let beyond = words.len() * bits::WORD_BITS as usize - bound;
        if let Some(last) = words.last_mut() {
            *last >>= beyond;
        }
        Self { bound, words }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Takes the numbers out of others, that are kept as bits.
    pub(crate) fn take_from(&self, others: &mut [u64]) {
        for (other, word) in others.iter_mut().zip(&self.words) {
            *other &= !word;
        }
    }

    /// Adds numbers; those not below the bound are left out.
    pub(crate) fn add(&mut self, numbers: &[u32]) {
        if self.words.is_empty() && !numbers.is_empty() {
            self.words = vec![0; bits::words(self.bound)];
        }
        for number in numbers {
            let (word, mask) = bits::place(*number);
            if let Some(word) = self.words.get_mut(word) {
                *word |= mask;
            }
        }
    }

    /// Whether a number was added.
    pub(crate) fn contains(&self, number: u32) -> bool {
        let (word, mask) = bits::place(number);
        self.words.get(word).is_some_and(|word| word & mask != 0)
    }

    /// Calls `visit` with the numbers, ascending.
    pub(crate) fn each(&self, mut visit: impl FnMut(u32)) {
        for (place, word) in self.words.iter().enumerate() {
            bits::each(place, *word, &mut visit);
        }
    }

    /// The numbers, ascending.
    pub(crate) fn ascending(&self) -> Vec<u32> {
        let mut numbers = Vec::new();
        self.each(|number| numbers.push(number));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_below_a_bound_and_no_other() {
        for bound in [0, 1, 63, 64, 65, 130] {
            let all = Numbers::all(bound);
            assert_eq!(all.count() as usize, bound);
            assert_eq!(all.is_empty(), bound == 0);
            assert!((0..200).all(|number| all.contains(number) == ((number as usize) < bound)));
            let mut others = vec![u64::MAX; 3];
            all.take_from(&mut others);
            assert!(
                (0..192).all(|number| (others[number / 64] >> (number % 64) & 1 == 0) == (number < bound))
            );
        }
    }
}
