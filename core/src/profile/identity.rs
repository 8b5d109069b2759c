//! Identities: a namespace and a value, and the map of them that a profile or a request carries.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use serde::{Deserialize, Serialize};

/// One identity, for example `ECID` / `81702...` or `household` / `1029`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The namespace's code, for example `ECID`.
    pub namespace: String,
    /// The value within the namespace.
    pub id: String,
}

/// All identities of one profile, by namespace.
pub type IdentityMap = BTreeMap<String, BTreeSet<String>>;
