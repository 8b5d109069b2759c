//! The planner: consumes membership, attribute and identity changes, and turns them into desired state. Its position
//! is committed with the rows it leads to, so a crash repeats nothing and skips nothing.

mod changes;
mod flows;
mod jobs;

use std::collections::BTreeMap;

use acquaint_core::id::Position;
use acquaint_core::wire::Sealed;
use acquaint_store::Table;
use acquaint_store::tables::Read;
use serde::{Deserialize, Serialize};

pub(crate) use changes::{Ground, Now, apply};
pub(crate) use flows::{KnownFlow, changed};
pub(crate) use jobs::{Job, work};

use crate::error::Result;
use crate::ledger::book;

/// Where the planner's progress is kept.
pub(crate) const PROGRESS_KEY: &[u8] = b"activation/progress";

/// How far the planner has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The last change it has consumed.
    pub(crate) position: Position,
    /// The last sequence it has given.
    pub(crate) sequence: u64,
    /// The dataflows for which it plans.
    pub(crate) flows: BTreeMap<String, KnownFlow>,
    /// What changed dataflows still ask for, in order.
    pub(crate) jobs: Vec<Job>,
}

impl Sealed for Progress {
    const KIND: u16 = 0x0303;
    const VERSION: u16 = 3;
}

impl Progress {
    pub(crate) fn load(store: &(impl Read + ?Sized)) -> Result<Self> {
        let value = store.get(Table::Meta, PROGRESS_KEY)?;
        value.map_or_else(|| Ok(Self::default()), |value| book::open(Table::Meta, PROGRESS_KEY, &value))
    }

    pub(crate) fn to_row(&self) -> Result<(Table, Vec<u8>, Option<Vec<u8>>)> {
        let value = book::seal(Table::Meta, PROGRESS_KEY, self)?;
        Ok((Table::Meta, PROGRESS_KEY.to_vec(), Some(value)))
    }

    /// The next sequence, if it will be needed.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.saturating_add(1)
    }
}
