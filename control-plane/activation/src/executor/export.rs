//! Runs of file destinations. A run writes one file for each audience, in parts if there are many rows; a part and the ledger's
//! note of it are one atomic step, so a run that was interrupted goes on with the part it was at, under the same name.

use std::path::PathBuf;
use std::sync::Arc;

use acquaint_core::id::ProfileId;
use acquaint_core::wire::Sealed;
use acquaint_store::catalog::Export;
use acquaint_store::keys::prefixed;
use acquaint_store::tables::Read;
use acquaint_store::{Table, WriteBatch};
use serde::{Deserialize, Serialize};

use super::rows::{Selection, cells, select, status_is_mapped};
use crate::Activation;
use crate::activation::{Shared, lock};
use crate::destinations::{Built, Files, Row};
use crate::error::{Error, Result};
use crate::instant::next_occurrence;
use crate::ledger::book::{self, Draft};
use crate::ledger::keys::of_dataflow;
use crate::ledger::{Delivered, Entry, Intent, Key};
use crate::profile::Profile;
use crate::view::{Flow, View};

/// Rows of one file.
const ROWS_PER_FILE_MAX: usize = 100_000;
/// Rows of the ledger read at once.
const PAGE_ROWS: usize = 1_024;
/// Runs that are remembered of one dataflow.
const RUNS_MAX: usize = 1_000;

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The dataflow.
    pub dataflow: String,
    /// When it began; in the names of its files.
    pub started_ms: i64,
    /// When it ended; absent: it is under way, or was interrupted and will go on.
    pub finished_ms: Option<i64>,
    /// Rows written.
    pub rows: u64,
    /// Rows left out because a mandatory field has no value.
    pub skipped: u64,
    /// Its files.
    pub files: Vec<RunFile>,
    /// Audiences done, and the last profile of the part before.
    progress: (usize, Option<u64>),
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFile {
    /// Whose members it lists.
    pub audience: String,
    /// Its path within the data directory, or its address elsewhere.
    pub path: String,
    /// Its rows, without the header.
    pub rows: u64,
}

impl Sealed for Run {
    const KIND: u16 = 0x0305;
    const VERSION: u16 = 1;
}

impl Run {
    fn row(&self) -> Result<(Table, Vec<u8>, Option<Vec<u8>>)> {
        let key = format!("{}{:020}", prefix(&self.dataflow), self.started_ms.max(0)).into_bytes();
        let value = book::seal(Table::Meta, &key, self)?;
        Ok((Table::Meta, key, Some(value)))
    }
}

fn prefix(dataflow: &str) -> String {
    format!("activation/runs/{dataflow}/")
}

