//! Sources that get their files from object storage by themselves: when to look, what was found. What is new there, or
//! failed for a reason that may be mended, is imported; a version of an object is in once.

use std::collections::BTreeMap;

use acquaint_batch::schedule;
use acquaint_engine::ingest::objects::{self, Again, Object};
use acquaint_store::catalog::ObjectSource;
use acquaint_store::keys::Key;
use acquaint_store::{ProfileStore, Read, Table, WriteBatch};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::{Error, choose};
use crate::app::{App, InForce, Shared};

/// What a look at the files of a source came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Look {
    /// When: milliseconds since the epoch, UTC.
    pub at_ms: i64,
    /// How many imports it began or took up again.
    pub begun: usize,
    /// Why it could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Said>,
}

/// A failure, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Stable code.
    pub code: String,
    /// For a person.
    pub message: String,
}

/// What looks for files.
pub(crate) struct Looks {
    app: Shared,
    runtime: Handle,
    started_ms: i64,
    /// The second in which it was last asked what is due.
    asked_s: i64,
}

impl Looks {
    /// Nothing is looked for yet.
    pub(crate) fn new(app: Shared, runtime: Handle) -> Self {
        Self { started_ms: app.clock.now_ms(), asked_s: i64::MIN, app, runtime }
    }

    /// Looks wherever it is time to.
    pub(crate) fn turn(&mut self) -> acquaint_engine::Result<()> {
        // Whoever rings does so often, and schedules know minutes.
        let asked_s = self.app.clock.now_ms().div_euclid(1_000);
        if std::mem::replace(&mut self.asked_s, asked_s) == asked_s {
            return Ok(());
        }
        let in_force = self.app.in_force();
        for (source, files) in scheduled(&in_force.catalog) {
            let last_ms = load(&*self.app.store, source)?.map_or(self.started_ms, |look| look.at_ms);
            let now_ms = self.app.clock.now_ms();
            let is_due = schedule::next_run(&files.cron, last_ms).is_some_and(|due_ms| due_ms <= now_ms);
            if is_due && let Some(found) = self.look(&in_force, files) {
                noted(&self.app, source, found, now_ms)?;
            }
        }
        Ok(())
    }

    /// What is there; nothing if it is time to stop.
    fn look(&self, in_force: &InForce, files: &ObjectSource) -> Option<Result<Vec<Object>, Error>> {
        let mut ending = self.app.watch_engine();
        self.runtime.block_on(async {
            tokio::select! {
                found = choose(in_force, &files.connection, &files.location) => Some(found),
                _ = ending.wait_for(|_| self.app.is_stopping()) => None,
            }
        })
    }
}

/// Begins what is new, then writes down that this was seen: a crash in between looks once more.
fn noted(
    app: &App,
    source: &str,
    found: Result<Vec<Object>, Error>,
    now_ms: i64,
) -> acquaint_engine::Result<()> {
    let look = match found {
        Ok(found) => {
            let begun = objects::begin(&*app.store, source, found, Again::IfMended, now_ms)?.len();
            if begun > 0 {
                app.objects.look();
            }
            Look { at_ms: now_ms, begun, failure: None }
        }
        Err(error) => {
            let (code, message) = (error.code().to_owned(), error.to_string());
            tracing::warn!(source, code, "the files of a source cannot be looked for");
            Look { at_ms: now_ms, begun: 0, failure: Some(Said { code, message }) }
        }
    };
    let row = (Table::Meta, key(source), serde_json::to_vec(&look).ok());
    Ok(app.store.commit(WriteBatch { writes: vec![row], ..WriteBatch::default() }, true)?)
}

/// The sources that look for files by themselves, by id.
pub(crate) fn scheduled(
    catalog: &acquaint_store::catalog::Catalog,
) -> impl Iterator<Item = (&String, &ObjectSource)> {
    catalog.sources.iter().filter_map(|(id, source)| Some((id, source.files.as_ref()?)))
}

/// The last look of every source that looks.
pub(crate) fn all(app: &App) -> acquaint_engine::Result<BTreeMap<String, Option<Look>>> {
    let in_force = app.in_force();
    let looks = scheduled(&in_force.catalog).map(|(id, _)| Ok((id.clone(), load(&*app.store, id)?)));
    looks.collect()
}

fn load(tables: &(impl Read + ?Sized), source: &str) -> acquaint_engine::Result<Option<Look>> {
    let found = tables.get(Table::Meta, &key(source))?;
    // One that cannot be read is made again.
    Ok(found.and_then(|value| serde_json::from_slice(&value).ok()))
}

fn key(source: &str) -> Vec<u8> {
    Key::new().text("object-look").tail(source)
}
