//! What travels in the logs.

use acquaint_core::id::{AudienceId, DatasetId, Position, ProfileId};
use acquaint_core::profile::{Event, Identity, IdentityMap, MembershipChange};
use acquaint_core::value::Fields;
use acquaint_core::wire::Sealed;
use serde::{Deserialize, Serialize};

/// One accepted record. The engine's time is `received_ms`, so a replay decides the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was accepted: milliseconds since the epoch, UTC.
    pub received_ms: i64,
    /// What it says.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// A person did something.
    Event {
        /// Where it belongs.
        dataset: DatasetId,
        /// Who did it; the first is the primary identity.
        identities: Vec<Identity>,
        /// What.
        event: Event,
        /// The region of the edge that it came from, which wants the projection of its primary identity back; absent: it
        /// came another way.
        from_edge: Option<String>,
    },
    /// Attributes of a person.
    Upsert {
        /// The producer's id of the message, for deduplication; absent for rows of files, which may come again.
        message: Option<String>,
        /// Where they belong.
        dataset: DatasetId,
        /// Whose they are; the first is the primary identity.
        identities: Vec<Identity>,
        /// The attributes; `Null` removes one.
        attributes: Fields,
    },
    /// Two or more identities belong to one person.
    Link {
        /// The producer's id of the message, for deduplication.
        message: Option<String>,
        /// Which.
        identities: Vec<Identity>,
    },
    /// Identities are not of one person after all: every link between two of them is taken back, or every link of it if
    /// there is only one.
    Unlink {
        /// The producer's id of the message, for deduplication.
        message: Option<String>,
        /// Which.
        identities: Vec<Identity>,
        /// Who said so, as the API names its callers.
        who: String,
    },
    /// A person is to be erased: everybody who has one of the identities.
    Erase {
        /// The request ([`crate::erasure`]).
        request: String,
        /// Which.
        identities: Vec<Identity>,
    },
    /// There was a record of somebody who was erased.
    Erased,
    /// The catalogue has changed: from here on the definitions of this version are in force.
    Catalog {
        /// The catalogue's version.
        version: u64,
    },
    /// Time has passed: apply the deadlines due at `received_ms`.
    Advance,
    /// A batch job has decided memberships of one profile.
    Decided {
        /// The job.
        job: String,
        /// The profile.
        profile: ProfileId,
        /// The instant for which it was evaluated.
        evaluated_ms: i64,
        /// In or out, for audiences whose mode is batch.
        answers: Vec<(AudienceId, bool)>,
    },
}

impl Body {
    /// The producer's id of the message, by which it is applied once.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Event { event, .. } => Some(&event.id),
            Self::Upsert { message, .. } | Self::Link { message, .. } | Self::Unlink { message, .. } => {
                message.as_deref()
            }
            Self::Erase { .. }
            | Self::Erased
            | Self::Catalog { .. }
            | Self::Advance
            | Self::Decided { .. } => None,
        }
    }
}

/// One change of a profile that a destination may have to hear of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Whose.
    pub profile: ProfileId,
    /// The position of the record that caused it.
    pub position: Position,
    /// Its identities at that moment, so that an exit can be sent for a profile that is gone.
    pub identities: IdentityMap,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// A membership.
    Membership(MembershipChange),
    /// Attributes or identities.
    Profile,
    /// The profile was merged into another and is gone.
    Merged {
        /// The survivor.
        into: ProfileId,
    },
    /// The profile is gone: nothing is known of it any more.
    Gone,
}

impl Sealed for Record {
    const KIND: u16 = 0x0101;
    const VERSION: u16 = 4;
}

impl Sealed for Change {
    const KIND: u16 = 0x0102;
    const VERSION: u16 = 2;
}
