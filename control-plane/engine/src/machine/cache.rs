//! What the engine keeps decoded between records: profiles with their merged attributes, and whose identities are.

use std::collections::BTreeSet;

use acquaint_core::eval::Slice;
use acquaint_core::id::ProfileId;
use acquaint_core::profile::{IdentityMap, MergePolicy};
use acquaint_core::value::Fields;
use acquaint_store::ProfileDocument;

use super::generations::Generations;
use super::upcoming::Upcoming;

/// Profiles kept decoded.
const PROFILES_MAX: usize = 100_000;
/// Identities kept.
const IDENTITIES_MAX: usize = 400_000;

static NOTHING: Fields = Fields::new();

/// One profile, ready for work.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) document: ProfileDocument,
    /// The merged attributes, if they are not those of the only fragment.
    merged: Option<Fields>,
    /// The deadline under which `Table::Timers` has it.
    pub(crate) timer_ms: Option<i64>,
}

impl Entry {
    pub(crate) fn new(document: ProfileDocument, policy: &MergePolicy) -> Self {
        let timer_ms = document.deadline_ms;
        let mut entry = Self { document, merged: None, timer_ms };
        entry.merge(policy);
        entry
    }

    /// To be called whenever the fragments or the policy have changed.
    pub(crate) fn merge(&mut self, policy: &MergePolicy) {
        self.merged = match self.document.fragments.as_slice() {
            [] | [_] => None,
            several => Some(policy.merge(several).into_owned()),
        };
    }

    fn attributes(&self) -> &Fields {
        match (&self.merged, self.document.fragments.as_slice()) {
            (Some(merged), _) => merged,
            (None, [only]) => &only.attributes,
            (None, _) => &NOTHING,
        }
    }

    /// What evaluation looks at.
    pub(crate) fn slice(&self) -> Slice<'_> {
        Slice {
            attributes: self.attributes(),
            identities: &self.document.identities,
            memberships: &self.document.memberships,
            state: &self.document.state,
        }
    }

    pub(crate) fn identities(&self) -> &IdentityMap {
        &self.document.identities
    }
}

/// Everything kept.
pub(crate) struct Cache {
    pub(crate) profiles: Generations<ProfileId, Entry>,
    /// By key of `Table::Identities`.
    pub(crate) identities: Generations<Vec<u8>, ProfileId>,
    /// Profiles that differ from what is stored.
    pub(crate) dirty: BTreeSet<ProfileId>,
    pub(crate) upcoming: Upcoming,
}

impl Cache {
    /// Nothing yet. All timers before this instant were applied.
    pub(crate) fn new(now_ms: i64) -> Self {
        Self {
            profiles: Generations::new(PROFILES_MAX),
            identities: Generations::new(IDENTITIES_MAX),
            dirty: BTreeSet::new(),
            upcoming: Upcoming::from(now_ms),
        }
    }

    /// Everything is written: what was not used lately may go.
    pub(crate) fn committed(&mut self) {
        self.dirty.clear();
        self.profiles.age();
        self.identities.age();
    }
}
