//! A job: what was asked, how far it is, what came of it. Kept as JSON, numbered in the order of creation.

use std::collections::BTreeMap;
use std::ops::Bound;

use acquaint_core::id::{AudienceId, Position};
use acquaint_store::keys::Key;
use acquaint_store::{ProfileStore, Read, Table, WriteBatch};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It waits.
    New,
    /// It runs, or ran when the process ended.
    Processing,
    /// It is done.
    Succeeded,
    /// It could not be done; `error` says why.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

/// A batch job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// `batch-` and its number.
    pub id: String,
    /// How far it is.
    pub status: Status,
    /// When it was asked for: milliseconds since the epoch, UTC.
    pub created_ms: i64,
    /// When it began: also the instant for which every profile is evaluated.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub finished_ms: Option<i64>,
    /// Which audiences are to be decided or checked; empty: all.
    pub audiences: Vec<AudienceId>,
    /// What was counted so far.
    pub counters: Counters,
    /// The position of its last decision in the log of records: the job is in force once the engine is past it. 0
    /// without a decision.
    pub position: Position,
    /// Why it failed.
    pub error: Option<String>,
}

/// What a job counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Profiles evaluated.
    pub profiles: u64,
    /// By audience.
    pub audiences: BTreeMap<AudienceId, AudienceCounts>,
}

/// What a job counts of one audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudienceCounts {
    /// Profiles that are in it, by this evaluation.
    pub total: u64,
    /// Of a batch audience: profiles that come in with this job.
    pub realized: u64,
    /// Of a batch audience: profiles that leave with this job.
    pub exited: u64,
    /// Of a streaming or edge audience: profiles whose stored membership is another than this evaluation gives. 0 when
    /// the engine has nothing left to do.
    pub disagreeing: u64,
}

impl Counters {
    pub(crate) fn add(&mut self, other: &Self) {
        self.profiles = self.profiles.saturating_add(other.profiles);
        for (audience, counts) in &other.audiences {
            let sum = self.audiences.entry(audience.clone()).or_default();
            sum.total = sum.total.saturating_add(counts.total);
            sum.realized = sum.realized.saturating_add(counts.realized);
            sum.exited = sum.exited.saturating_add(counts.exited);
            sum.disagreeing = sum.disagreeing.saturating_add(counts.disagreeing);
        }
    }

    /// Over all streaming and edge audiences.
    pub fn disagreeing(&self) -> u64 {
        self.audiences.values().map(|counts| counts.disagreeing).fold(0, u64::saturating_add)
    }
}

impl Job {
    /// Whether it is over, one way or another.
    pub fn is_over(&self) -> bool {
        match self.status {
            Status::New | Status::Processing => false,
            Status::Succeeded | Status::Failed | Status::Cancelled => true,
        }
    }
}

/// Makes a job, durably. No audiences: all.
///
/// # Errors
///
/// A conflict if another job is made at the same instant; ask again.
pub fn create(store: &(impl ProfileStore + ?Sized), audiences: Vec<AudienceId>, now_ms: i64) -> Result<Job> {
    let number = match list(store)?.last() {
        None => 1,
        Some(last) => number(&last.id).map_or(1, |number| number.saturating_add(1)),
    };
    let job = Job {
        id: format!("{PREFIX}{number}"),
        status: Status::New,
        created_ms: now_ms,
        started_ms: None,
        finished_ms: None,
        audiences,
        counters: Counters::default(),
        position: 0,
        error: None,
    };
    let mut batch = row(&job)?;
    batch.expected = batch.writes.iter().map(|(table, key, _)| (*table, key.clone(), None)).collect();
    store.commit(batch, true)?;
    Ok(job)
}

/// The job of that id.
pub fn load(tables: &(impl Read + ?Sized), id: &str) -> Result<Option<Job>> {
    let Some(number) = number(id) else {
        return Ok(None);
    };
    tables.get(Table::Jobs, &key(number))?.map(|value| read(&key(number), &value)).transpose()
}

/// Every job, oldest first.
pub fn list(tables: &(impl Read + ?Sized)) -> Result<Vec<Job>> {
    let rows = tables.scan(Table::Jobs, Bound::Unbounded, Bound::Unbounded, usize::MAX)?;
    rows.iter().map(|(key, value)| read(key, value)).collect()
}

/// Jobs that are not over, oldest first. After a restart they are run, from the beginning.
pub fn unfinished(tables: &(impl Read + ?Sized)) -> Result<Vec<Job>> {
    Ok(list(tables)?.into_iter().filter(|job| !job.is_over()).collect())
}

/// Keeps a job as it is now.
pub fn save(store: &(impl ProfileStore + ?Sized), job: &Job, durable: bool) -> Result<()> {
    Ok(store.commit(row(job)?, durable)?)
}

const PREFIX: &str = "batch-";

fn number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix(PREFIX)?;
    let number = digits.parse().ok()?;
    (format!("{number}") == digits).then_some(number)
}

fn key(number: u64) -> Vec<u8> {
    Key::new().u64(number).into_bytes()
}

fn row(job: &Job) -> Result<WriteBatch> {
    let source = |source| Error::Job { id: job.id.clone(), source };
    let value = serde_json::to_vec(job).map_err(source)?;
    let key = key(number(&job.id).unwrap_or_default());
    Ok(WriteBatch { writes: vec![(Table::Jobs, key, Some(value))], ..WriteBatch::default() })
}

fn read(key: &[u8], value: &[u8]) -> Result<Job> {
    serde_json::from_slice(value).map_err(|source| Error::Job { id: key.escape_ascii().to_string(), source })
}

#[cfg(test)]
mod tests {
    use acquaint_store::Embedded;

    use super::*;

    #[test]
    fn jobs_are_numbered_kept_and_listed_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        for created_ms in 1..=11 {
            let job = create(&store, vec!["a".into()], created_ms).unwrap();
            assert_eq!(job.id, format!("batch-{created_ms}"));
            assert_eq!(load(&store, &job.id).unwrap(), Some(job));
        }
        let created: Vec<_> = list(&store).unwrap().iter().map(|job| job.created_ms).collect();
        assert_eq!(created, (1..=11).collect::<Vec<_>>());
        for unknown in ["batch-12", "batch-01", "batch-", "7", ""] {
            assert_eq!(load(&store, unknown).unwrap(), None, "{unknown}");
        }
    }

    #[test]
    fn only_jobs_that_are_not_over_are_unfinished() {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        for status in [Status::New, Status::Processing, Status::Succeeded, Status::Failed, Status::Cancelled]
        {
            let job = create(&store, vec![], 1).unwrap();
            save(&store, &Job { status, ..job }, true).unwrap();
        }
        let unfinished: Vec<_> = unfinished(&store).unwrap().into_iter().map(|job| job.status).collect();
        assert_eq!(unfinished, [Status::New, Status::Processing]);
    }

    #[test]
    fn a_job_reads_as_the_api_shows_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        let json = serde_json::to_value(create(&store, vec!["a".into()], 7).unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": "batch-1", "status": "NEW", "createdMs": 7, "startedMs": null, "finishedMs": null,
                "audiences": ["a"], "counters": {"profiles": 0, "audiences": {}}, "position": 0, "error": null,
            })
        );
    }
}
