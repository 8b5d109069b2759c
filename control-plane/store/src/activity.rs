//! What every event changes of a profile, in a row of its own: most events change nothing else of it, and its document is
//! long. Until the document is written again the row says more than it.

use std::ops::Bound;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::wire::{self, Sealed};
use serde::{Deserialize, Serialize};

use crate::keys;
use crate::profile_document::ProfileDocument;
use crate::tables::{Read, Row, Table};
use crate::{Error, Result};

/// The value of `Table::Activity`, under the key of the profile: what is not in the document of a profile that has been
/// active since that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Since which edition of the document: of any other it says nothing.
    edition: u64,
    events: u32,
    events_end_ms: Option<i64>,
    active_ms: i64,
    position: Position,
}

impl Sealed for Activity {
    const KIND: u16 = 0x0109;
    const VERSION: u16 = 1;
    const EXPECTED_BYTES: usize = 64;
}

impl Activity {
    /// Of a profile as it is.
    pub fn of(document: &ProfileDocument) -> Self {
        let ProfileDocument { edition, events, events_end_ms, active_ms, position, .. } = *document;
        Self { edition, events, events_end_ms, active_ms, position }
    }

    /// Its row.
    pub fn to_row(&self, id: ProfileId) -> Result<Row> {
        let key = keys::profile(id);
        let value = wire::seal(self).map_err(|source| damaged(&key, source))?;
        Ok((key, value))
    }

    fn from_row(key: &[u8], value: &[u8]) -> Result<(ProfileId, Self)> {
        let id = keys::parse_profile(key).ok_or_else(|| damaged(key, wire::Error::Content))?;
        Ok((id, wire::open(value).map_err(|source| damaged(key, source))?))
    }

    /// Of the profile of that id. Whoever reads both while others write reads this first: then the document is of its
    /// edition or of a later one.
    pub(crate) fn load(tables: &(impl Read + ?Sized), id: ProfileId) -> Result<Option<Self>> {
        let key = keys::profile(id);
        let value = tables.get(Table::Activity, &key)?;
        value.map(|value| Ok(Self::from_row(&key, &value)?.1)).transpose()
    }

    /// At least of the first `limit` profiles from a key on, by id.
    pub(crate) fn scan(
        tables: &(impl Read + ?Sized),
        from: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(ProfileId, Self)>> {
        let rows = tables.scan(Table::Activity, from, Bound::Unbounded, limit)?;
        rows.iter().map(|(key, value)| Self::from_row(key, value)).collect()
    }

    /// Brings a document up to it, unless that was written since.
    pub(crate) fn bring_up(self, document: &mut ProfileDocument) {
        let Self { edition, events, events_end_ms, active_ms, position } = self;
        if edition == document.edition {
            document.events = events;
            document.events_end_ms = events_end_ms;
            document.active_ms = active_ms;
            document.position = position;
        }
    }
}

fn damaged(key: &[u8], source: wire::Error) -> Error {
    Error::Damaged { place: Table::Activity.place(key), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedded, ProfileStore, WriteBatch};

    fn document(id: u64, edition: u64, events: u32) -> ProfileDocument {
        ProfileDocument { edition, events, active_ms: 7, ..ProfileDocument::new(ProfileId(id), 1) }
    }

    #[test]
    fn a_profile_is_read_as_of_its_latest_row() {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        let put = |table, (key, value)| (table, key, Some(value));
        let active = |document: ProfileDocument| {
            put(Table::Activity, Activity::of(&document).to_row(document.id).unwrap())
        };
        let written = |document: ProfileDocument| put(Table::Profiles, document.to_row().unwrap());
        let writes = vec![
            written(document(1, 3, 5)),
            active(document(1, 3, 6)),
            written(document(2, 3, 5)),
            active(document(2, 2, 4)),
            written(document(3, 3, 5)),
            written(document(4, 3, 5)),
            active(document(4, 3, 8)),
        ];
        store.commit(WriteBatch { writes, ..WriteBatch::default() }, false).unwrap();
        let expected = [document(1, 3, 6), document(2, 3, 5), document(3, 3, 5), document(4, 3, 8)];
        for profile in &expected {
            assert_eq!(ProfileDocument::load(&store, profile.id).unwrap().as_ref(), Some(profile));
        }
        assert_eq!(ProfileDocument::scan(&store, None, 9).unwrap(), expected);
        assert_eq!(ProfileDocument::scan(&store, Some(ProfileId(2)), 2).unwrap(), expected[2..]);
        assert_eq!(ProfileDocument::scan(&store, None, 1).unwrap(), expected[..1]);
    }
}
