//! The catalogue: every definition a person can make, as it is written in configuration files and sent to the API.
//! Plain data with JSON names; what a definition does is the business of the room that uses it.

pub mod calculated;
pub mod computed;
pub mod definition;
mod edge;
pub mod external;
mod field_mapping;
mod flag;
mod lifecycle;
pub mod store;
pub mod version;

use std::collections::BTreeMap;

use acquaint_core::profile::MergePolicy;
use serde::{Deserialize, Serialize};

pub use computed::ComputedAttribute;
pub use definition::{Definition, Kind};
pub use edge::{Access, Cap, Datastream, EventForwarding, IdentityExchange, Offer, OfferItem, Split};
pub use external::External;
pub use field_mapping::{FIELD_SOURCES, FieldMapping, FieldSource};
pub use flag::{Flag, FlagRule, Serve};
pub use lifecycle::Lifecycle;
pub use store::{Action, Audit, Edit};

/// All definitions in force, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Raised by every change.
    pub version: u64,
    /// JSON Schemas (XDM style) by id.
    pub schemas: BTreeMap<String, Schema>,
    /// Identity namespaces by code.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Datasets by id.
    pub datasets: BTreeMap<String, Dataset>,
    /// Sources (write keys) by id.
    pub sources: BTreeMap<String, Source>,
    /// The merge policy; `TimestampOrdered` with stitching when absent.
    pub merge_policy: Option<MergePolicy>,
    /// Computed attributes by id.
    #[serde(default, rename = "computedAttributes")]
    pub computed_attributes: BTreeMap<String, ComputedAttribute>,
    /// When pseudonymous profiles go; never when absent.
    #[serde(default)]
    pub pseudonymous_expiry: Option<PseudonymousExpiry>,
    /// Audiences by id.
    pub audiences: BTreeMap<String, Audience>,
    /// Personalization offers by id.
    pub offers: BTreeMap<String, Offer>,
    /// Feature flags by key.
    #[serde(default)]
    pub flags: BTreeMap<String, Flag>,
    /// Datastreams by id.
    pub datastreams: BTreeMap<String, Datastream>,
    /// Destinations by id.
    pub destinations: BTreeMap<String, Destination>,
    /// Dataflows by id.
    pub dataflows: BTreeMap<String, Dataflow>,
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SchemaClass {
    /// Attributes of a person.
    Profile,
    /// Experience events.
    Event,
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schema {
    /// Its id.
    pub id: String,
    /// What it describes.
    pub class: SchemaClass,
    /// Standard field groups that it has, by name; their fields are beside its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub field_groups: Vec<String>,
    /// `properties` of a JSON Schema: nested `type`, `format`, `items`, `properties`, `additionalProperties`.
    #[serde(default)]
    pub properties: serde_json::Map<String, serde_json::Value>,
    /// Whether there may be other fields too, of which nothing is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub additional_properties: bool,
}

/// The kind of an identity namespace, in order of priority (`pql.md` section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the kinds")]
pub enum NamespaceKind {
    CrossDevice,
    Email,
    Phone,
    Device,
    Cookie,
    Partner,
}

/// An identity namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// Its code, for example `ECID`.
    pub id: String,
    /// Its kind; `type` in a document, where `kind` says that it is a namespace.
    #[serde(rename = "type")]
    pub kind: NamespaceKind,
    /// At most one identity of this namespace in one profile.
    #[serde(default)]
    pub unique: bool,
    /// Its priority among namespaces of the same class (people, devices, cookies, partners): 1 is the highest. Those
    /// without one come last, in the order of their kinds. A device or cookie never outranks a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Values that stand for "none", besides those that always do (`null`, `unknown`, `0000` ...): they identify nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// Profiles with such an identity are projected to the edge under it, before they are ever seen there.
    #[serde(default)]
    pub edge: bool,
}

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dataset {
    /// Its id.
    pub id: String,
    /// The schema its records follow.
    pub schema: String,
    /// Days that its events are kept from their timestamp, or its attributes from their last update; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_days: Option<u32>,
}

/// When people go who were only ever seen under pseudonyms (`pql.md` section 5): everything that is known of them, once
/// nothing has been heard of them for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PseudonymousExpiry {
    /// A profile with any identity outside these namespaces stays.
    pub namespaces: Vec<String>,
    /// Days without an event or a record. Memberships that change are no activity.
    pub inactive_days: u32,
}

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

fn yes() -> bool {
    true
}

/// A destination. `kind` decides which of the settings it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// What and where it is.
    pub connection: Connection,
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
            Self::HttpApi { .. } | Self::CsvFile { .. } => None,
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
