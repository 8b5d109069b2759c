//! The domain: what a profile is made of. Plain data, no behaviour that needs a program.

pub mod consent;
pub mod event;
pub mod fragment;
pub mod graph;
pub mod identity;
pub mod membership;
pub mod merge_policy;

pub use consent::Consent;
pub use event::Event;
pub use fragment::Fragment;
pub use graph::{Graph, Link, LinkKind, Seen};
pub use identity::{Identity, IdentityMap};
pub use membership::{Membership, MembershipChange, Memberships, Status};
pub use merge_policy::{AttributeMerge, MergePolicy};
