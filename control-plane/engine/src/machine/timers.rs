//! Timers: what is due is applied at the very instant it was due, before anything later happens.

use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_store::{Read, Table, keys};

use super::order::Part;
use super::progress::Progress;
use super::turn::Turn;
use crate::{Error, Result};

/// The earliest deadline of any profile. The caller appends `Body::Advance` when it has come.
pub fn next_timer(tables: &(impl Read + ?Sized)) -> Result<Option<i64>> {
    // Those before have been applied and deleted, and what is deleted takes time to pass over.
    let from = keys::timer(Progress::load(tables)?.now_ms, ProfileId(0));
    let first = tables.scan(Table::Timers, Bound::Included(&from), Bound::Unbounded, 1)?;
    first.first().map(|(key, _)| Ok(parse(key)?.0)).transpose()
}

impl Turn<'_> {
    /// Applies timers that are due at `until_ms`, earliest first.
    pub(crate) fn apply_timers(&mut self, due: &[(i64, ProfileId)], until_ms: i64) -> Result<()> {
        for (deadline_ms, profile) in due {
            self.order.part = Part::Timer(*deadline_ms, *profile);
            match self.take(*profile)? {
                Some(entry) => {
                    if let Some(entry) = self.settle(entry, until_ms)? {
                        self.put(entry);
                    }
                }
                // Cannot be: a profile and its timer are deleted together. Left alone it would be due for ever.
                None => self.set_timer(*profile, Some(*deadline_ms), None),
            }
        }
        self.order.part = Part::Record;
        Ok(())
    }

    pub(crate) fn set_timer(&mut self, profile: ProfileId, from_ms: Option<i64>, to_ms: Option<i64>) {
        if let Some(deadline_ms) = from_ms {
            self.unit.delete(Table::Timers, keys::timer(deadline_ms, profile));
        }
        if let Some(deadline_ms) = to_ms {
            self.unit.put(Table::Timers, keys::timer(deadline_ms, profile), Vec::new());
        }
        self.cache.moved(profile, from_ms, to_ms);
    }
}

/// Deadline and profile of a key.
pub(super) fn parse(key: &[u8]) -> Result<(i64, ProfileId)> {
    keys::parse_timer(key)
        .ok_or_else(|| Error::damaged(Table::Timers, key, acquaint_core::wire::Error::Content))
}
