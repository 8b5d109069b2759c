//! One definition of any kind, so that configuration files, the API and the store treat them alike.

use std::collections::BTreeMap;
use std::fmt;

use acquaint_core::profile::MergePolicy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Audience, Catalog, ComputedAttribute, Dataflow, Dataset, Datastream, Destination, Flag, Label,
    MarketingAction, Namespace, ObjectStorage, Offer, Policy, PseudonymousExpiry, Schema, Source,
};

/// The kinds of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the kinds")]
pub enum Kind {
    Label,
    MarketingAction,
    Policy,
    Schema,
    Namespace,
    Dataset,
    Connection,
    Source,
    MergePolicy,
    ComputedAttribute,
    PseudonymousExpiry,
    Audience,
    Offer,
    Datastream,
    Flag,
    Destination,
    Dataflow,
}

impl Kind {
    /// Every kind; what a definition may refer to comes before it.
    pub const ALL: [Self; 17] = [
        Self::Label,
        Self::MarketingAction,
        Self::Policy,
        Self::Schema,
        Self::Namespace,
        Self::Dataset,
        Self::Connection,
        Self::Source,
        Self::MergePolicy,
        Self::ComputedAttribute,
        Self::PseudonymousExpiry,
        Self::Audience,
        Self::Offer,
        Self::Datastream,
        Self::Flag,
        Self::Destination,
        Self::Dataflow,
    ];

    /// Its name in files, in the API and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::MarketingAction => "marketingAction",
            Self::Policy => "policy",
            Self::Schema => "schema",
            Self::Namespace => "namespace",
            Self::Dataset => "dataset",
            Self::Connection => "connection",
            Self::Source => "source",
            Self::MergePolicy => "mergePolicy",
            Self::ComputedAttribute => "computedAttribute",
            Self::PseudonymousExpiry => "pseudonymousExpiry",
            Self::Audience => "audience",
            Self::Offer => "offer",
            Self::Datastream => "datastream",
            Self::Flag => "flag",
            Self::Destination => "destination",
            Self::Dataflow => "dataflow",
        }
    }

    /// What many of it are called in a catalogue.
    pub fn plural(self) -> String {
        match self.name().strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{}s", self.name()),
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The id of what there is one of: the merge policy, the expiry of pseudonymous profiles.
pub const ONLY_ID: &str = "default";

/// One definition.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the kinds")]
pub enum Definition {
    Label(Label),
    MarketingAction(MarketingAction),
    Policy(Policy),
    Schema(Schema),
    Namespace(Namespace),
    Dataset(Dataset),
    Connection(ObjectStorage),
    Source(Source),
    MergePolicy(MergePolicy),
    ComputedAttribute(ComputedAttribute),
    PseudonymousExpiry(PseudonymousExpiry),
    Audience(Audience),
    Offer(Offer),
    Datastream(Datastream),
    Flag(Flag),
    Destination(Destination),
    Dataflow(Dataflow),
}

impl Definition {
    /// What kind it is of.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Label(_) => Kind::Label,
            Self::MarketingAction(_) => Kind::MarketingAction,
            Self::Policy(_) => Kind::Policy,
            Self::Schema(_) => Kind::Schema,
            Self::Namespace(_) => Kind::Namespace,
            Self::Dataset(_) => Kind::Dataset,
            Self::Connection(_) => Kind::Connection,
            Self::Source(_) => Kind::Source,
            Self::MergePolicy(_) => Kind::MergePolicy,
            Self::ComputedAttribute(_) => Kind::ComputedAttribute,
            Self::PseudonymousExpiry(_) => Kind::PseudonymousExpiry,
            Self::Audience(_) => Kind::Audience,
            Self::Offer(_) => Kind::Offer,
            Self::Datastream(_) => Kind::Datastream,
            Self::Flag(_) => Kind::Flag,
            Self::Destination(_) => Kind::Destination,
            Self::Dataflow(_) => Kind::Dataflow,
        }
    }

    /// Its id, unique within its kind.
    pub fn id(&self) -> &str {
        match self {
            Self::Label(label) => &label.id,
            Self::MarketingAction(action) => &action.id,
            Self::Policy(policy) => &policy.id,
            Self::Schema(schema) => &schema.id,
            Self::Namespace(namespace) => &namespace.id,
            Self::Dataset(dataset) => &dataset.id,
            Self::Connection(connection) => &connection.id,
            Self::Source(source) => &source.id,
            Self::MergePolicy(_) | Self::PseudonymousExpiry(_) => ONLY_ID,
            Self::ComputedAttribute(attribute) => &attribute.id,
            Self::Audience(audience) => &audience.id,
            Self::Offer(offer) => &offer.id,
            Self::Datastream(datastream) => &datastream.id,
            Self::Flag(flag) => &flag.id,
            Self::Destination(destination) => &destination.id,
            Self::Dataflow(dataflow) => &dataflow.id,
        }
    }

    /// Reads a definition; the error says which field.
    pub fn from_json(kind: Kind, value: Value) -> Result<Self, serde_json::Error> {
        fn read<T: DeserializeOwned>(
            value: Value,
            of: fn(T) -> Definition,
        ) -> Result<Definition, serde_json::Error> {
            serde_json::from_value(value).map(of)
        }
        match kind {
            Kind::Label => read(value, Self::Label),
            Kind::MarketingAction => read(value, Self::MarketingAction),
            Kind::Policy => read(value, Self::Policy),
            Kind::Schema => read(value, Self::Schema),
            Kind::Namespace => read(value, Self::Namespace),
            Kind::Dataset => read(value, Self::Dataset),
            Kind::Connection => read(value, Self::Connection),
            Kind::Source => read(value, Self::Source),
            Kind::MergePolicy => read(value, Self::MergePolicy),
            Kind::ComputedAttribute => read(value, Self::ComputedAttribute),
            Kind::PseudonymousExpiry => read(value, Self::PseudonymousExpiry),
            Kind::Audience => read(value, Self::Audience),
            Kind::Offer => read(value, Self::Offer),
            Kind::Datastream => read(value, Self::Datastream),
            Kind::Flag => read(value, Self::Flag),
            Kind::Destination => read(value, Self::Destination),
            Kind::Dataflow => read(value, Self::Dataflow),
        }
    }

    /// The definition as [`Self::from_json`] reads it.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        fn write(value: &impl Serialize) -> Result<Value, serde_json::Error> {
            serde_json::to_value(value)
        }
        match self {
            Self::Label(label) => write(label),
            Self::MarketingAction(action) => write(action),
            Self::Policy(policy) => write(policy),
            Self::Schema(schema) => write(schema),
            Self::Namespace(namespace) => write(namespace),
            Self::Dataset(dataset) => write(dataset),
            Self::Connection(connection) => write(connection),
            Self::Source(source) => write(source),
            Self::MergePolicy(policy) => write(policy),
            Self::ComputedAttribute(attribute) => write(attribute),
            Self::PseudonymousExpiry(expiry) => write(expiry),
            Self::Audience(audience) => write(audience),
            Self::Offer(offer) => write(offer),
            Self::Datastream(datastream) => write(datastream),
            Self::Flag(flag) => write(flag),
            Self::Destination(destination) => write(destination),
            Self::Dataflow(dataflow) => write(dataflow),
        }
    }
}

