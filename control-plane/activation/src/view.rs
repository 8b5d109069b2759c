//! The catalogue as activation sees it: dataflows with their destinations, ready for use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use acquaint_core::plan::computed::COMPUTED_ATTRIBUTES;
use acquaint_core::profile::MergePolicy;
use acquaint_store::ComputedValues;
use acquaint_store::catalog::calculated::compile;
use acquaint_store::catalog::computed::schema_of;
use acquaint_store::catalog::{Catalog, Connection, Dataflow, ObjectStorage, Schedule};
use tokio::sync::Notify;

use crate::Settings;
use crate::activation::lock;
use crate::circuit::Circuit;
use crate::destinations::{Built, build};
use crate::mapping::Mapping;

/// A destination ready for use, shared by the dataflows that lead to it.
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) connection: Connection,
    /// How the object storage is reached that it goes through.
    storage: Option<ObjectStorage>,
    /// Or why it cannot be used.
    pub(crate) built: Result<Built, String>,
    pub(crate) circuit: Mutex<Circuit>,
}

/// A dataflow ready for use.
pub(crate) struct Flow {
    pub(crate) definition: Arc<Dataflow>,
    pub(crate) mapping: Mapping,
    /// Its audiences that exist, with their names.
    pub(crate) audiences: BTreeMap<String, String>,
    /// Absent: the destination does not exist.
    pub(crate) target: Option<Arc<Target>>,
    /// Something has become due.
    pub(crate) wake: Arc<Notify>,
    /// At most one delivery step at a time.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    /// At most one export at a time.
    pub(crate) export: Arc<Mutex<()>>,
    /// Why the last scheduled export failed.
    trouble: Mutex<Option<String>>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct View {
    /// The catalogue's version; 0: there is none yet.
    pub(crate) version: u64,
    pub(crate) flows: BTreeMap<String, Arc<Flow>>,
    pub(crate) merge_policy: MergePolicy,
    /// What is computed of events, where a mapping may read any of it.
    pub(crate) computed: ComputedValues,
}

impl Flow {
    pub(crate) fn streams(&self) -> bool {
        matches!(self.connection(), Some(Connection::HttpApi { .. }))
    }

    /// The edge serves it: there is nothing to deliver from here.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.target.as_ref().map(|target| &target.built), Some(Ok(Built::Elsewhere)))
    }

    /// Notes why the last scheduled export failed, or that it did not.
    pub(crate) fn note(&self, trouble: Option<String>) {
        *lock(&self.trouble) = trouble;
    }

    pub(crate) fn noted(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.target.as_ref().map(|target| &target.connection)
    }

    pub(crate) fn schedule(&self) -> Schedule {
        self.definition.schedule.clone().unwrap_or(Schedule { cron: None, export: Default::default() })
    }
}

impl View {
    pub(crate) fn mapping(&self, dataflow: &str) -> Option<&Mapping> {
        self.flows.get(dataflow).map(|flow| &flow.mapping)
    }

    /// The next view; destinations that have not changed keep their connections and circuits.
    pub(crate) fn of(catalog: &Catalog, before: &Self, settings: &Settings) -> Self {
        let mut targets = BTreeMap::new();
        for (id, destination) in &catalog.destinations {
            let connection = &destination.connection;
            let storage = connection.storage().and_then(|storage| catalog.connections.get(storage));
            let mut kept = before.flows.values().filter_map(|flow| flow.target.as_ref());
            let kept = kept.find(|target| {
                target.id == *id && target.connection == *connection && target.storage.as_ref() == storage
            });
            let target = kept.cloned().unwrap_or_else(|| {
                Arc::new(Target {
                    id: id.clone(),
                    connection: connection.clone(),
                    storage: storage.cloned(),
                    built: build(connection, storage, settings),
                    circuit: Mutex::default(),
                })
            });
            targets.insert(id.as_str(), target);
        }
        let calculates = |dataflow: &Dataflow| dataflow.mapping.iter().any(|field| field.path().is_none());
        let calculates = catalog.dataflows.values().any(calculates);
        let schema = calculates.then(|| schema_of(catalog).ok()).flatten();
        let compile = |text: &str| Some(compile(catalog, schema.as_ref()?, text).ok()?.expr);
        let mut flows = BTreeMap::new();
        for (id, dataflow) in &catalog.dataflows {
            let target = targets.get(dataflow.destination.as_str()).cloned();
            let existing = dataflow.audiences.iter().collect::<BTreeSet<_>>();
            let audiences = existing
                .into_iter()
                .filter_map(|id| Some((id.clone(), catalog.audiences.get(id)?.name.clone())))
                .collect();
            let kept = before.flows.get(id);
            let flow = Flow {
                definition: Arc::new(dataflow.clone()),
                mapping: Mapping::of(&dataflow.mapping, &dataflow.consent, compile),
                audiences,
                target,
                wake: kept.map_or_else(Arc::default, |flow| Arc::clone(&flow.wake)),
                turn: kept.map_or_else(Arc::default, |flow| Arc::clone(&flow.turn)),
                export: kept.map_or_else(Arc::default, |flow| Arc::clone(&flow.export)),
                trouble: Mutex::default(),
            };
            flows.insert(id.clone(), Arc::new(flow));
        }
        let merge_policy = catalog.merge_policy.clone().unwrap_or_default();
        let computed = if reads_computed(catalog) {
            ComputedValues::of(catalog, (settings.fingerprint)(catalog))
        } else {
            ComputedValues::default()
        };
        Self { version: catalog.version, flows, merge_policy, computed }
    }
}

/// Whether a mapping may read a computed attribute. What a calculated field reads is not taken apart here.
fn reads_computed(catalog: &Catalog) -> bool {
    let reads = |path: &str| path.split('.').next() == Some(COMPUTED_ATTRIBUTES);
    let mut fields = catalog.dataflows.values().flat_map(|dataflow| &dataflow.mapping);
    fields.any(|field| field.path().is_none_or(reads))
}
