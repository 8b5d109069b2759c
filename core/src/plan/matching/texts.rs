//! From a text to a number: open addressing over constants that never change once it is built.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Of a slot in which nothing is.
const EMPTY: u32 = u32::MAX;

/// The look-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// Texts and their numbers.
    entries: Vec<(Box<str>, u32)>,
    /// A power of two of them, at least twice as many as entries.
    slots: Vec<u32>,
}

impl Texts {
    /// The first of texts that are said twice counts.
    pub(crate) fn new(entries: Vec<(Box<str>, u32)>) -> Self {
        if entries.is_empty() {
            return Self::default();
        }
        let mut slots = vec![EMPTY; entries.len().saturating_mul(2).next_power_of_two()];
        for ((text, _), number) in entries.iter().zip(0..) {
            let mut place = hash(text.as_bytes()) & (slots.len() - 1);
            while slots.get(place).is_some_and(|slot| *slot != EMPTY) {
                place = (place + 1) & (slots.len() - 1);
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = number;
            }
        }
        Self { entries, slots }
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of a text.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let last = self.slots.len().checked_sub(1)?;
        let mut place = hash(text.as_bytes()) & last;
        loop {
            let (known, number) = self.entries.get(*self.slots.get(place)? as usize)?;
            if **known == *text {
                return Some(*number);
            }
            place = (place + 1) & last;
        }
    }
}

/// Only constants are put in, so nobody outside can make it slow.
#[inline]
fn hash(bytes: &[u8]) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut state = bytes.len() as u64;
    for chunk in chunks {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(*chunk)).wrapping_mul(ODD);
    }
    let tail = rest.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte));
    state = (state.rotate_left(5) ^ tail).wrapping_mul(ODD);
    // The upper bits of a product are the mixed ones.
    usize::try_from(state >> 40).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        for count in [0, 1, 2, 3, 1_000] {
            let entries = (0..count).map(|number| (format!("text number {number}").into(), number)).collect();
            let texts = Texts::new(entries);
            for number in 0..count {
                assert_eq!(texts.find(&format!("text number {number}")), Some(number));
            }
            assert_eq!(texts.find("text number"), None);
            assert_eq!(texts.find(""), None);
        }
    }
}
