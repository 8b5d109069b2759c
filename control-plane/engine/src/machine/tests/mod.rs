//! The engine against what it promises: scenarios here, generated histories in `property`.

mod computed;
mod edges;
mod lanes;
mod lifetimes;
mod merging;
mod on_the_way;
mod oracle;
mod policies;
mod property;
mod scenarios;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use acquaint_core::id::ProfileId;
use acquaint_core::profile::{Identity, Status};
use acquaint_store::catalog::{Catalog, Definition, Edit, store};
use acquaint_store::profile_document::find;
use acquaint_store::record::{Body, ChangeKind};
use acquaint_store::{ProfileDocument, Table};

use super::Engine;
use crate::testing::{MemoryStore, catalog};

const NOW: i64 = 1_514_764_800_000;
const HOUR: i64 = 3_600_000;

/// What makes the catalogue of the tests with these definitions.
fn first_edits(definitions: Vec<Definition>) -> Vec<Edit> {
    let base = catalog();
    let schemas = base.schemas.into_values().map(Definition::Schema);
    let datasets = base.datasets.into_values().map(Definition::Dataset);
    let namespaces = base.namespaces.into_values().map(Definition::Namespace);
    schemas.chain(datasets).chain(namespaces).chain(definitions).map(Edit::Put).collect()
}

/// A store, and the engine that works on it.
struct World {
    store: Arc<MemoryStore>,
    engine: Engine<MemoryStore>,
    catalog: Catalog,
}

impl World {
    /// With the catalogue of the tests, and these definitions, in force.
    fn new(definitions: Vec<Definition>) -> Self {
        let store = Arc::new(MemoryStore::default());
        let engine = Engine::open(Arc::clone(&store)).unwrap();
        let mut world = Self { store, engine, catalog: Catalog::default() };
        world.edit(first_edits(definitions), NOW);
        world.drain();
        assert_eq!(world.engine.problems(), &[]);
        world
    }

    /// Changes the catalogue; in force once the engine has come to it.
    fn edit(&mut self, edits: Vec<Edit>, at_ms: i64) {
        self.catalog = store::save(&*self.store, &self.catalog, edits, "test", at_ms).unwrap();
    }

    fn drain(&mut self) {
        while self.engine.step(1_000).unwrap() > 0 {}
    }

    /// Takes records in at an instant, and works until nothing is left to do.
    fn send(&mut self, at_ms: i64, bodies: impl IntoIterator<Item = Body>) {
        self.store.append_records(bodies.into_iter().map(|body| (at_ms, body)));
        self.drain();
    }

    fn id_of(&self, identity: &Identity) -> Option<ProfileId> {
        find(&*self.store, identity).unwrap()
    }

    fn profile(&self, identity: &Identity) -> ProfileDocument {
        let id = self.id_of(identity).unwrap_or_else(|| panic!("{identity:?} is unknown"));
        ProfileDocument::load(&*self.store, id).unwrap().unwrap()
    }

    /// The audiences that somebody is in.
    fn audiences(&self, identity: &Identity) -> Vec<String> {
        let memberships = self.profile(identity).memberships;
        let realized = memberships.iter().filter(|(_, membership)| membership.status == Status::Realized);
        realized.map(|(audience, _)| audience.to_string()).collect()
    }

    /// Membership changes in short: `1 +buyers @0` with the time in milliseconds from `NOW`.
    fn told(&self) -> Vec<String> {
        let changes = self.store.changes();
        let told = changes.iter().map(|change| match &change.kind {
            ChangeKind::Membership(membership) => {
                let sign = if membership.status == Status::Realized { '+' } else { '-' };
                format!("{} {sign}{} @{}", change.profile.0, membership.audience, membership.at_ms - NOW)
            }
            ChangeKind::Profile => format!("{} changed", change.profile.0),
            ChangeKind::Gone => format!("{} is gone", change.profile.0),
            ChangeKind::Merged { into } => format!("{} is {} now", change.profile.0, into.0),
        });
        told.collect()
    }

    /// Everything in the tables that must not depend on how the work was cut into steps.
    fn tables(&self) -> BTreeMap<(Table, Vec<u8>), Vec<u8>> {
        let mut all = BTreeMap::new();
        for table in Table::ALL {
            for (key, value) in self.store.rows(table) {
                let value = match table {
                    // Which record a profile of a backfill was last changed by depends on when it was its turn, and how
                    // often it was written on the steps.
                    Table::Profiles => {
                        let id = acquaint_store::keys::parse_profile(&key).unwrap();
                        let document = ProfileDocument::load(&*self.store, id).unwrap().unwrap();
                        format!("{:?}", ProfileDocument { position: 0, edition: 0, ..document }).into_bytes()
                    }
                    // What is in the documents above.
                    Table::Activity => continue,
                    // Serial numbers of debts, also in the engine's progress.
                    Table::Projections => Vec::new(),
                    Table::Meta if key == super::progress::PROGRESS => Vec::new(),
                    Table::Meta
                    | Table::Catalog
                    | Table::Identities
                    | Table::Events
                    | Table::EventIds
                    | Table::Timers
                    | Table::EdgeDebts
                    | Table::Quarantine
                    | Table::Imports
                    | Table::Jobs
                    | Table::Ledger
                    | Table::Due
                    | Table::DeadLetters
                    | Table::Audit
                    | Table::GraphTrail
                    | Table::Erasures => value,
                };
                all.insert((table, key), value);
            }
        }
        all
    }
}
