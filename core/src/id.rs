//! Identifiers. Each kind is its own type, so that one cannot be passed for another.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is; whoever reads it from outside has validated it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    };
}

text_id!(
    /// An audience, as it appears in `segmentMembership.ups` and in `inSegment("...")`.
    AudienceId
);
text_id!(
    /// A dataset: the unit of provenance of profile fragments and events.
    DatasetId
);
text_id!(
    /// A destination definition.
    DestinationId
);
text_id!(
    /// A dataflow: destination + audiences + mapping + schedule.
    DataflowId
);

/// A profile inside one control plane. Allocated in order by the engine; never shown as an identity to destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileId(pub u64);

impl ProfileId {
    /// Reads what is displayed: 16 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// The identity of a leaf: a hash of its normal form, so that equal leaves of different audiences are one, and a
/// changed definition keeps the state of the leaves it kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeafId(pub u128);

/// The identity of what is kept of a profile's events for all leaves that ask for the same events: a hash of their
/// predicate, of the value kept of each, and of whether their ids are kept too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub u128);

/// A place in a log: records are numbered from 1, without gaps. 0 is "before the first record".
pub type Position = u64;