impl Catalog {
    /// The definition of that kind and id.
    pub fn get(&self, kind: Kind, id: &str) -> Option<Definition> {
        match kind {
            Kind::Label => self.labels.get(id).cloned().map(Definition::Label),
            Kind::MarketingAction => self.marketing_actions.get(id).cloned().map(Definition::MarketingAction),
            Kind::Policy => self.policies.get(id).cloned().map(Definition::Policy),
            Kind::Schema => self.schemas.get(id).cloned().map(Definition::Schema),
            Kind::Namespace => self.namespaces.get(id).cloned().map(Definition::Namespace),
            Kind::Dataset => self.datasets.get(id).cloned().map(Definition::Dataset),
            Kind::Connection => self.connections.get(id).cloned().map(Definition::Connection),
            Kind::Source => self.sources.get(id).cloned().map(Definition::Source),
            Kind::MergePolicy if id == ONLY_ID => self.merge_policy.clone().map(Definition::MergePolicy),
            Kind::PseudonymousExpiry if id == ONLY_ID => {
                self.pseudonymous_expiry.clone().map(Definition::PseudonymousExpiry)
            }
            Kind::MergePolicy | Kind::PseudonymousExpiry => None,
            Kind::ComputedAttribute => {
                self.computed_attributes.get(id).cloned().map(Definition::ComputedAttribute)
            }
            Kind::Audience => self.audiences.get(id).cloned().map(Definition::Audience),
            Kind::Offer => self.offers.get(id).cloned().map(Definition::Offer),
            Kind::Datastream => self.datastreams.get(id).cloned().map(Definition::Datastream),
            Kind::Flag => self.flags.get(id).cloned().map(Definition::Flag),
            Kind::Destination => self.destinations.get(id).cloned().map(Definition::Destination),
            Kind::Dataflow => self.dataflows.get(id).cloned().map(Definition::Dataflow),
        }
    }

