//! Feature flags, as they are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A feature flag, asked for at the edge by the OpenFeature Remote Evaluation Protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flag {
    /// The key that callers know it by.
    pub id: String,
    /// The datastream that says who may ask, and what a targeting key is.
    pub datastream: String,
    /// On unless said otherwise; off: everybody gets `default`.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The values it can have, by name, all of one type.
    pub variants: BTreeMap<String, serde_json::Value>,
    /// The first whose audience a person is in decides.
    #[serde(default)]
    pub rules: Vec<FlagRule>,
    /// For those whom no rule is for.
    pub default: Serve,
}

/// What the members of an audience get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagRule {
    /// Who.
    pub audience: String,
    /// What.
    pub serve: Serve,
}

/// A variant for all, or a percentage of the people for each of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Serve {
    /// One for all.
    Variant(String),
    /// Variants and percentages, which make 100 together.
    Split(BTreeMap<String, f64>),
}

impl Serve {
    /// The variants it names.
    pub fn variants(&self) -> Vec<&str> {
        match self {
            Self::Variant(variant) => vec![variant],
            Self::Split(shares) => shares.keys().map(String::as_str).collect(),
        }
    }
}

fn yes() -> bool {
    true
}
