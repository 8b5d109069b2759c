//! What activation reads of a profile.

use acquaint_core::id::ProfileId;
use acquaint_core::profile::{IdentityMap, Memberships, MergePolicy};
use acquaint_core::value::Fields;
use acquaint_store::ProfileDocument;
use acquaint_store::catalog::version;
use acquaint_store::tables::Read;

use crate::error::Result;
use crate::mapping::Known;

/// A profile, merged.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) id: ProfileId,
    pub(crate) identities: IdentityMap,
    pub(crate) attributes: Fields,
    pub(crate) memberships: Memberships,
}

impl Profile {
    pub(crate) fn of(document: ProfileDocument, policy: &MergePolicy) -> Self {
        Self {
            id: document.id,
            attributes: policy.merge(&document.fragments).into_owned(),
            identities: document.identities,
            memberships: told(document.memberships),
        }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        let Self { id: _, identities, attributes, memberships } = self;
        Known { attributes, identities, memberships }
    }

    pub(crate) fn load(
        store: &(impl Read + ?Sized),
        id: ProfileId,
        policy: &MergePolicy,
    ) -> Result<Option<Self>> {
        Ok(ProfileDocument::load(store, id)?.map(|document| Self::of(document, policy)))
    }
}

/// Without those in rules that are only tried.
fn told(mut memberships: Memberships) -> Memberships {
    memberships.retain(|audience, _| version::of_shadow(audience).is_none());
    memberships
}
