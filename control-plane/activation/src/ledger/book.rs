//! Reading and writing the ledger: rows, what is due, and dead letters, always together in one atomic batch.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::wire::{self, Sealed};
use acquaint_store::keys::prefixed;
use acquaint_store::tables::Read;
use acquaint_store::{Table, WriteBatch};

use super::decide::obligation;
use super::keys::of_profile;
use super::{DeadLetter, Entry, Key, Kind};
use crate::error::Result;

/// Opens the value of a row.
pub(crate) fn open<T: Sealed>(table: Table, key: &[u8], value: &[u8]) -> Result<T> {
    wire::open(value).map_err(|source| damaged(table, key, source))
}

/// Seals the value of a row.
pub(crate) fn seal<T: Sealed>(table: Table, key: &[u8], value: &T) -> Result<Vec<u8>> {
    wire::seal(value).map_err(|source| damaged(table, key, source))
}

/// Opens a record of the log of changes.
pub(crate) fn open_record<T: Sealed>(position: Position, payload: &[u8]) -> Result<T> {
    let place = || format!("changes/{position}");
    wire::open(payload).map_err(|source| acquaint_store::Error::Damaged { place: place(), source }.into())
}

/// A key that cannot be taken apart.
pub(crate) fn misplaced(table: Table, key: &[u8]) -> crate::Error {
    damaged(table, key, wire::Error::Content)
}

fn damaged(table: Table, key: &[u8], source: wire::Error) -> crate::Error {
    acquaint_store::Error::Damaged { place: table.place(key), source }.into()
}

/// One row.
pub(crate) fn read(store: &(impl Read + ?Sized), key: &Key) -> Result<Option<Entry>> {
    let bytes = key.ledger();
    store.get(Table::Ledger, &bytes)?.map(|value| open(Table::Ledger, &bytes, &value)).transpose()
}

/// Up to `limit` rows whose keys begin with `prefix`, after `after`.
pub(crate) fn scan(
    store: &(impl Read + ?Sized),
    prefix: &[u8],
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Key, Entry)>> {
    let mut end = Vec::new();
    let (from, to) = prefixed(prefix, &mut end);
    let after = after.map(Key::ledger);
    let from = after.as_deref().map_or(from, Bound::Excluded);
    let mut rows = Vec::new();
    for (bytes, value) in store.scan(Table::Ledger, from, to, limit)? {
        let key = Key::parse_ledger(&bytes).ok_or_else(|| misplaced(Table::Ledger, &bytes))?;
        rows.push((key, open(Table::Ledger, &bytes, &value)?));
    }
    Ok(rows)
}

#[derive(Debug)]
struct Slot {
    before: Option<Entry>,
    after: Option<Entry>,
}

/// Changes in the making: what has been written is what is read.
pub(crate) struct Draft<'a> {
    store: &'a dyn Read,
    slots: BTreeMap<Key, Slot>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(store: &'a dyn Read) -> Self {
        Self { store, slots: BTreeMap::new() }
    }

    /// The row as it will be.
    pub(crate) fn get(&mut self, key: &Key) -> Result<Option<&Entry>> {
        if !self.slots.contains_key(key) {
            let before = read(self.store, key)?;
            self.slots.insert(key.clone(), Slot { after: before.clone(), before });
        }
        Ok(self.slots.get(key).and_then(|slot| slot.after.as_ref()))
    }

    /// Every key of a profile in a dataflow.
    pub(crate) fn keys_of_profile(&mut self, dataflow: &str, profile: ProfileId) -> Result<BTreeSet<Key>> {
        let prefix = of_profile(dataflow, profile);
        let mut keys = BTreeSet::new();
        for (key, entry) in scan(self.store, &prefix, None, usize::MAX)? {
            self.slots
                .entry(key.clone())
                .or_insert_with(|| Slot { before: Some(entry.clone()), after: Some(entry) });
            keys.insert(key);
        }
        let ours = |key: &&Key| key.dataflow == dataflow && key.profile == profile;
        keys.extend(self.slots.keys().filter(ours).cloned());
        Ok(keys)
    }

    /// Changes the row.
    pub(crate) fn put(&mut self, key: &Key, entry: Entry) -> Result<()> {
        self.set(key, Some(entry))
    }

    /// Takes the row away.
    pub(crate) fn remove(&mut self, key: &Key) -> Result<()> {
        self.set(key, None)
    }

    fn set(&mut self, key: &Key, after: Option<Entry>) -> Result<()> {
        self.get(key)?;
        if let Some(slot) = self.slots.get_mut(key) {
            slot.after = after;
        }
        Ok(())
    }

    /// The writes, and the dataflows that have something due.
    pub(crate) fn finish(self) -> Result<(WriteBatch, BTreeSet<String>)> {
        let mut batch = WriteBatch::default();
        let mut due = BTreeSet::new();
        for (key, slot) in &self.slots {
            if slot.before == slot.after {
                continue;
            }
            stage(&mut batch, key, slot.before.as_ref(), slot.after.as_ref())?;
            if slot.after.as_ref().is_some_and(|entry| entry.next_attempt_ms.is_some()) {
                due.insert(key.dataflow.clone());
            }
        }
        Ok((batch, due))
    }
}

fn stage(batch: &mut WriteBatch, key: &Key, before: Option<&Entry>, after: Option<&Entry>) -> Result<()> {
    let row = key.ledger();
    let value = after.map(|entry| seal(Table::Ledger, &row, entry)).transpose()?;
    batch.writes.push((Table::Ledger, row, value));

    let due_before = before.and_then(|entry| entry.next_attempt_ms);
    let due_after = after.and_then(|entry| entry.next_attempt_ms);
    if due_before != due_after {
        if let Some(at_ms) = due_before {
            batch.writes.push((Table::Due, key.due(at_ms), None));
        }
        if let Some(at_ms) = due_after {
            batch.writes.push((Table::Due, key.due(at_ms), Some(Vec::new())));
        }
    }

    let dead_before = before.and_then(|entry| entry.dead);
    let dead_after = after.and_then(|entry| Some((entry.dead?, entry)));
    if dead_before != dead_after.map(|(sequence, _)| sequence) {
        if let Some(sequence) = dead_before {
            batch.writes.push((Table::DeadLetters, key.letter(sequence), None));
        }
        if let Some((sequence, entry)) = dead_after {
            let row = key.letter(sequence);
            let value = seal(Table::DeadLetters, &row, &letter(entry))?;
            batch.writes.push((Table::DeadLetters, row, Some(value)));
        }
    }
    Ok(())
}

fn letter(entry: &Entry) -> DeadLetter {
    DeadLetter {
        kind: obligation(entry).map_or(Kind::Exited, |sending| sending.kind),
        attempts: entry.attempts,
        reason: entry.last_error.clone().unwrap_or_default(),
    }
}
