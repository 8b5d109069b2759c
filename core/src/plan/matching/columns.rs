//! The columns of all tests of the fields of one object.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use super::ask::Ask;
use super::bits::WORD_BITS;
use super::column::Column;
use super::paths::Paths;
use crate::plan::normalise;
use crate::value::Fields;

/// Tests while they are gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    by_path: BTreeMap<Vec<String>, Asks>,
}

/// The tests of one field, each once.
#[derive(Debug, Default)]
struct Asks {
    list: Vec<Ask>,
    numbers: BTreeMap<Vec<u8>, u32>,
}

/// The columns, one after another in words.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    paths: Paths,
    /// The first word of each, and it.
    columns: Vec<(u32, Column)>,
    words: u32,
}

impl Gathered {
    /// Adds a test.
    pub(crate) fn add(&mut self, path: Vec<String>, ask: Ask) {
        let asks = self.by_path.entry(path).or_default();
        let next = u32::try_from(asks.list.len()).unwrap_or(u32::MAX);
        if *asks.numbers.entry(normalise::bytes(&ask)).or_insert(next) == next {
            asks.list.push(ask);
        }
    }

    /// The columns.
    pub(crate) fn columns(&self) -> Columns {
        let (mut columns, mut words) = (Vec::new(), 0);
        for asks in self.by_path.values() {
            let column = Column::new(&asks.list);
            let first = words;
            words += u32::try_from(column.words()).unwrap_or(0);
            columns.push((first, column));
        }
        Columns { paths: Paths::new(self.by_path.keys().cloned().collect()), columns, words }
    }

    /// The bit of a test, and the chance that it is set.
    pub(crate) fn bit(&self, columns: &Columns, path: &Vec<String>, ask: &Ask) -> Option<(u32, f32)> {
        let place = *self.by_path.get(path)?.numbers.get(&normalise::bytes(ask))?;
        let number = self.by_path.range::<Vec<String>, _>(..path).count();
        let (first, column) = columns.columns.get(number)?;
        Some((first * WORD_BITS + place, column.chance(place)))
    }
}

impl Columns {
    /// Words of all columns.
    pub(crate) fn words(&self) -> u32 {
        self.words
    }

    /// The first word of each column.
    pub(crate) fn starts(&self) -> impl Iterator<Item = u32> {
        self.columns.iter().map(|(first, _)| *first)
    }

    /// Adds the answers for all fields to the words.
    pub(crate) fn answer(&self, fields: &Fields, words: &[Cell<u64>]) {
        self.paths.each(fields, &mut |number, value| {
            if let Some((first, column)) = self.columns.get(number as usize) {
                column.answer(value, words.get(*first as usize..).unwrap_or(&[]));
            }
        });
    }

    /// Adds the answers for the field of one column.
    pub(crate) fn answer_one(&self, number: u32, fields: &Fields, words: &[Cell<u64>]) {
        if let Some(value) = self.paths.find(number, fields)
            && let Some((first, column)) = self.columns.get(number as usize)
        {
            column.answer(&value, words.get(*first as usize..).unwrap_or(&[]));
        }
    }
}
