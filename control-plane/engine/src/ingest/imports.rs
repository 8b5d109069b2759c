//! Imports of files: how far each is. What is noted of an import is written together with the rows it speaks of, so an
//! import that broke off goes on behind the last row that is durable: none is missing, none is there twice.

use std::ops::Bound;

use acquaint_core::id::Position;
use acquaint_store::keys::Key;
use acquaint_store::{ProfileStore, Read, Row, Table, WriteBatch};
use serde::{Deserialize, Serialize};

use super::objects::Object;
use super::uploads::Upload;
use crate::{Error, Result};

/// An import of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// `import-` and its number.
    pub id: String,
    /// The source whose rows they are.
    pub source: String,
    /// The file, as whoever imports it names it.
    pub file: String,
    /// What tells whether it is the same file, and is read in the same way, when it comes again.
    pub digest: String,
    /// Whether it is over.
    pub status: Status,
    /// When it began: milliseconds since the epoch, UTC.
    pub created_ms: i64,
    /// When its last rows came.
    pub updated_ms: i64,
    /// How far it is, and what became of the rows.
    pub counts: Counts,
    /// Of an upload to an external audience: what else there is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Upload>,
    /// Of an import from object storage: what it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
}

/// Whether an import is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// More rows are to come.
    Open,
    /// The file has no more, and whom it did not name is being taken out.
    Closing,
    /// The file has no more.
    Complete,
    /// Another upload of the same audience began before this one was complete.
    Superseded,
    /// It cannot go on by itself.
    Failed,
}

/// Rows of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Rows of the file that are dealt with, from its first.
    pub rows: u64,
    /// Those that are in the log.
    pub accepted: u64,
    /// Those whose event was there before.
    pub duplicates: u64,
    /// Those in quarantine.
    pub refused: u64,
}

/// What may become of a step of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The rows follow those that are there.
    Next(Box<Import>),
    /// They do not: this many rows are there.
    Elsewhere(u64),
    /// No more rows are taken.
    Over(Status),
    /// There is no such import.
    Unknown,
}

impl Import {
    /// What writes down so many more rows, provided that it still is what it was.
    ///
    /// # Errors
    ///
    /// None in practice: an import is always JSON.
    pub fn advanced(&self, by: Counts, status: Status, now_ms: i64) -> Result<WriteBatch> {
        let Counts { rows, accepted, duplicates, refused } = self.counts;
        let counts = Counts {
            rows: rows.saturating_add(by.rows),
            accepted: accepted.saturating_add(by.accepted),
            duplicates: duplicates.saturating_add(by.duplicates),
            refused: refused.saturating_add(by.refused),
        };
        let object = self.object.clone().map(Object::well);
        self.written(&Self { counts, status, object, updated_ms: now_ms, ..self.clone() })
    }

    /// What writes down that all rows of a full upload are there, before this end of the log.
    ///
    /// # Errors
    ///
    /// As [`Self::advanced`].
    pub fn closing(&self, rows_end: Position, now_ms: i64) -> Result<WriteBatch> {
        let upload = self.upload.clone().map(|upload| Upload { rows_end: Some(rows_end), ..upload });
        self.written(&Self { status: Status::Closing, upload, updated_ms: now_ms, ..self.clone() })
    }

    /// With so many more whom a full upload took out.
    #[must_use]
    pub fn with_left(&self, more: u64, now_ms: i64) -> Self {
        let upload = self.upload.clone();
        let upload = upload.map(|upload| Upload { left: upload.left.saturating_add(more), ..upload });
        Self { upload, updated_ms: now_ms, ..self.clone() }
    }

    /// What writes down what has become of it, provided that it still is what it was.
    ///
    /// # Errors
    ///
    /// As [`Self::advanced`].
    pub fn written(&self, after: &Self) -> Result<WriteBatch> {
        Ok(WriteBatch {
            writes: vec![(Table::Imports, key(&self.id)?, Some(after.bytes()?))],
            expected: vec![(Table::Imports, key(&self.id)?, Some(self.bytes()?))],
            ..WriteBatch::default()
        })
    }

    /// The external audience, of an upload.
    pub fn audience(&self) -> Option<&str> {
        self.upload.as_ref().map(|upload| upload.audience.as_str())
    }

    /// One behind those that there were.
    pub(super) fn new(
        known: &[Self],
        source: &str,
        (file, digest): (&str, &str),
        upload: Option<Upload>,
        now_ms: i64,
    ) -> Self {
        let last = known.last().and_then(|last| number(&last.id)).unwrap_or_default();
        Self {
            id: format!("import-{}", last.saturating_add(1)),
            source: source.to_owned(),
            file: file.to_owned(),
            digest: digest.to_owned(),
            status: Status::Open,
            created_ms: now_ms,
            updated_ms: now_ms,
            counts: Counts::default(),
            upload,
            object: None,
        }
    }

