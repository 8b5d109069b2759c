//! Memberships: which audiences a profile is in, and since when (`pql.md` 2.4).

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::id::AudienceId;
use crate::time::format_instant;

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

impl Status {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realized => "realized",
            Self::Exited => "exited",
        }
    }
}

impl Membership {
    /// `{"status": "realized", "lastQualificationTime": "..."}`
    pub fn to_json(self) -> Json {
        json!({ "lastQualificationTime": format_instant(self.since_ms), "status": self.status.as_str() })
    }
}

/// The change that makes a stored membership agree with an answer, if it does not.
pub fn decide(
    audience: &AudienceId,
    stored: Option<&Membership>,
    answer: bool,
    at_ms: i64,
) -> Option<MembershipChange> {
    let was_in = stored.is_some_and(|membership| membership.status == Status::Realized);
    let status = match (was_in, answer) {
        (false, true) => Status::Realized,
        (true, false) => Status::Exited,
        (false, false) | (true, true) => return None,
    };
    Some(MembershipChange { audience: audience.clone(), status, at_ms })
}

/// Writes a change into the memberships.
pub fn apply(memberships: &mut Memberships, change: &MembershipChange) {
    let membership = Membership { status: change.status, since_ms: change.at_ms };
    memberships.insert(change.audience.clone(), membership);
}

/// Drops memberships that were left before an instant.
pub fn forget_exited(memberships: &mut Memberships, before_ms: i64) {
    memberships
        .retain(|_, membership| membership.status == Status::Realized || membership.since_ms >= before_ms);
}

/// The audiences the profile is in.
pub fn realized(memberships: &Memberships) -> impl Iterator<Item = &AudienceId> {
    memberships
        .iter()
        .filter(|(_, membership)| membership.status == Status::Realized)
        .map(|(audience, _)| audience)
}

/// `{"ups": {"<audience>": {"status": "realized", "lastQualificationTime": "..."}}}`
pub fn segment_membership_to_json(memberships: &Memberships) -> Json {
    let items: serde_json::Map<_, _> = memberships
        .iter()
        .map(|(audience, membership)| (audience.as_str().into(), membership.to_json()))
        .collect();
    json!({ "ups": items })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn only_a_change_is_a_change() {
        let audience = AudienceId::from("a");
        let mut memberships = Memberships::new();
        let mut changes = Vec::new();
        for (at_ms, answer) in [(1, false), (2, true), (3, true), (4, false), (5, false), (6, true)] {
            if let Some(change) = decide(&audience, memberships.get(&audience), answer, at_ms) {
                apply(&mut memberships, &change);
                changes.push((change.at_ms, change.status));
            }
        }
        assert_eq!(changes, [(2, Status::Realized), (4, Status::Exited), (6, Status::Realized)]);
        assert_eq!(realized(&memberships).collect::<Vec<_>>(), [&audience]);
    }

    #[test]
    fn memberships_are_written_as_clients_read_them() {
        let memberships = Memberships::from([
            ("a".into(), Membership { status: Status::Realized, since_ms: 0 }),
            ("b".into(), Membership { status: Status::Exited, since_ms: 1 }),
        ]);
        assert_eq!(
            segment_membership_to_json(&memberships),
            json!({"ups": {
                "a": {"status": "realized", "lastQualificationTime": "1970-01-01T00:00:00.000Z"},
                "b": {"status": "exited", "lastQualificationTime": "1970-01-01T00:00:00.001Z"},
            }})
        );
    }

    #[test]
    fn old_exits_are_forgotten_and_members_are_not() {
        let mut memberships = Memberships::from([
            ("in".into(), Membership { status: Status::Realized, since_ms: 0 }),
            ("old".into(), Membership { status: Status::Exited, since_ms: 1 }),
            ("new".into(), Membership { status: Status::Exited, since_ms: 2 }),
        ]);
        forget_exited(&mut memberships, 2);
        assert_eq!(memberships.keys().map(AudienceId::as_str).collect::<Vec<_>>(), ["in", "new"]);
    }
}
