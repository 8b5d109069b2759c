//! Rows of answers: a bit for each test, each row of answers kept once.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::ask::Ask;
use super::bits;

/// The rows.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    width: usize,
    words: Vec<u64>,
}

/// Rows while they are made.
pub(crate) struct RowSet<'a> {
    asks: &'a [Ask],
    rows: Rows,
    known: BTreeMap<Vec<u64>, u32>,
}

impl<'a> RowSet<'a> {
    pub(crate) fn new(asks: &'a [Ask]) -> Self {
        let rows = Rows { width: bits::words(asks.len()), words: Vec::new() };
        Self { asks, rows, known: BTreeMap::new() }
    }

    /// The number of the row of these answers.
    pub(crate) fn add(&mut self, answer: impl Fn(&Ask) -> bool) -> u32 {
        self.add_numbered(|_, ask| answer(ask))
    }

    /// As [`Self::add`]; answers are asked for with the number of the test.
    pub(crate) fn add_numbered(&mut self, answer: impl Fn(usize, &Ask) -> bool) -> u32 {
        let mut row = vec![0; self.rows.width];
        for ((number, ask), bit) in self.asks.iter().enumerate().zip(0..) {
            let (word, mask) = bits::place(bit);
            if let Some(word) = row.get_mut(word)
                && answer(number, ask)
            {
                *word |= mask;
            }
        }
        self.number(row)
    }

    /// The number of a row that is as a known one, except perhaps for some tests.
    pub(crate) fn add_changed(&mut self, known: u32, changed: &[u32], answer: impl Fn(&Ask) -> bool) -> u32 {
        let mut row = self.rows.get(known).to_vec();
        for number in changed {
            let (word, mask) = bits::place(*number);
            if let (Some(word), Some(ask)) = (row.get_mut(word), self.asks.get(*number as usize)) {
                *word = if answer(ask) { *word | mask } else { *word & !mask };
            }
        }
        self.number(row)
    }

    fn number(&mut self, row: Vec<u64>) -> u32 {
        let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        if let Some(number) = self.known.get(&row) {
            return *number;
        }
        self.rows.words.extend(&row);
        self.known.insert(row, next);
        next
    }

    pub(crate) fn finish(self) -> Rows {
        self.rows
    }
}

impl Rows {
    /// The words of a row.
    #[inline]
    pub(crate) fn get(&self, row: u32) -> &[u64] {
        let start = row as usize * self.width;
        self.words.get(start..start + self.width).unwrap_or(&[])
    }

    /// Words of one row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }
}
