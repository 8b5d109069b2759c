//! What a staged rule would change: who would come in, who would leave, who would stay.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Memberships, Status};
use acquaint_store::catalog::version;
use acquaint_store::{ProfileDocument, ProfileStore};
use serde::Serialize;

/// Profiles of one scan step.
const SCAN_ROWS: usize = 1_000;
/// Profiles that are named of each kind.
const SAMPLE_MAX: usize = 10;

/// Profiles of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Moving {
    pub count: u64,
    /// The first of them, by id.
    pub sample: Vec<String>,
}

/// The difference between the rule in force and the staged one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Comparison {
    /// In by both.
    pub staying: u64,
    /// In by the staged one only.
    pub entering: Moving,
    /// In by the one in force only.
    pub leaving: Moving,
}

impl Moving {
    fn add(&mut self, profile: &ProfileDocument) {
        self.count = self.count.saturating_add(1);
        if self.sample.len() < SAMPLE_MAX {
            self.sample.push(profile.id.to_string());
        }
    }
}

/// Compares over all profiles.
pub(crate) fn compare(
    store: &dyn ProfileStore,
    audience: &str,
    staged: u32,
) -> acquaint_store::Result<Comparison> {
    let snapshot = store.snapshot();
    let (in_force, shadow) = (AudienceId::new(audience), version::shadow(audience, staged));
    let mut comparison = Comparison::default();
    let mut after = None;
    loop {
        let profiles = ProfileDocument::scan(&*snapshot, after, SCAN_ROWS)?;
        let Some(last) = profiles.last() else { return Ok(comparison) };
        after = Some(last.id);
        for profile in &profiles {
            match (is_in(&profile.memberships, &in_force), is_in(&profile.memberships, &shadow)) {
                (true, true) => comparison.staying = comparison.staying.saturating_add(1),
                (false, true) => comparison.entering.add(profile),
                (true, false) => comparison.leaving.add(profile),
                (false, false) => {}
            }
        }
    }
}

fn is_in(memberships: &Memberships, audience: &AudienceId) -> bool {
    memberships.get(audience).is_some_and(|membership| membership.status == Status::Realized)
}
