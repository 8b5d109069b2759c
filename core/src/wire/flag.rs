//! Feature flags, for those who ask by the OpenFeature Remote Evaluation Protocol.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::AudienceId;
use crate::value::Value;

/// One flag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// What callers know it by.
    pub key: String,
    /// False: everybody gets what nobody's rule gives.
    pub enabled: bool,
    /// The values it can have, by name.
    pub variants: Vec<(String, Value)>,
    /// The first whose audience a person is in decides.
    pub rules: Vec<FlagRule>,
    /// For those whom no rule is for.
    pub otherwise: Vec<Share>,
}

/// What the members of an audience get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagRule {
    /// Who.
    pub audience: AudienceId,
    /// What.
    pub serve: Vec<Share>,
}

/// A variant for a part of the people. Shares are in order, and the last ends at 10,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The variant.
    pub variant: String,
    /// Those numbered below this, in hundredths of a percent, and not below the end of the share before.
    pub to: u16,
}