/// Runs of a dataflow, oldest first.
pub(crate) fn runs(store: &dyn Read, dataflow: &str) -> Result<Vec<Run>> {
    let prefix = prefix(dataflow).into_bytes();
    let mut end = Vec::new();
    let (from, to) = prefixed(&prefix, &mut end);
    let mut runs = Vec::new();
    for (key, value) in store.scan(Table::Meta, from, to, usize::MAX)? {
        let run: Run = book::open(Table::Meta, &key, &value)?;
        // `a/` is also how the runs of a dataflow `a/b` begin.
        if run.dataflow == dataflow {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// The export of one dataflow under way.
struct Exporter<'a> {
    shared: &'a Shared,
    flow: &'a Flow,
    view: &'a View,
    files: Arc<dyn Files>,
    export: Export,
    status_mapped: bool,
    now_ms: i64,
}

/// What one part holds.
#[derive(Default)]
struct Part {
    rows: Vec<Row>,
    told: Vec<(Key, Intent)>,
    skipped: u64,
    last: Option<u64>,
    complete: bool,
}

impl Activation {
    /// Writes the files of a dataflow now. A run that was interrupted is finished first, and is the answer.
    /// Blocks while it writes.
    ///
    /// # Errors
    ///
    /// [`Error::NoFiles`] for a streaming dataflow; [`Error::File`] if a file cannot be written: the next call goes on
    /// where this one stopped.
    pub fn export_now(&self, dataflow: &str, now_ms: i64) -> Result<Run> {
        let shared = &*self.shared;
        let view = shared.view()?;
        let flow = view.flows.get(dataflow).ok_or_else(|| Error::NoDataflow(dataflow.into()))?;
        let files = files(flow)?;
        let _turn = lock(&flow.export);
        let before = runs(&*shared.store, dataflow)?;
        let run = match before.last() {
            Some(run) if run.finished_ms.is_none() => run.clone(),
            last => begin(shared, dataflow, last, &before, now_ms)?,
        };
        let exporter = Exporter {
            shared,
            flow,
            view: &view,
            files,
            export: flow.schedule().export,
            status_mapped: status_is_mapped(&flow.definition.mapping),
            now_ms,
        };
        exporter.finish(run)
    }

    /// Writes the files of a dataflow if its schedule says so, or if a run was interrupted.
    ///
    /// # Errors
    ///
    /// As [`Self::export_now`].
    pub fn export_due(&self, dataflow: &str, now_ms: i64) -> Result<Option<Run>> {
        let flow = self.shared.flow(dataflow)?;
        if !flow.definition.enabled {
            return Ok(None);
        }
        let last = runs(&*self.shared.store, dataflow)?.pop();
        let interrupted = last.as_ref().is_some_and(|run| run.finished_ms.is_none());
        if !interrupted {
            let Some(cron) = flow.schedule().cron else { return Ok(None) };
            let (_, since_ms) = self.shared.planning(dataflow);
            let Some(since_ms) = last.map(|run| run.started_ms).or(since_ms) else { return Ok(None) };
            let unusable =
                |reason| Error::Destination { destination: flow.definition.destination.clone(), reason };
            if next_occurrence(&cron, since_ms).map_err(unusable)? > now_ms {
                return Ok(None);
            }
        }
        self.export_now(dataflow, now_ms).map(Some)
    }
}

fn files(flow: &Flow) -> Result<Arc<dyn Files>> {
    let destination = flow.definition.destination.clone();
    let Some(target) = &flow.target else {
        return Err(Error::Destination { destination, reason: "it does not exist".into() });
    };
    match &target.built {
        Ok(Built::Files(files)) => Ok(Arc::clone(files)),
        Ok(Built::Streaming(_) | Built::Elsewhere) => Err(Error::NoFiles(flow.definition.id.clone())),
        Err(reason) => Err(Error::Destination { destination, reason: reason.clone() }),
    }
}

/// Notes on disk that a run has begun, before its first file. No two runs have the same second in their names.
fn begin(shared: &Shared, dataflow: &str, last: Option<&Run>, before: &[Run], now_ms: i64) -> Result<Run> {
    let next_second = |run: &Run| run.started_ms.div_euclid(1_000).saturating_add(1).saturating_mul(1_000);
    let started_ms = last.map_or(now_ms, |last| now_ms.max(next_second(last)));
    let run = Run {
        id: format!("{dataflow}-{started_ms}"),
        dataflow: dataflow.into(),
        started_ms,
        finished_ms: None,
        rows: 0,
        skipped: 0,
        files: Vec::new(),
        progress: (0, None),
    };
    let mut batch = WriteBatch::default();
    for old in before.iter().take((before.len() + 1).saturating_sub(RUNS_MAX)) {
        let (table, key, _) = old.row()?;
        batch.writes.push((table, key, None));
    }
    batch.writes.push(run.row()?);
    shared.store.commit(batch, true)?;
    Ok(run)
}

impl Exporter<'_> {
    fn finish(&self, mut run: Run) -> Result<Run> {
        let audiences: Vec<&String> = self.flow.audiences.keys().collect();
        while let Some(audience) = audiences.get(run.progress.0) {
            let part = self.part(audience, run.progress.1)?;
            self.place(&mut run, audience, part)?;
        }
        run.finished_ms = Some(self.now_ms.max(run.started_ms));
        let mut batch = WriteBatch::default();
        batch.writes.push(run.row()?);
        self.shared.store.commit(batch, true)?;
        Ok(run)
    }

    fn part(&self, audience: &str, after: Option<u64>) -> Result<Part> {
        let store = &*self.shared.store;
        let dataflow = &self.flow.definition.id;
        let mut part = Part { last: after, ..Part::default() };
        let mut cursor = after.map(|profile| Key::new(dataflow, ProfileId(profile), audience));
        loop {
            let page = book::scan(store, &of_dataflow(dataflow), cursor.as_ref(), PAGE_ROWS)?;
            for (key, entry) in &page {
                if key.audience == audience {
                    self.add(&mut part, key, entry)?;
                    part.last = Some(key.profile.0);
                    if part.rows.len() == ROWS_PER_FILE_MAX {
                        return Ok(part);
                    }
                }
            }
            if page.len() < PAGE_ROWS {
                part.complete = true;
                return Ok(part);
            }
            cursor = page.into_iter().last().map(|(key, _)| key);
        }
    }

    fn add(&self, part: &mut Part, key: &Key, entry: &Entry) -> Result<()> {
        let mapping = &self.flow.definition.mapping;
        let intent = match select(entry, self.export, self.status_mapped) {
            Selection::Nothing => return Ok(()),
            Selection::Absent(intent) => {
                part.told.push((key.clone(), intent));
                return Ok(());
            }
            Selection::Leaver(intent) => intent,
            Selection::Member => {
                let profile = Profile::load(&*self.shared.store, key.profile, self.view, self.now_ms)?;
                match profile {
                    // Taken back since it was planned.
                    Some(profile) if self.flow.mapping.blocked(&profile.attributes).is_some() => {
                        part.skipped += 1;
                        return Ok(());
                    }
                    Some(profile) => Intent {
                        attributes: self.flow.mapping.project(profile.known(), self.now_ms),
                        identities: profile.identities,
                        ..entry.desired.clone()
                    },
                    None => entry.desired.clone(),
                }
            }
        };
        match cells(mapping, &intent) {
            Some(row) => {
                part.rows.push(row);
                part.told.push((key.clone(), intent));
            }
            None => part.skipped += 1,
        }
        Ok(())
    }

    /// Puts a part in place, and only then notes that the destination knows it.
    fn place(&self, run: &mut Run, audience: &str, part: Part) -> Result<()> {
        let of_audience = run.files.iter().filter(|file| file.audience == audience).count();
        let first_of_full = self.export == Export::Full && of_audience == 0;
        if !part.rows.is_empty() || first_of_full {
            let destination = &self.flow.definition.destination;
            let name = self.files.name(destination, audience, run.started_ms, of_audience + 1);
            let path = self
                .files
                .write(&name, &self.flow.definition.mapping, &part.rows)
                .map_err(|source| Error::File { path: PathBuf::from(&name).display().to_string(), source })?;
            let rows = u64::try_from(part.rows.len()).unwrap_or(u64::MAX);
            run.rows = run.rows.saturating_add(rows);
            run.files.push(RunFile { audience: audience.into(), path, rows });
        }
        run.skipped = run.skipped.saturating_add(part.skipped);
        run.progress = if part.complete { (run.progress.0 + 1, None) } else { (run.progress.0, part.last) };

        let _writing = self.shared.writing();
        let mut draft = Draft::new(&*self.shared.store);
        for (key, intent) in part.told {
            let Some(entry) = draft.get(&key)?.cloned() else { continue };
            let delivered = Delivered { intent, at_ms: self.now_ms, message_id: run.id.clone() };
            draft.put(&key, Entry { delivered: Some(delivered), ..entry })?;
        }
        let (mut batch, _) = draft.finish()?;
        batch.writes.push(run.row()?);
        self.shared.store.commit(batch, true)?;
        Ok(())
    }
}
