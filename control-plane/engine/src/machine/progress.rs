//! How far the engine is: one row, written in the same commit as what it speaks of.

use acquaint_core::id::{LeafId, Position, ProfileId};
use acquaint_core::wire::{self, Sealed};
use acquaint_store::{Read, Table};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Key of the row in `Table::Meta`.
pub(crate) const PROGRESS: &[u8] = b"engine/progress";

/// How far the engine is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The last record that is applied, whole.
    pub position: Position,
    /// The engine's time: the latest `received_ms` so far. Never moves back.
    pub now_ms: i64,
    /// The id of the next new profile.
    pub next_profile: u64,
    /// How many times a projection has become owed to the edge: the serial number of the last debt.
    pub debts: u64,
    /// Fingerprint of the program in force.
    pub program: u64,
    /// Since when it is in force, by the engine's time.
    pub since_ms: i64,
    /// The record that brought it.
    pub since_position: Position,
    /// Profiles that are still on the program before.
    pub backfill: Option<Backfill>,
}

/// A walk over all profiles after a change of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backfill {
    /// The last profile that was visited.
    pub after: Option<ProfileId>,
    /// The leaves that the program before kept folded.
    pub previous: Vec<LeafId>,
    /// Profiles are merged by another policy than before.
    pub merged_anew: bool,
    /// Data is kept for another time than before.
    pub kept_anew: bool,
}

impl Sealed for Progress {
    const KIND: u16 = 0x0201;
    const VERSION: u16 = 2;
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            position: 0,
            now_ms: i64::MIN,
            next_profile: 1,
            debts: 0,
            program: 0,
            since_ms: i64::MIN,
            since_position: 0,
            backfill: None,
        }
    }
}

impl Progress {
    /// As it was last committed; the beginning if it never was.
    pub fn load(tables: &(impl Read + ?Sized)) -> Result<Self> {
        let Some(bytes) = tables.get(Table::Meta, PROGRESS)? else {
            return Ok(Self::default());
        };
        wire::open(&bytes).map_err(|source| Error::damaged(Table::Meta, PROGRESS, source))
    }

    pub(crate) fn seal(&self) -> Result<Vec<u8>> {
        wire::seal(self).map_err(|source| Error::damaged(Table::Meta, PROGRESS, source))
    }
}
