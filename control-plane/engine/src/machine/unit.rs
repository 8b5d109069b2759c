//! One unit of work: writes that are not committed yet, and reads that see them.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use acquaint_store::{Read, Result, Row, Rows, Table, Topic, WriteBatch};

/// Pending writes over a store, and between the two what is on its way into it.
pub(crate) struct Unit<'a> {
    store: &'a (dyn Read + Sync),
    on_the_way: Option<&'a Rows>,
    pending: Rows,
}

impl<'a> Unit<'a> {
    pub(crate) fn new(store: &'a (dyn Read + Sync), on_the_way: Option<&'a Rows>) -> Self {
        Self { store, on_the_way, pending: BTreeMap::new() }
    }

    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.pending.entry(table).or_default().insert(key, Some(value));
    }

    pub(crate) fn put_row(&mut self, table: Table, (key, value): Row) {
        self.put(table, key, value);
    }

    pub(crate) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.pending.entry(table).or_default().insert(key, None);
    }

    /// Rows of one table in the order of their keys.
    pub(crate) fn put_rows(&mut self, table: Table, rows: Vec<Row>) {
        let mut rows = rows.into_iter().map(|(key, value)| (key, Some(value))).collect();
        self.pending.entry(table).or_default().append(&mut rows);
    }

    /// Takes over what is pending in another unit, which wins.
    pub(crate) fn absorb(&mut self, pending: Rows) {
        for (table, mut rows) in pending {
            self.pending.entry(table).or_default().append(&mut rows);
        }
    }

    /// What is pending: the value of a key, or that it is deleted.
    pub(crate) fn pending(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        Some(self.pending.get(&table)?.get(key)?.as_deref())
    }

    /// Everything that is pending.
    pub(crate) fn into_pending(self) -> Rows {
        self.pending
    }

    /// What there is to commit, with changes to tell. Its rows are shared, to be read until that is done.
    pub(crate) fn into_batch(self, told: impl Iterator<Item = Vec<u8>>) -> WriteBatch {
        let appends = told.map(|change| (Topic::Changes, change)).collect();
        WriteBatch { shared: Arc::new(self.pending), appends, ..WriteBatch::default() }
    }

    /// The writes that the store may not know yet, the latest first.
    fn unknown(&self) -> impl DoubleEndedIterator<Item = &Rows> {
        std::iter::once(&self.pending).chain(self.on_the_way)
    }
}

impl Read for Unit<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.unknown().find_map(|writes| writes.get(&table)?.get(key)) {
            Some(pending) => Ok(pending.clone()),
            None => self.store.get(table, key),
        }
    }

    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        let rows = self.unknown().rev().filter_map(|writes| writes.get(&table));
        let pending: BTreeMap<_, _> = rows.flat_map(|rows| rows.range::<[u8], _>((from, to))).collect();
        if pending.is_empty() {
            return self.store.scan(table, from, to, limit);
        }
        // Enough of the stored rows that `limit` are left even if every pending deletion strikes one of them.
        let deleted = pending.values().filter(|value| value.is_none()).count();
        let stored = self.store.scan(table, from, to, limit.saturating_add(deleted))?;
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = stored.into_iter().collect();
        for (key, value) in pending {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(limit).collect())
    }
}
