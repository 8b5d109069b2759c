//! What activation reads of a profile.

use acquaint_core::id::ProfileId;
use acquaint_core::profile::{IdentityMap, Memberships};
use acquaint_core::value::Fields;
use acquaint_store::ProfileDocument;
use acquaint_store::catalog::version;
use acquaint_store::tables::Read;

use crate::error::Result;
use crate::mapping::Known;
use crate::view::View;

/// A profile, merged.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) id: ProfileId,
    pub(crate) identities: IdentityMap,
    pub(crate) attributes: Fields,
    pub(crate) memberships: Memberships,
}

impl Profile {
    /// As it is at `now_ms`.
    pub(crate) fn of(
        store: &(impl Read + ?Sized),
        document: ProfileDocument,
        view: &View,
        now_ms: i64,
    ) -> Result<Self> {
        let mut attributes = view.merge_policy.merge(&document.fragments).into_owned();
        view.computed.add_to(&mut attributes, store, &document, now_ms)?;
        let ProfileDocument { id, identities, memberships, .. } = document;
        Ok(Self { id, identities, attributes, memberships: told(memberships) })
    }

    pub(crate) fn known(&self) -> Known<'_> {
        let Self { id: _, identities, attributes, memberships } = self;
        Known { attributes, identities, memberships }
    }

    pub(crate) fn load(
        store: &(impl Read + ?Sized),
        id: ProfileId,
        view: &View,
        now_ms: i64,
    ) -> Result<Option<Self>> {
        ProfileDocument::load(store, id)?.map(|document| Self::of(store, document, view, now_ms)).transpose()
    }
}

/// Without those in rules that are only tried.
fn told(mut memberships: Memberships) -> Memberships {
    memberships.retain(|audience, _| version::of_shadow(audience).is_none());
    memberships
}
