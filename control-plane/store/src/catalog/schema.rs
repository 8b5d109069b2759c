//! What data looks like and how long it is kept: schemas, identity namespaces, datasets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Labels of fields, by their dotted path; a label of an object is one of what lies in it. `identityMap` and what lies
    /// in it can be labelled too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Vec<String>>,
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
    /// Labels of all that is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
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
