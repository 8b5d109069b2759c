//! Audiences: the rule, how it is evaluated, who is left out.

use serde::{Deserialize, Serialize};

use super::{External, Lifecycle, version};

/// An audience (`pql.md` 2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Audience {
    /// Its id.
    pub id: String,
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The rule.
    pub expression: Expression,
    /// Of an audience whose members come in files; its rule follows from this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    /// How it is evaluated; batch when absent.
    #[serde(default)]
    pub evaluation_info: EvaluationInfo,
    /// Who is left out, whatever the rule says.
    #[serde(default, skip_serializing_if = "DataGovernancePolicy::is_default")]
    pub data_governance_policy: DataGovernancePolicy,
    /// Where it is in its life; published when absent.
    #[serde(default, alias = "lifecycle", skip_serializing_if = "is_default")]
    pub lifecycle_state: Lifecycle,
    /// Its rule's versions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub versions: version::Versions,
    /// When it was made and last changed: milliseconds since the epoch.
    #[serde(default)]
    pub creation_time: i64,
    /// See `creation_time`.
    #[serde(default)]
    pub update_time: i64,
}

/// Who is left out of an audience (`pql.md` section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataGovernancePolicy {
    /// People who have refused that data of them is collected or shared: `consents.collect.val`, `consents.share.val`.
    #[serde(default)]
    pub exclude_opt_out: bool,
}

impl DataGovernancePolicy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The rule of an audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expression {
    /// `PQL`
    #[serde(rename = "type", default = "pql")]
    pub kind: String,
    /// `pql/text`
    #[serde(default = "pql_text")]
    pub format: String,
    /// The text.
    pub value: String,
}

impl Expression {
    /// A rule that is written as text.
    pub fn text(value: String) -> Self {
        Self { kind: pql(), format: pql_text(), value }
    }
}

fn pql() -> String {
    "PQL".into()
}

fn pql_text() -> String {
    "pql/text".into()
}

/// `evaluationInfo`: exactly one is enabled; none means batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationInfo {
    /// Batch.
    #[serde(default)]
    pub batch: Switch,
    /// Streaming.
    #[serde(default)]
    pub continuous: Switch,
    /// Edge (and streaming: what runs at the edge also runs in the engine).
    #[serde(default)]
    pub synchronous: Switch,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// On.
    pub enabled: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