    /// Every definition, kind by kind, by id.
    pub fn definitions(&self) -> Vec<Definition> {
        fn all<T: Clone>(
            of: fn(T) -> Definition,
            map: &BTreeMap<String, T>,
        ) -> impl Iterator<Item = Definition> + '_ {
            map.values().cloned().map(of)
        }
        all(Definition::Label, &self.labels)
            .chain(all(Definition::MarketingAction, &self.marketing_actions))
            .chain(all(Definition::Policy, &self.policies))
            .chain(all(Definition::Schema, &self.schemas))
            .chain(all(Definition::Namespace, &self.namespaces))
            .chain(all(Definition::Dataset, &self.datasets))
            .chain(all(Definition::Connection, &self.connections))
            .chain(all(Definition::Source, &self.sources))
            .chain(self.merge_policy.clone().map(Definition::MergePolicy))
            .chain(all(Definition::ComputedAttribute, &self.computed_attributes))
            .chain(self.pseudonymous_expiry.clone().map(Definition::PseudonymousExpiry))
            .chain(all(Definition::Audience, &self.audiences))
            .chain(all(Definition::Offer, &self.offers))
            .chain(all(Definition::Datastream, &self.datastreams))
            .chain(all(Definition::Flag, &self.flags))
            .chain(all(Definition::Destination, &self.destinations))
            .chain(all(Definition::Dataflow, &self.dataflows))
            .collect()
    }

    /// Puts a definition in the place of the one of the same kind and id. The version is not changed.
    pub fn put(&mut self, definition: Definition) {
        let id = definition.id().to_owned();
        match definition {
            Definition::Label(label) => drop(self.labels.insert(id, label)),
            Definition::MarketingAction(action) => drop(self.marketing_actions.insert(id, action)),
            Definition::Policy(policy) => drop(self.policies.insert(id, policy)),
            Definition::Schema(schema) => drop(self.schemas.insert(id, schema)),
            Definition::Namespace(namespace) => drop(self.namespaces.insert(id, namespace)),
            Definition::Dataset(dataset) => drop(self.datasets.insert(id, dataset)),
            Definition::Connection(connection) => drop(self.connections.insert(id, connection)),
            Definition::Source(source) => drop(self.sources.insert(id, source)),
            Definition::MergePolicy(policy) => self.merge_policy = Some(policy),
            Definition::ComputedAttribute(attribute) => drop(self.computed_attributes.insert(id, attribute)),
            Definition::PseudonymousExpiry(expiry) => self.pseudonymous_expiry = Some(expiry),
            Definition::Audience(audience) => drop(self.audiences.insert(id, audience)),
            Definition::Offer(offer) => drop(self.offers.insert(id, offer)),
            Definition::Datastream(datastream) => drop(self.datastreams.insert(id, datastream)),
            Definition::Flag(flag) => drop(self.flags.insert(id, flag)),
            Definition::Destination(destination) => drop(self.destinations.insert(id, destination)),
            Definition::Dataflow(dataflow) => drop(self.dataflows.insert(id, dataflow)),
        }
    }

    /// Removes a definition; false if there was none. The version is not changed.
    pub fn delete(&mut self, kind: Kind, id: &str) -> bool {
        match kind {
            Kind::Label => self.labels.remove(id).is_some(),
            Kind::MarketingAction => self.marketing_actions.remove(id).is_some(),
            Kind::Policy => self.policies.remove(id).is_some(),
            Kind::Schema => self.schemas.remove(id).is_some(),
            Kind::Namespace => self.namespaces.remove(id).is_some(),
            Kind::Dataset => self.datasets.remove(id).is_some(),
            Kind::Connection => self.connections.remove(id).is_some(),
            Kind::Source => self.sources.remove(id).is_some(),
            Kind::MergePolicy => id == ONLY_ID && self.merge_policy.take().is_some(),
            Kind::PseudonymousExpiry => id == ONLY_ID && self.pseudonymous_expiry.take().is_some(),
            Kind::ComputedAttribute => self.computed_attributes.remove(id).is_some(),
            Kind::Audience => self.audiences.remove(id).is_some(),
            Kind::Offer => self.offers.remove(id).is_some(),
            Kind::Datastream => self.datastreams.remove(id).is_some(),
            Kind::Flag => self.flags.remove(id).is_some(),
            Kind::Destination => self.destinations.remove(id).is_some(),
            Kind::Dataflow => self.dataflows.remove(id).is_some(),
        }
    }
}
