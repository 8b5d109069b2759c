//! After a change of the program every profile is visited, some in each step; one that a record touches first is
//! migrated by that. Both do it as of the instant the program came into force, so it makes no difference which.

use std::ops::Bound;

use acquaint_store::{Read, Table, keys};

use super::turn::Turn;
use crate::{Error, Result};

/// Profiles migrated in one step.
pub(crate) const BACKFILL_CHUNK: usize = 500;

impl Turn<'_> {
    /// Visits the next `limit` profiles; returns how many there were.
    pub(crate) fn backfill(&mut self, limit: usize) -> Result<usize> {
        let Some(backfill) = &self.progress.backfill else { return Ok(0) };
        let after = backfill.after.map(keys::profile);
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.unit.scan(Table::Profiles, from, Bound::Unbounded, limit)?;
        let mut last = None;
        for (key, _) in &rows {
            let id = keys::parse_profile(key)
                .ok_or_else(|| Error::damaged(Table::Profiles, key, acquaint_core::wire::Error::Content))?;
            if let Some(entry) = self.take(id)?
                && let Some(entry) = self.settle(entry, self.progress.now_ms)?
            {
                self.put(entry);
            }
            last = Some(id);
        }
        if rows.len() < limit {
            self.progress.backfill = None;
        } else if let Some(backfill) = &mut self.progress.backfill {
            backfill.after = last;
        }
        Ok(rows.len().max(1))
    }
}
