//! What ingestion has to know of a catalogue, looked up in one step.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::lang::schema::UnionSchema;
use acquaint_store::catalog::{Catalog, Schema, SchemaClass, Source};

use super::{BUILT_IN_NAMESPACES, Refusal};

/// A dataset that records may be written to.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    pub(crate) class: SchemaClass,
    pub(crate) schema: UnionSchema,
    /// The id of the schema.
    pub(crate) schema_id: String,
}

impl Dataset {
    fn of(schema: &Schema) -> Option<Self> {
        let union = crate::compile::union_of([schema]).ok()?;
        Some(Self { class: schema.class, schema: union, schema_id: schema.id.clone() })
    }
}

/// Where what comes in on a datastream may go.
#[derive(Clone, Debug)]
pub(crate) struct Datasets {
    own: String,
    overrides: Vec<String>,
    profiles: Option<String>,
}

impl Datasets {
    /// The dataset of what is said of consent.
    pub(crate) fn of_profiles(&self) -> Option<&str> {
        self.profiles.as_deref()
    }

    /// The dataset of an event; `None` if it may not be in the one that its request wanted.
    pub(crate) fn of(&self, wanted: Option<&str>) -> Option<&str> {
        let Some(wanted) = wanted else { return Some(&self.own) };
        std::iter::once(&self.own).chain(&self.overrides).map(String::as_str).find(|one| *one == wanted)
    }
}

/// The rules of one version of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    datasets: BTreeMap<String, Dataset>,
    /// With the values that are blocked, in lower case.
    namespaces: BTreeMap<String, BTreeSet<String>>,
    sources: BTreeMap<String, Source>,
    by_write_key: BTreeMap<String, String>,
    datastreams: BTreeMap<String, Datasets>,
}

impl Rules {
    /// For a catalogue. A dataset whose schema is missing or does not read is left out: records for it are refused.
    pub fn new(catalog: &Catalog) -> Self {
        let defined = catalog.datasets.iter().filter_map(|(id, dataset)| {
            Some((id.clone(), Dataset::of(catalog.schemas.get(&dataset.schema)?)?))
        });
        let implied = catalog.implied_schemas();
        let implied = implied.iter().filter_map(|schema| Some((schema.id.clone(), Dataset::of(schema)?)));
        let datasets = defined.chain(implied);
        let built_in = BUILT_IN_NAMESPACES.map(|(code, _)| (code.to_owned(), BTreeSet::new()));
        let defined = catalog.namespaces.iter().map(|(code, namespace)| {
            let blocked = namespace.blocked.iter().map(|value| value.trim().to_lowercase());
            (code.clone(), blocked.collect())
        });
        let keys = catalog.sources.values().filter_map(|source| {
            let key = source.write_key.clone()?;
            Some((key, source.id.clone()))
        });
        let datastreams = catalog.datastreams.values().map(|datastream| {
            let datasets = Datasets {
                own: datastream.dataset.clone(),
                overrides: datastream.dataset_overrides.clone(),
                profiles: datastream.profile_dataset.clone(),
            };
            (datastream.id.clone(), datasets)
        });
        Self {
            datasets: datasets.collect(),
            namespaces: built_in.into_iter().chain(defined).collect(),
            sources: catalog.sources.clone(),
            by_write_key: keys.collect(),
            datastreams: datastreams.collect(),
        }
    }

    /// The source that a write key belongs to.
    pub fn source_of_key(&self, write_key: &str) -> Option<&Source> {
        self.sources.get(self.by_write_key.get(write_key)?)
    }

    /// A source by its id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    pub(crate) fn knows_namespace(&self, code: &str) -> bool {
        self.namespaces.contains_key(code)
    }

    /// Whether the catalogue says that a value identifies nobody.
    pub(crate) fn blocks(&self, namespace: &str, id: &str) -> bool {
        self.namespaces
            .get(namespace)
            .is_some_and(|blocked| !blocked.is_empty() && blocked.contains(&id.trim().to_lowercase()))
    }

    /// The id of a dataset's schema.
    pub(crate) fn schema_of(&self, dataset: &str) -> Option<&str> {
        self.datasets.get(dataset).map(|dataset| dataset.schema_id.as_str())
    }

    /// Where what comes in on a datastream may go.
    pub(crate) fn datastream(&self, id: &str) -> Option<&Datasets> {
        self.datastreams.get(id)
    }

    /// The dataset for records of a class, where the input (`of`, for example a source) says they go.
    pub(crate) fn dataset<'a>(
        &self,
        of: &str,
        id: Option<&'a str>,
        class: SchemaClass,
    ) -> Result<(&'a str, &Dataset), Refusal> {
        let (name, setting) = match class {
            SchemaClass::Event => ("events", "eventDataset"),
            SchemaClass::Profile => ("attributes", "profileDataset"),
        };
        let Some(id) = id else {
            let reason = format!("{of} takes no {name}; give it an `{setting}`");
            return Err(Refusal::new("no_dataset", "", reason));
        };
        match self.datasets.get(id) {
            Some(dataset) if dataset.class == class => Ok((id, dataset)),
            Some(_) => {
                let reason = format!("dataset `{id}` of {of} is not one of {name}");
                Err(Refusal::new("wrong_dataset", "", reason))
            }
            None => {
                let reason = format!("dataset `{id}` of {of} does not exist");
                Err(Refusal::new("no_dataset", "", reason))
            }
        }
    }
}