    /// What writes down a new one, provided that no other has its number.
    pub(super) fn begun(&self) -> Result<WriteBatch> {
        let key = key(&self.id)?;
        Ok(WriteBatch {
            writes: vec![(Table::Imports, key.clone(), Some(self.bytes()?))],
            expected: vec![(Table::Imports, key, None)],
            ..WriteBatch::default()
        })
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|_| damaged(self.id.as_bytes()))
    }
}

/// The import of a file: the one of the same file that is still open, or a new one.
///
/// # Errors
///
/// A conflict if another import begins at the same instant; ask again.
pub fn begin(
    store: &(impl ProfileStore + ?Sized),
    source: &str,
    file: &str,
    digest: &str,
    now_ms: i64,
) -> Result<Import> {
    let known = list(store)?;
    let is_same = |import: &&Import| {
        import.status == Status::Open
            && import.object.is_none()
            && import.source == source
            && import.digest == digest
    };
    if let Some(open) = known.iter().find(is_same) {
        return Ok(open.clone());
    }
    let import = Import::new(&known, source, (file, digest), None, now_ms);
    store.commit(import.begun()?, true)?;
    Ok(import)
}

/// Judges a step whose first row is the `from`th behind the file's beginning.
pub fn step(tables: &(impl Read + ?Sized), id: &str, from: u64) -> Result<Step> {
    Ok(match load(tables, id)? {
        None => Step::Unknown,
        Some(import) if import.status != Status::Open => Step::Over(import.status),
        Some(import) if import.counts.rows == from => Step::Next(Box::new(import)),
        Some(import) => Step::Elsewhere(import.counts.rows),
    })
}

/// One import.
pub fn load(tables: &(impl Read + ?Sized), id: &str) -> Result<Option<Import>> {
    let Ok(key) = key(id) else { return Ok(None) };
    let found = tables.get(Table::Imports, &key)?;
    found.map(|value| open(&(key, value))).transpose()
}

/// All imports, in the order in which they began.
pub fn list(tables: &(impl Read + ?Sized)) -> Result<Vec<Import>> {
    tables.scan(Table::Imports, Bound::Unbounded, Bound::Unbounded, usize::MAX)?.iter().map(open).collect()
}

fn open((key, value): &Row) -> Result<Import> {
    serde_json::from_slice(value).map_err(|_| damaged(key))
}

fn key(id: &str) -> Result<Vec<u8>> {
    number(id).map(|number| Key::new().u64(number).into_bytes()).ok_or_else(|| damaged(id.as_bytes()))
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("import-")?.parse().ok()
}

fn damaged(key: &[u8]) -> Error {
    Error::damaged(Table::Imports, key, acquaint_core::wire::Error::Content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryStore;

    #[test]
    fn a_file_that_comes_again_goes_on_where_it_was_until_it_is_complete() {
        let store = MemoryStore::default();
        let first = begin(&store, "people", "a.csv", "1", 5).unwrap();
        assert_eq!((first.id.as_str(), first.counts), ("import-1", Counts::default()));
        assert_eq!(begin(&store, "people", "b.csv", "2", 6).unwrap().id, "import-2");
        assert_eq!(begin(&store, "others", "a.csv", "1", 6).unwrap().id, "import-3");

        let by = Counts { rows: 3, accepted: 2, refused: 1, duplicates: 0 };
        store.commit(first.advanced(by, Status::Open, 7).unwrap(), true).unwrap();
        let again = begin(&store, "people", "a.csv", "1", 8).unwrap();
        assert_eq!((again.id.as_str(), again.counts, again.updated_ms), ("import-1", by, 7));

        store.commit(again.advanced(Counts::default(), Status::Complete, 9).unwrap(), true).unwrap();
        assert_eq!(begin(&store, "people", "a.csv", "1", 10).unwrap().id, "import-4");
    }

    #[test]
    fn rows_are_taken_only_behind_those_that_are_there() {
        let store = MemoryStore::default();
        let import = begin(&store, "people", "a.csv", "1", 5).unwrap();
        let by = Counts { rows: 2, accepted: 2, ..Counts::default() };
        let batch = || import.advanced(by, Status::Open, 7).unwrap();
        store.commit(batch(), true).unwrap();
        assert_eq!(step(&store, "import-1", 0).unwrap(), Step::Elsewhere(2));
        assert!(matches!(step(&store, "import-1", 2).unwrap(), Step::Next(_)));
        assert_eq!(step(&store, "import-9", 0).unwrap(), Step::Unknown);
        assert_eq!(step(&store, "\0", 0).unwrap(), Step::Unknown);
        // What another call has moved on meanwhile is not moved on by this one too.
        assert!(matches!(store.commit(batch(), true), Err(acquaint_store::Error::Conflict { .. })));
    }
}
