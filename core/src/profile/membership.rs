//! Memberships: which audiences a profile is in, and since when (`pql.md` 2.4).

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::AudienceId;

/// Whether the profile is in the audience. `existing` is only ever said by an export, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In, since `since_ms`.
    Realized,
    /// Was in; left at `since_ms`.
    Exited,
}

/// The stored membership of one profile in one audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// In or out.
    pub status: Status,
    /// `lastQualificationTime`: when the status was last changed. Milliseconds since the epoch, UTC.
    pub since_ms: i64,
}

/// Memberships of one profile. An audience it never was in is absent.
pub type Memberships = BTreeMap<AudienceId, Membership>;

/// A membership that changed, for the log and for destinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipChange {
    /// Which audience.
    pub audience: AudienceId,
    /// The new status.
    pub status: Status,
    /// When it was entered or left.
    pub at_ms: i64,
}
