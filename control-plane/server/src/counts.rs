//! How many profiles are in each audience: one scan counts all audiences, and is kept until the engine has moved on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::Status;
use acquaint_store::{ProfileDocument, ProfileStore};
use serde::Serialize;

/// Profiles of one scan step.
const SCAN_ROWS: usize = 1_000;

/// The members of one audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    /// In.
    pub realized: u64,
    /// Was in.
    pub exited: u64,
}

/// By audience.
pub(crate) type Counts = BTreeMap<String, Count>;

/// The last counts, and the engine's position they are of.
#[derive(Debug, Default)]
pub(crate) struct CountsCache(Mutex<Option<(Position, Arc<Counts>)>>);

impl CountsCache {
    /// The counts as of the engine's position, which the caller has just read; of none if there is no knowing.
    pub(crate) fn get(
        &self,
        store: &dyn ProfileStore,
        as_of: Option<Position>,
    ) -> acquaint_store::Result<Arc<Counts>> {
        let Some(position) = as_of else { return Ok(Arc::new(count(store)?)) };
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, counts)) = &*cached
            && *of == position
        {
            return Ok(Arc::clone(counts));
        }
        let counts = Arc::new(count(store)?);
        *cached = Some((position, Arc::clone(&counts)));
        Ok(counts)
    }
}

fn count(store: &dyn ProfileStore) -> acquaint_store::Result<Counts> {
    let snapshot = store.snapshot();
    let mut counts = Counts::new();
    let mut after: Option<ProfileId> = None;
    loop {
        let profiles = ProfileDocument::scan(&*snapshot, after, SCAN_ROWS)?;
        let Some(last) = profiles.last() else { return Ok(counts) };
        after = Some(last.id);
        for (audience, membership) in profiles.iter().flat_map(|profile| &profile.memberships) {
            let count = counts.entry(audience.as_str().to_owned()).or_default();
            let counter = match membership.status {
                Status::Realized => &mut count.realized,
                Status::Exited => &mut count.exited,
            };
            *counter = counter.saturating_add(1);
        }
    }
}
