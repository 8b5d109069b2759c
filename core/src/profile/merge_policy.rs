//! Fragments, and the policy by which they become one profile (`pql.md` section 5).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::id::DatasetId;
use crate::value::Fields;

/// The attributes that one dataset holds for one primary identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Where the attributes came from.
    pub dataset: DatasetId,
    /// The primary identity they were sent for.
    pub identity: Identity,
    /// When they were last written: milliseconds since the epoch, UTC.
    pub updated_ms: i64,
    /// The attributes.
    pub attributes: Fields,
}

/// How one value is chosen when fragments disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum AttributeMerge {
    /// The newest fragment that has the attribute wins; ties go to the later dataset id.
    TimestampOrdered,
    /// The first dataset of the list that has the attribute wins; unlisted datasets come last, newest first.
    DataSetPrecedence {
        /// Highest precedence first.
        order: Vec<DatasetId>,
    },
}

/// A merge policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MergePolicy {
    /// How attributes are merged.
    pub attribute_merge: AttributeMerge,
    /// Whether fragments of linked identities are joined (`pdg`) or not (`none`).
    pub stitch: bool,
}
