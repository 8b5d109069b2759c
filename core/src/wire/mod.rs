//! Bytes that are stored or shipped: an envelope (magic, kind, format version, length, checksum) around postcard,
//! which is packed for the kinds that are large and travel far.
//! The same value always has the same bytes, natively and in Wasm.

mod datastream;
mod depth;
pub mod envelope;
mod flag;
mod forward;
mod offer;
mod packing;
pub mod signature;

pub use datastream::{
    Access, Datastream, EdgeDestination, EventForwarding, IdentityExchange, Push, PushDestination, Region,
};
pub use envelope::{open, seal};
pub use flag::{Flag, FlagRule, Share};
pub use forward::{Forward, Forwarded, ForwardedConsent, ForwardedEvent, Receipt};
pub use offer::{Cap, Item, Offer, Ranking, Split};

use alloc::vec::Vec;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::id::Position;
use crate::plan::Program;
use crate::profile::{Identity, IdentityMap, Memberships};
use crate::state::State;
use crate::value::Fields;

/// A value that can be stored or shipped.
pub trait Sealed: Serialize + DeserializeOwned {
    /// Tells kinds apart, so that one is never read as another. Unique in the workspace.
    const KIND: u16;
    /// Raised whenever the shape changes.
    const VERSION: u16;
    /// Whether the content is packed: smaller on the way, for some time at either end.
    const PACKED: bool = false;
    /// Room that is made at first, in bytes: for most, so that they do not have to be moved while they grow.
    const EXPECTED_BYTES: usize = 512;
}

/// Why bytes are not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Shorter than the envelope says.
    #[error("{found} bytes are too few: {needed} needed")]
    Truncated {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Not ours, or of another kind.
    #[error("not a value of kind {expected}")]
    Kind {
        /// The kind that was wanted.
        expected: u16,
    },
    /// From another version of the software.
    #[error("format version {found} is unknown; this program reads {known}")]
    Version {
        /// The version of the bytes.
        found: u16,
        /// The version known.
        known: u16,
    },
    /// Longer than allowed.
    #[error("{found} bytes are more than the {max} allowed")]
    TooLong {
        /// How many.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// A bit has flipped.
    #[error("the checksum does not match")]
    Checksum,
    /// The checksum is right and the packed content is not what it states.
    #[error("the packed content does not unpack to the length it states")]
    Packing,
    /// The checksum is right and the content is not: written by a faulty program.
    #[error("the content does not decode")]
    Content,
}

/// What the edge answers from: published by the control plane, the same for every visitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Raised with every publication.
    pub version: u64,
    /// When it was published.
    pub published_ms: i64,
    /// The edge audiences.
    pub program: Program,
    /// Who may call, and what they get.
    pub datastreams: Vec<Datastream>,
    /// Personalization content, best first.
    pub offers: Vec<Offer>,
}

/// The last state of one profile that the control plane sent to the edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Whose.
    pub profile: u64,
    /// The log position it covers: events at or before it are in `state`.
    pub position: Position,
    /// When it was made.
    pub made_ms: i64,
    /// The attributes that edge audiences and destinations read.
    pub attributes: Fields,
    /// All identities.
    pub identities: IdentityMap,
    /// Memberships.
    pub memberships: Memberships,
    /// The state of the edge program's leaves.
    pub state: State,
}

/// Projections on their way to the edge, each under the identity whose Durable Object keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectionBatch {
    /// Identity and projection.
    pub projections: Vec<(Identity, Projection)>,
    /// Identities of people who were erased: everything that is kept under them goes.
    pub forgotten: Vec<Identity>,
}

impl Sealed for Bundle {
    const KIND: u16 = 0x0001;
    const VERSION: u16 = 9;
    const PACKED: bool = true;
}

impl Sealed for Projection {
    const KIND: u16 = 0x0002;
    const VERSION: u16 = 4;
}

impl Sealed for ProjectionBatch {
    const KIND: u16 = 0x0003;
    const VERSION: u16 = 4;
}
