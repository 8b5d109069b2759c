//! Object storage: how it is reached, and which of its files belong to a source.

use serde::{Deserialize, Serialize};

/// A connection to object storage: a definition of the kind `connection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectStorage {
    /// Its id.
    pub id: String,
    /// Which protocol it speaks.
    #[serde(rename = "type")]
    pub protocol: Protocol,
    /// Where it is, for example `https://minio.example.com:9000`; Amazon's own address of the region when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    #[serde(default = "first_region")]
    pub region: String,
    /// Who asks, or `env:NAME`; requests are not signed when absent, which public buckets allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The secret that requests are signed with, or `env:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,
    /// The token of temporary credentials, or `env:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// Whether the bucket is part of the path (`host/bucket/key`) instead of the host; if it is not said, it is wherever an
    /// `endpoint` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
    /// Loopback and private addresses, and http, are refused unless this is set.
    #[serde(default)]
    pub allow_private_network: bool,
}

/// A protocol of object storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// That of Amazon S3, which MinIO, R2, Ceph, SeaweedFS and the interoperable side of Google Cloud Storage speak too.
    S3,
}

/// Where the files of a source lie, and when to look for new ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectSource {
    /// The connection, by id.
    pub connection: String,
    /// `s3://bucket/prefix`
    pub location: String,
    /// When to look: five-field cron, UTC.
    pub cron: String,
}

fn first_region() -> String {
    "us-east-1".into()
}
