//! The order in which traces go: destinations and edge are told first, because telling needs to know whom; then rows and
//! records; then the files.

use std::collections::BTreeMap;

use acquaint_core::id::Position;
use acquaint_engine::publish::Edge;
use acquaint_store::erasure::{Erasure, Person, Stage};
use acquaint_store::{Log, ProfileStore, Read, Table, Topic, WriteBatch};

use super::scrub;
use crate::app::App;

/// Why a step failed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] acquaint_store::Error),
    #[error(transparent)]
    Engine(#[from] acquaint_engine::Error),
    #[error(transparent)]
    Activation(#[from] acquaint_activation::Error),
}

/// What the steps remember while the process lives.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// By request: where the log of changes ended when its profiles were gone. Activation has to come there.
    told_at: BTreeMap<String, Position>,
}

impl Steps {
    /// Takes every request as far as it goes now; true if one got further.
    pub(crate) fn turn(&mut self, app: &App) -> Result<bool, Error> {
        let mut further = false;
        let mut scrubbed = Vec::new();
        for erasure in Erasure::list(&*app.store)? {
            match erasure.stage.clone() {
                Stage::Requested | Stage::Completed => {}
                Stage::Forgotten(person) => further |= self.take_out(app, erasure, &person)?,
                Stage::Scrubbed => scrubbed.push(erasure),
            }
        }
        if scrubbed.is_empty() {
            return Ok(further);
        }
        if !app.store.purge()? {
            return Ok(false);
        }
        for erasure in scrubbed {
            let completed_ms = Some(app.clock.now_ms());
            save(app, &Erasure { stage: Stage::Completed, completed_ms, ..erasure })?;
        }
        Ok(true)
    }

    /// From forgotten to scrubbed, if everybody has been told.
    fn take_out(&mut self, app: &App, mut erasure: Erasure, person: &Person) -> Result<bool, Error> {
        let end = app.store.end(Topic::Changes);
        let told_at = *self.told_at.entry(erasure.id.clone()).or_insert(end);
        if app.activation.position() < told_at || app.activation.is_catching_up() {
            return Ok(false);
        }
        let left = app.activation.erase(&person.profiles)?;
        erasure.erased.ledger = erasure.erased.ledger.saturating_add(left.removed);
        if left.removed > 0 {
            save(app, &erasure)?;
        }
        if left.waiting > 0 || is_edge_owed(app, person)? {
            return Ok(false);
        }
        erasure.erased.records = scrub::records(app, person)?.max(erasure.erased.records);
        erasure.erased.changes = scrub::changes(app, person, told_at)?.max(erasure.erased.changes);
        erasure.erased.quarantined = scrub::quarantined(app, person)?.max(erasure.erased.quarantined);
        erasure.stage = Stage::Scrubbed;
        save(app, &erasure)?;
        self.told_at.remove(&erasure.id);
        Ok(true)
    }
}

/// Whether an edge is yet to be told. Where there is none, nobody is.
fn is_edge_owed(app: &App, person: &Person) -> Result<bool, Error> {
    let (only, regions) = (std::iter::once(Edge::Only), app.edges.regions());
    let edges: Vec<Edge<'_>> = only.chain(regions.iter().map(|region| Edge::In(region))).collect();
    let mut batch = WriteBatch::default();
    for profile in &person.profiles {
        for edge in &edges {
            let (table, key) = (edge.table(), edge.key(*profile));
            if app.store.get(table, &key)?.is_some() {
                batch.writes.push((table, key, None));
            }
        }
    }
    if batch.writes.is_empty() || !app.edges.is_empty() {
        return Ok(!batch.writes.is_empty());
    }
    app.store.commit(batch, false)?;
    Ok(false)
}

fn save(app: &App, erasure: &Erasure) -> Result<(), Error> {
    let (key, row) = erasure.to_row()?;
    let writes = vec![(Table::Erasures, key, Some(row))];
    Ok(app.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true)?)
}
