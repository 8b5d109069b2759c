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

    /// The numbers, ascending.
    pub(crate) fn ascending(&self) -> Vec<u32> {
        let mut numbers = Vec::new();
        for (place, word) in self.words.iter().enumerate() {
            bits::each(place, *word, |number| numbers.push(number));
        }
        numbers
    }
}
