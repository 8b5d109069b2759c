//! The catalogue: every definition a person can make, as it is written in configuration files and sent to the API.
//! Plain data with JSON names; what a definition does is the business of the room that uses it.

mod audience;
pub mod calculated;
pub mod computed;
pub mod definition;
mod destination;
mod edge;
pub mod external;
mod field_mapping;
mod flag;
pub mod governance;
mod lifecycle;
mod object_storage;
mod schema;
mod source;
pub mod store;
pub mod version;

use std::collections::BTreeMap;

use acquaint_core::profile::MergePolicy;
use serde::{Deserialize, Serialize};

pub use audience::{Audience, DataGovernancePolicy, EvaluationInfo, Expression, Switch};
pub use computed::ComputedAttribute;
pub use definition::{Definition, Kind};
pub use destination::{Connection, Dataflow, Destination, Export, Schedule};
pub use edge::{Access, Cap, Datastream, EventForwarding, IdentityExchange, Offer, OfferItem, Region, Split};
pub use external::External;
pub use field_mapping::{FIELD_SOURCES, FieldMapping, FieldSource};
pub use flag::{Flag, FlagRule, Serve};
pub use governance::{ActionRef, Label, MarketingAction, Policy};
pub use lifecycle::Lifecycle;
pub use object_storage::{ObjectSource, ObjectStorage, Protocol};
pub use schema::{Dataset, Namespace, NamespaceKind, PseudonymousExpiry, Schema, SchemaClass};
pub use source::{EventMapping, IdentityMapping, Mapping, RateLimit, Source};
pub use store::{Action, Audit, Edit};

/// All definitions in force, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Raised by every change.
    pub version: u64,
    /// Labels of one's own, by name.
    #[serde(default)]
    pub labels: BTreeMap<String, Label>,
    /// Marketing actions of one's own, by name.
    #[serde(default, rename = "marketingActions")]
    pub marketing_actions: BTreeMap<String, MarketingAction>,
    /// What data may not be used for, by id.
    #[serde(default)]
    pub policies: BTreeMap<String, Policy>,
    /// JSON Schemas (XDM style) by id.
    pub schemas: BTreeMap<String, Schema>,
    /// Identity namespaces by code.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Datasets by id.
    pub datasets: BTreeMap<String, Dataset>,
    /// Connections to object storage by id.
    #[serde(default)]
    pub connections: BTreeMap<String, ObjectStorage>,
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
