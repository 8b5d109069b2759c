//! Who may send, and how what is sent becomes records.

use serde::{Deserialize, Serialize};

use super::ObjectSource;

/// A source: who may send, and how what it sends becomes records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// The write key of Segment-compatible clients; absent for file sources.
    #[serde(default)]
    pub write_key: Option<String>,
    /// Where its events go.
    #[serde(default)]
    pub event_dataset: Option<String>,
    /// Where its attributes go.
    #[serde(default)]
    pub profile_dataset: Option<String>,
    /// Namespace of `userId` and of `anonymousId`; `userId` and `anonymousId` when absent.
    #[serde(default)]
    pub user_namespace: Option<String>,
    /// See `user_namespace`.
    #[serde(default)]
    pub anonymous_namespace: Option<String>,
    /// Field mappings, applied in order.
    #[serde(default)]
    pub mapping: Vec<Mapping>,
    /// For file sources: the column or path of the event id, the timestamp, the event type.
    #[serde(default)]
    pub event: Option<EventMapping>,
    /// For files, XDM messages and CloudEvents: columns or paths that are identities; in a file the first is the primary
    /// identity.
    #[serde(default)]
    pub identities: Vec<IdentityMapping>,
    /// How much it may send; as much as it likes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Where its files come from by themselves; only those that somebody imports or sends when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<ObjectSource>,
}

/// How much a source may send. Who sends more is asked to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Records a second, in the long run.
    pub per_second: u32,
    /// Records that may come at once after a pause; those of one second when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// One field of the input to one field of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// Path in the input, or absent with `value`.
    #[serde(default)]
    pub from: Option<String>,
    /// A constant.
    #[serde(default)]
    pub value: Option<serde_json::Value>,
    /// Path in the record.
    pub to: String,
}

/// Where a row holds the parts of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventMapping {
    /// Columns that together identify the event, joined with `-`.
    pub id: Vec<String>,
    /// The column of the timestamp.
    pub timestamp: String,
    /// The constant event type.
    pub event_type: String,
}

/// A column that is an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityMapping {
    /// The column.
    pub from: String,
    /// The namespace.
    pub namespace: String,
}
