//! A census of the profiles: how many are in each audience, and how large the largest are. One scan counts everything, and
//! is kept until the engine has moved on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use acquaint_core::id::Position;
use acquaint_core::profile::{Status, identity};
use acquaint_store::catalog::{Catalog, version};
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

/// What there is of profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    /// Members.
    pub audiences: Counts,
    /// Profiles.
    pub profiles: u64,
    /// Identities of the profile that has most.
    pub identities_max: usize,
    /// Stored events of the profile that has most.
    pub events_max: u32,
    /// Bytes of the largest profile, without its events.
    pub profile_bytes_max: usize,
}

/// The last census, and the engine's position it is of.
#[derive(Debug, Default)]
pub(crate) struct CountsCache(Mutex<Option<(Position, Arc<Census>)>>);

impl CountsCache {
    /// The census as of the engine's position, which the caller has just read; of none if there is no knowing.
    pub(crate) fn get(
        &self,
        store: &dyn ProfileStore,
        catalog: &Catalog,
        as_of: Option<Position>,
    ) -> acquaint_store::Result<Arc<Census>> {
        let Some(position) = as_of else { return Ok(Arc::new(count(store, catalog)?)) };
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, census)) = &*cached
            && *of == position
        {
            return Ok(Arc::clone(census));
        }
        let census = Arc::new(count(store, catalog)?);
        *cached = Some((position, Arc::clone(&census)));
        Ok(census)
    }
}

/// Counts now, whoever has counted before.
pub(crate) fn count(store: &dyn ProfileStore, catalog: &Catalog) -> acquaint_store::Result<Census> {
    let snapshot = store.snapshot();
    let mut census = Census::default();
    let mut after = None;
    loop {
        let profiles = ProfileDocument::scan_sized(&*snapshot, after, SCAN_ROWS)?;
        for (profile, bytes) in &profiles {
            census.add(profile, *bytes, catalog);
        }
        let Some((last, _)) = profiles.last() else { return Ok(census) };
        after = Some(last.id);
    }
}

impl Census {
    fn add(&mut self, profile: &ProfileDocument, bytes: usize, catalog: &Catalog) {
        self.profiles = self.profiles.saturating_add(1);
        self.identities_max = self.identities_max.max(identity::count(&profile.identities));
        self.events_max = self.events_max.max(profile.events);
        self.profile_bytes_max = self.profile_bytes_max.max(bytes);
        for (audience, membership) in &version::visible(&profile.memberships, catalog) {
            let count = self.audiences.entry(audience.as_str().to_owned()).or_default();
            let counter = match membership.status {
                Status::Realized => &mut count.realized,
                Status::Exited => &mut count.exited,
            };
            *counter = counter.saturating_add(1);
        }
    }
}
