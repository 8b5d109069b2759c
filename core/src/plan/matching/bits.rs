//! Bits in words.

use core::cell::Cell;

/// Bits of one word.
pub(crate) const WORD_BITS: u32 = u64::BITS;

/// The word of a bit, and the bit in it.
pub(crate) fn place(bit: u32) -> (usize, u64) {
    ((bit / WORD_BITS) as usize, 1 << (bit % WORD_BITS))
}

/// Words for so many bits.
pub(crate) fn words(bits: usize) -> usize {
    bits.div_ceil(WORD_BITS as usize)
}

/// Whether a bit is set.
#[inline]
pub(crate) fn is_set(bits: &[Cell<u64>], bit: u32) -> bool {
    let (word, mask) = place(bit);
    bits.get(word).is_some_and(|word| word.get() & mask != 0)
}

/// Sets a bit; whether it was not set before.
#[inline]
pub(crate) fn set(bits: &[Cell<u64>], bit: u32) -> bool {
    let (word, mask) = place(bit);
    let Some(word) = bits.get(word) else { return false };
    let before = word.replace(word.get() | mask);
    before & mask == 0
}

/// Calls `visit` with every bit that is set in the word at a place, ascending.
#[inline]
pub(crate) fn each(word: usize, mut value: u64, mut visit: impl FnMut(u32)) {
    let first = u32::try_from(word).unwrap_or(0).saturating_mul(WORD_BITS);
    while value != 0 {
        visit(first + value.trailing_zeros());
        value &= value - 1;
    }
}
