//! Where memberships and attributes are sent, and what flows there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ActionRef, FieldMapping};

/// A destination. `kind` decides which of the settings it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// What and where it is.
    pub connection: Connection,
    /// What is done there with what is sent: policies are about that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marketing_actions: Vec<ActionRef>,
}

/// What and where a destination is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Connection {
    /// An HTTP endpoint that gets Standard Webhooks.
    HttpApi {
        /// Where to; `env:NAME` reads it from the environment.
        url: String,
        /// `whsec_...`, or `env:NAME` to read it from the environment.
        secret: String,
        /// Extra headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Loopback and private addresses are refused unless this is set.
        #[serde(default)]
        allow_private_network: bool,
        /// Requests in flight at most.
        #[serde(default = "four")]
        concurrency_max: u32,
    },
    /// CSV files in a folder.
    CsvFile {
        /// The folder; relative to the data directory.
        directory: String,
    },
    /// CSV files in object storage.
    ObjectStorage {
        /// The connection, by id.
        connection: String,
        /// The folder: `s3://bucket/prefix`
        location: String,
    },
    /// The edge itself: memberships in `activation:pull`.
    CustomPersonalization {
        /// The datastream it answers on.
        datastream: String,
        /// `alias`
        alias: String,
    },
    /// A cookie of the page that names the audiences the visitor is in: `activation:push`.
    Cookie {
        /// The datastream it answers on.
        datastream: String,
        /// The cookie's name.
        name: String,
        /// Its domain; absent: the page's host alone.
        #[serde(default)]
        domain: Option<String>,
        /// How long it lives.
        #[serde(default = "thirty")]
        ttl_days: u32,
    },
    /// An image that the page requests for each audience the visitor is in: `activation:push`.
    Url {
        /// The datastream it answers on.
        datastream: String,
        /// Where; `{audience}` and `{ecid}` stand for the audience and the visitor.
        url: String,
        /// Whether the request hides the page's address.
        #[serde(default)]
        hide_referrer: bool,
        /// For how long it is not requested again for the same visitor and audience; 0: always.
        #[serde(default)]
        ttl_minutes: u32,
    },
}

impl Connection {
    /// The datastream it answers on, for those that the edge itself serves.
    pub fn datastream(&self) -> Option<&str> {
        match self {
            Self::CustomPersonalization { datastream, .. }
            | Self::Cookie { datastream, .. }
            | Self::Url { datastream, .. } => Some(datastream),
            Self::HttpApi { .. } | Self::CsvFile { .. } | Self::ObjectStorage { .. } => None,
        }
    }

    /// The connection to object storage that it goes through.
    pub fn storage(&self) -> Option<&str> {
        match self {
            Self::ObjectStorage { connection, .. } => Some(connection),
            Self::HttpApi { .. }
            | Self::CsvFile { .. }
            | Self::CustomPersonalization { .. }
            | Self::Cookie { .. }
            | Self::Url { .. } => None,
        }
    }
}

fn thirty() -> u32 {
    30
}

fn four() -> u32 {
    4
}

/// A dataflow: which audiences go to which destination, with which fields, when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dataflow {
    /// Its id.
    pub id: String,
    /// Where to.
    pub destination: String,
    /// Which audiences.
    pub audiences: Vec<String>,
    /// Profile paths and calculated fields to destination names.
    #[serde(default)]
    pub mapping: Vec<FieldMapping>,
    /// Purposes, by their path under `consents` (`share`, `marketing.email`): who has not consented to all of them is not
    /// sent, and who takes it back is sent as having left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<String>,
    /// What is done with what is sent, besides what its destination says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marketing_actions: Vec<ActionRef>,
    /// For file destinations; streaming destinations have none.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// On unless said otherwise.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// When files are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// Five-field cron, UTC; absent: on demand only.
    #[serde(default)]
    pub cron: Option<String>,
    /// Everybody, or what changed since the last file.
    #[serde(default)]
    pub export: Export,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Export {
    /// Every member.
    #[default]
    Full,
    /// What changed since the last file; the first is a back-fill.
    Incremental,
}

fn yes() -> bool {
    true
}
