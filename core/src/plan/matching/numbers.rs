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
