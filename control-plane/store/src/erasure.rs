//! Requests to erase a person, and how far each is. While one is under way its row names the person; when it is completed
//! nothing but numbers is left of it.

use std::collections::BTreeSet;
use std::ops::Bound;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Sealed};
use serde::{Deserialize, Serialize};

use crate::tables::{Read, Row, Table};
use crate::{Error, Result};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Its id, given by the API.
    pub id: String,
    /// Who asked, as the API names its callers.
    pub who: String,
    /// When: milliseconds since the epoch, UTC.
    pub requested_ms: i64,
    /// When nothing was left of the person.
    pub completed_ms: Option<i64>,
    /// How far it is.
    pub stage: Stage,
    /// What was erased so far.
    pub erased: Counts,
}

/// How far a request is. Every stage can be begun again after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The engine has not come to it yet.
    Requested,
    /// The engine knows the person no more: profile, events, identities, links and timers are gone. The edge and the
    /// destinations are being told, and traces in logs, quarantine and ledger are still there.
    Forgotten(Person),
    /// No row and no record names the person; files may still hold bytes of what was there.
    Scrubbed,
    /// Nothing is left.
    Completed,
}

/// Who is to be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Every identity.
    pub identities: BTreeSet<Identity>,
    /// The profiles there were.
    pub profiles: BTreeSet<ProfileId>,
    /// The record that asked for it: what came in later is of somebody new.
    pub position: Position,
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Profiles.
    pub profiles: u64,
    /// Identities.
    pub identities: u64,
    /// Records of the log.
    pub records: u64,
    /// Changes of the log.
    pub changes: u64,
    /// Refused records.
    pub quarantined: u64,
    /// Rows of the ledger.
    pub ledger: u64,
}

impl Sealed for Erasure {
    const KIND: u16 = 0x0107;
    const VERSION: u16 = 1;
}

impl Erasure {
    /// Its row.
    pub fn to_row(&self) -> Result<Row> {
        let key = self.id.clone().into_bytes();
        let value = wire::seal(self).map_err(|source| damaged(&key, source))?;
        Ok((key, value))
    }

    /// The request of that id.
    pub fn load(tables: &(impl Read + ?Sized), id: &str) -> Result<Option<Self>> {
        if id.is_empty() {
            return Ok(None);
        }
        let value = tables.get(Table::Erasures, id.as_bytes())?;
        value.map(|value| wire::open(&value).map_err(|source| damaged(id.as_bytes(), source))).transpose()
    }

    /// All requests, oldest first.
    pub fn list(tables: &(impl Read + ?Sized)) -> Result<Vec<Self>> {
        let rows = tables.scan(Table::Erasures, Bound::Unbounded, Bound::Unbounded, usize::MAX)?;
        let open = |(key, value): &Row| wire::open(value).map_err(|source| damaged(key, source));
        let mut all: Vec<Self> = rows.iter().map(open).collect::<Result<_>>()?;
        all.sort_by(|left, right| (left.requested_ms, &left.id).cmp(&(right.requested_ms, &right.id)));
        Ok(all)
    }
}

fn damaged(key: &[u8], source: wire::Error) -> Error {
    Error::Damaged { place: Table::Erasures.place(key), source }
}
