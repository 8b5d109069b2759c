//! What the edge gets: the bundle, the same for everybody, and the projection of each profile it knows. Plain functions
//! over the catalogue in force and a view of the tables; sending is the server's.

mod debt;
mod edge;
mod share;

use std::collections::BTreeSet;
use std::ops::Bound;

use acquaint_core::id::{Position, ProfileId, StreamId};
use acquaint_core::plan::{Prepared, slice_attributes};
use acquaint_core::profile::Identity;
use acquaint_core::state::State;
use acquaint_core::wire::{Bundle, Projection, ProjectionBatch};
use acquaint_store::catalog::{Catalog, version};
use acquaint_store::profile_document::find;
use acquaint_store::{ProfileDocument, ProfileStore, Read, WriteBatch, keys};

use crate::Result;
use crate::compile::Problem;
use crate::machine::Progress;
use crate::machine::in_force::{self, InForce};

pub use debt::Debt;
pub use share::{Edge, reclaim, share};

/// The catalogue that the engine works by. The bundle is made of this one: the engine's answers and the edge's then are
/// those of the same definitions.
pub fn catalog_in_force(tables: &(impl Read + ?Sized)) -> Result<Catalog> {
    in_force::catalog(tables)
}

/// The bundle of a catalogue.
pub fn bundle(catalog: &Catalog, published_ms: i64) -> std::result::Result<Bundle, Vec<Problem>> {
    let compiled = crate::compile::compile_catalog(catalog)?;
    let datastreams =
        catalog.datastreams.values().map(|datastream| edge::datastream(catalog, datastream)).collect();
    let offer = |offer| edge::offer(offer, &compiled.rankings);
    let mut offers: Vec<_> = catalog.offers.values().map(offer).collect();
    offers.sort_by(|a, b| (b.priority, &a.id).cmp(&(a.priority, &b.id)));
    let program = compiled.edge();
    Ok(Bundle { version: catalog.version, published_ms, program, datastreams, offers })
}

/// The attribute paths that destinations at the edge may be asked for.
pub(crate) fn exported_paths(catalog: &Catalog) -> BTreeSet<Vec<String>> {
    edge::dataflows(catalog)
        .flat_map(|(dataflow, _)| &dataflow.mapping)
        .filter_map(|field| field.path().map(edge::steps))
        .collect()
}

/// A profile that an edge has to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Which.
    pub profile: ProfileId,
    /// What.
    pub debt: Debt,
}

/// Up to `limit` profiles that an edge has to be sent, after `after`.
pub fn owed(
    tables: &(impl Read + ?Sized),
    edge: Edge<'_>,
    after: Option<ProfileId>,
    limit: usize,
) -> Result<Vec<Owed>> {
    let (prefix, mut end) = (edge.prefix(), Vec::new());
    let (first, to) = keys::prefixed(&prefix, &mut end);
    let after = after.map(|after| edge.key(after));
    let from = after.as_deref().map_or(first, Bound::Excluded);
    let rows = tables.scan(edge.table(), from, to, limit)?;
    let owed = |(key, value): &acquaint_store::Row| {
        let (profile, debt) = Debt::from_row(edge, key, value)?;
        Ok(Owed { profile, debt })
    };
    rows.iter().map(owed).collect()
}

/// An edge has acknowledged what it was owed. What has become owed again since stays owed.
pub fn acknowledged(store: &(impl ProfileStore + ?Sized), edge: Edge<'_>, sent: &[Owed]) -> Result<()> {
    for owed in sent {
        let (key, was) = owed.debt.to_row(edge, owed.profile)?;
        let writes = vec![(edge.table(), key.clone(), None)];
        let expected = vec![(edge.table(), key, Some(was))];
        share::settled(store.commit(WriteBatch { writes, expected, ..WriteBatch::default() }, false))?;
    }
    Ok(())
}

/// Cuts profiles down to what the edge needs. Made once for a catalogue.
pub struct Slicer {
    rules: InForce,
    streams: BTreeSet<StreamId>,
    paths: Vec<Vec<String>>,
}

impl Slicer {
    /// For a catalogue, which should be [`catalog_in_force`].
    pub fn new(catalog: Catalog) -> std::result::Result<Self, Vec<Problem>> {
        let mut paths: Vec<Vec<String>> = exported_paths(&catalog).into_iter().collect();
        let rules = InForce::new(catalog)?;
        let edge = Prepared::new(rules.edge.clone());
        paths.extend(edge.attribute_paths());
        Ok(Self { streams: edge.folded_streams().collect(), rules, paths })
    }

    /// What an edge is to be told of a profile, under each identity under which it keeps it (those of the last 14
    /// days, and those of namespaces that edges are always told of): its projection, an empty one if it is gone, that it
    /// was erased. Nothing if it is not on the program of this catalogue yet: then it is owed again when it is.
    ///
    /// `snapshot` must be of one instant: the projection says which records it covers.
    pub fn project(
        &self,
        snapshot: &(impl Read + ?Sized),
        edge: Edge<'_>,
        owed: &Owed,
        now_ms: i64,
    ) -> Result<ProjectionBatch> {
        let position = Progress::load(snapshot)?.position;
        let mut batch = ProjectionBatch::default();
        let Some(document) = ProfileDocument::load(snapshot, owed.profile)? else {
            let nothing =
                Projection { profile: owed.profile.0, position, made_ms: now_ms, ..Projection::default() };
            for identity in owed.debt.gone_from(edge) {
                if owed.debt.erased {
                    batch.forgotten.push(identity.clone());
                // Somebody new may have come under it since.
                } else if find(snapshot, identity)?.is_none() {
                    batch.projections.push((identity.clone(), nothing.clone()));
                }
            }
            return Ok(batch);
        };
        if document.program != self.rules.fingerprint {
            return Ok(batch);
        }
        let mut under: BTreeSet<Identity> =
            self.rules.edge_identities(&document.identities).into_iter().collect();
        let kept = document.kept_at_edge(now_ms).filter(|(_, region)| edge.is_in(region));
        under.extend(kept.map(|(identity, _)| identity.clone()));
        let projection = self.slice(&document, position, now_ms);
        batch.projections.extend(under.into_iter().map(|identity| (identity, projection.clone())));
        Ok(batch)
    }

    fn slice(&self, document: &ProfileDocument, position: Position, made_ms: i64) -> Projection {
        let streams = document.state.streams.iter().filter(|(stream, _)| self.streams.contains(stream));
        Projection {
            profile: document.id.0,
            position,
            made_ms,
            attributes: slice_attributes(&self.rules.policy.merge(&document.fragments), &self.paths),
            identities: document.identities.clone(),
            memberships: version::visible(&document.memberships, &self.rules.catalog),
            state: State { streams: streams.map(|(stream, kept)| (*stream, kept.clone())).collect() },
        }
    }
}
