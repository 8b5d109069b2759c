//! Several edges, each in a region: what they are owed is shared out among those that keep each profile. An edge that
//! cannot be reached then keeps no other waiting.

use std::collections::BTreeSet;
use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_core::wire;
use acquaint_store::{ProfileDocument, ProfileStore, Read, Table, WriteBatch, keys};

use super::{Owed, Slicer, owed};
use crate::{Error, Result};

/// Rows looked at in one commit.
const CHUNK: usize = 1_000;

/// Which edge: the only one there is, or the one in a region, where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge<'a> {
    /// Every profile that an edge keeps is kept by this one.
    Only,
    /// Of the region with this location hint.
    In(&'a str),
}

impl Edge<'_> {
    /// Where it is noted what this edge is owed.
    pub fn table(self) -> Table {
        match self {
            Self::Only => Table::Projections,
            Self::In(_) => Table::EdgeDebts,
        }
    }

    /// The key there of a profile.
    pub fn key(self, profile: ProfileId) -> Vec<u8> {
        match self {
            Self::Only => keys::profile(profile),
            Self::In(region) => keys::edge_debt(region, profile),
        }
    }

    /// The profile of such a key.
    pub(crate) fn profile(self, key: &[u8]) -> Option<ProfileId> {
        match self {
            Self::Only => keys::parse_profile(key),
            Self::In(own) => keys::parse_edge_debt(key).filter(|(region, _)| region == own).map(|(_, id)| id),
        }
    }

    /// What all such keys begin with.
    pub(crate) fn prefix(self) -> Vec<u8> {
        match self {
            Self::Only => Vec::new(),
            Self::In(region) => keys::Key::new().text(region).into_bytes(),
        }
    }

    /// Whether it keeps what is kept in a region.
    pub(crate) fn is_in(self, region: &str) -> bool {
        match self {
            Self::Only => true,
            Self::In(own) => own == region,
        }
    }
}

/// Gives what is owed to the edges of these regions that keep each profile; returns of how many profiles something was
/// owed. What is owed of a profile to no edge that there is, is owed to nobody.
pub fn share(
    store: &(impl ProfileStore + ?Sized),
    slicer: &Slicer,
    regions: &[&str],
    now_ms: i64,
    limit: usize,
) -> Result<usize> {
    let snapshot = store.snapshot();
    let owed = owed(&*snapshot, Edge::Only, None, limit)?;
    for owed in &owed {
        let (key, was) = owed.debt.to_row(Edge::Only, owed.profile)?;
        let mut writes = vec![(Table::Projections, key.clone(), None)];
        for region in slicer.keep_in(&*snapshot, owed, regions, now_ms)? {
            let edge = Edge::In(region);
            let (key, value) = owed.debt.to_row(edge, owed.profile)?;
            writes.push((edge.table(), key, Some(value)));
        }
        let expected = vec![(Table::Projections, key, Some(was))];
        // What has become owed again meanwhile is shared in the next round.
        settled(store.commit(WriteBatch { writes, expected, ..WriteBatch::default() }, false))?;
    }
    Ok(owed.len())
}

/// A batch that was refused because somebody was quicker is none.
pub(super) fn settled(result: acquaint_store::Result<()>) -> Result<()> {
    match result {
        Ok(()) | Err(acquaint_store::Error::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// What was owed to edges of other regions than these, which are there no more, is owed to whom it may concern now.
pub fn reclaim(store: &(impl ProfileStore + ?Sized), regions: &[&str]) -> Result<()> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = store.scan(Table::EdgeDebts, from, Bound::Unbounded, CHUNK)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = Some(last.clone());
        let mut batch = WriteBatch::default();
        for (key, value) in rows {
            let damaged = || Error::damaged(Table::EdgeDebts, &key, wire::Error::Content);
            let (region, profile) = keys::parse_edge_debt(&key).ok_or_else(damaged)?;
            if regions.contains(&region.as_str()) {
                continue;
            }
            let owed = keys::profile(profile);
            if store.get(Table::Projections, &owed)?.is_none() {
                batch.writes.push((Table::Projections, owed, Some(value)));
            }
            batch.writes.push((Table::EdgeDebts, key, None));
        }
        if !batch.is_empty() {
            store.commit(batch, false)?;
        }
    }
}

impl Slicer {
    /// Those of the regions whose edges are to be told of a profile.
    fn keep_in<'a>(
        &self,
        tables: &(impl Read + ?Sized),
        owed: &Owed,
        regions: &[&'a str],
        now_ms: i64,
    ) -> Result<Vec<&'a str>> {
        let Some(document) = ProfileDocument::load(tables, owed.profile)? else {
            let kept = |region: &&str| owed.debt.gone_from(Edge::In(region)).next().is_some();
            return Ok(regions.iter().copied().filter(kept).collect());
        };
        if !self.rules.edge_identities(&document.identities).is_empty() {
            return Ok(regions.to_vec());
        }
        let kept: BTreeSet<&str> = document.kept_at_edge(now_ms).map(|(_, region)| region).collect();
        Ok(regions.iter().copied().filter(|region| kept.contains(region)).collect())
    }
}
