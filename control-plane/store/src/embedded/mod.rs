//! The store of one machine: every table and log in one embedded LSM database with one journal.
//!
//! - All writes pass through one thread ([`committer`]): it gives log positions, checks expectations, applies batches in
//!   order and flushes once for everybody who waits.
//! - A log record that somebody wants durable is read by nobody before it is. A table row is read as soon as its batch
//!   is applied.
//! - After a failed write or flush nothing is written any more: what is on disk then is unknown until it is reopened.
//! - When more waits than there is room for, new records are refused, and writes of tables wait their turn.
//! - How far the journal was flushed is noted beside it ([`marker`]); a journal that recovers less is refused, because
//!   a damaged journal is otherwise cut at the damage without a word.

mod committer;
#[cfg(test)]
mod damage_tests;
mod database;
mod files;
mod logs;
mod marker;
mod positions;
#[cfg(test)]
mod purge_tests;
mod segment;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use acquaint_core::id::Position;

use crate::tables::{ProfileStore, Read, Receipt, Row, Snapshot, Table, WriteBatch};
use crate::{Error, Log, Result, Topic};
use committer::{Committer, WhenFull};
use database::Database;
use positions::Positions;

/// What a journal is filled with, in `Table::Meta`, for a moment.
const FILLER_KEY: &[u8] = b"store/filler";
/// Bytes of one piece of it.
const FILLER_BYTES: usize = 1_000_000;

/// The embedded store. Dropping it flushes and closes it.
pub struct Embedded {
    committer: Committer,
    database: Arc<Database>,
    positions: Arc<Positions>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Embedded").field("positions", &self.positions).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the store in a directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another process works in it; [`Error::Storage`] if the disk fails, or if anything that was
    /// acknowledged is no longer there.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self> {
        let directory = directory.as_ref();
        std::fs::create_dir_all(directory).map_err(Error::storage)?;
        let lock = lock(directory)?;
        let (database, marker) = Database::open(directory, lock)?;
        let database = Arc::new(database);
        let positions =
            Arc::new(Positions::new(database.end(Topic::Records)?, database.end(Topic::Changes)?));
        let committer = Committer::start(Arc::clone(&database), Arc::clone(&positions), marker)?;
        Ok(Self { committer, database, positions })
    }

    /// Writes what is queued, flushes, and refuses every later write with [`Error::Unavailable`].
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] if the last flush failed, now or earlier.
    pub fn close(&self) -> Result<()> {
        self.committer.close()
    }

    /// Writes all files anew, so that none has a byte of what was overwritten or deleted before; whoever erases something
    /// calls this last, and again if it says false: a view was open all the while, and what it sees is still there. Others
    /// may go on reading and writing. It takes as long as writing the whole store.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] if the disk fails; nothing is lost then.
    pub fn purge(&self) -> Result<bool> {
        if !self.database.outlive_views() {
            return Ok(false);
        }
        // The journal has everything that was ever written, and is only closed when it is long enough. That may happen while
        // it is being filled: the one that follows has nothing of what has to go, and may stay.
        let journals = self.database.journals()?;
        self.fill_journal()?;
        self.database.rewrite(journals)
    }

    /// Writes so much that the journal in use is closed at the next flush.
    fn fill_journal(&self) -> Result<()> {
        let filler = |seed: usize| {
            let batch = WriteBatch {
                writes: vec![(Table::Meta, FILLER_KEY.to_vec(), Some(noise(seed)))],
                ..WriteBatch::default()
            };
            self.commit(batch, false)
        };
        (0..=database::JOURNAL_BYTES_MIN / FILLER_BYTES).try_for_each(filler)?;
        let writes = vec![(Table::Meta, FILLER_KEY.to_vec(), None)];
        self.commit(WriteBatch { writes, ..WriteBatch::default() }, true)
    }

    /// Bytes of tables, logs and journal on disk.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] if the disk does not say.
    pub fn disk_bytes(&self) -> Result<u64> {
        self.database.disk_bytes()
    }

    /// Whether a write or flush has failed. Nothing is written any more until the directory is opened again.
    pub fn has_failed(&self) -> bool {
        self.committer.has_failed()
    }
}

/// Bytes that nothing makes shorter.
fn noise(seed: usize) -> Vec<u8> {
    let mut state = u64::try_from(seed).unwrap_or_default().wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(FILLER_BYTES);
    while bytes.len() < FILLER_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn lock(directory: &Path) -> Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(directory.join("lock"))
        .map_err(Error::storage)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { directory: directory.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(Error::storage(error)),
    }
}

impl Log for Embedded {
    fn append_with(&self, topic: Topic, payloads: Vec<Vec<u8>>, with: WriteBatch) -> Result<Position> {
        let records = payloads.into_iter().map(|payload| (topic, payload));
        let appends = records.chain(with.appends).collect();
        self.committer.submit(WriteBatch { appends, ..with }, true, WhenFull::Refuse)
    }

    fn read(&self, topic: Topic, after: Position, limit: usize) -> Result<Vec<(Position, Vec<u8>)>> {
        let end = self.end(topic);
        if after >= end || limit == 0 {
            return Ok(Vec::new());
        }
        self.database.read_log(topic, after, end, limit)
    }

    fn end(&self, topic: Topic) -> Position {
        self.positions.end(topic)
    }

    fn wait(&self, topic: Topic, after: Position, timeout: Duration) -> bool {
        self.positions.wait(topic, after, timeout)
    }
}

impl Read for Embedded {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.database.get(table, key)
    }

    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        self.database.scan(table, from, to, limit)
    }
}

impl ProfileStore for Embedded {
    fn commit(&self, batch: WriteBatch, durable: bool) -> Result<()> {
        self.committer.submit(batch, durable, WhenFull::Wait).map(drop)
    }

    fn hand_in(&self, batch: WriteBatch) -> Receipt {
        self.committer
            .send(batch, false, WhenFull::Wait)
            .map_or_else(|error| Receipt::Known(Err(error)), Receipt::Waiting)
    }

    fn snapshot(&self) -> Box<dyn Snapshot> {
        Box::new(database::View::new(Arc::clone(&self.database)))
    }
}
