//! The tables and logs on disk: what is read from where, and one batch written at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use acquaint_core::id::Position;
use fjall::{Iter, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

use super::files;
use super::logs::appended;
use super::marker::Marker;
use super::positions::Ends;
use crate::tables::{Read, Row, Snapshot, Table, WriteBatch};
use crate::{Error, Result, Topic, keys};

/// The longest key, in bytes.
pub(super) const KEY_BYTES_MAX: usize = u16::MAX as usize;
/// Blocks kept in memory, in bytes.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;
/// Rows of a table that are kept in memory before they are written as a file: to place one in a larger one costs more than
/// the files that this saves.
const MEMTABLE_BYTES: u64 = 32 * 1024 * 1024;
/// Where the number of batches ever applied is kept: written with every batch.
const COUNT_KEY: &str = "batches";
/// No row has this key.
const NO_KEY: &str = "\0none";
/// The file that notes what is durable, and the folder of the storage engine.
const NOTE: &str = "durable";
const TABLES: &str = "tables";

/// A journal of so many bytes is closed at the next flush.
pub(super) const JOURNAL_BYTES_MIN: usize = 64_000_000;
/// After so many snapshots the storage engine looks for what nobody can see any more.
const SNAPSHOTS_PER_LOOK: usize = 10_000;
/// Files are written anew at least so often: those before are only let go of by the next time.
const REWRITES_MIN: usize = 2;
/// And at most so often.
const REWRITES_MAX: usize = 20;
/// How long to wait for views that are open to be closed.
const VIEWS_CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// What is wrong with the files.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("log `{topic:?}` has no record {position}, which was acknowledged")]
    Gap { topic: Topic, position: Position },
    #[error("only {found} of {acknowledged} acknowledged batches are left: the journal is damaged")]
    Lost { found: u64, acknowledged: u64 },
    #[error("the file `{0}` is missing or damaged")]
    File(&'static str),
    #[error("the storage engine gave up on damaged files")]
    Panic,
    #[error("an earlier write failed; reopen the store")]
    Stopped,
}

/// The open database.
pub(super) struct Database {
    database: fjall::Database,
    tables: BTreeMap<Table, Keyspace>,
    logs: BTreeMap<Topic, Keyspace>,
    internal: Keyspace,
    /// Every view that was opened since the files were last written anew has a share in it.
    views: Mutex<Arc<()>>,
    place: PathBuf,
    _lock: File,
}

impl Database {
    /// Opens what is in the directory, or makes it. The lock is held as long as anything reads or writes.
    pub(super) fn open(directory: &Path, lock: File) -> Result<(Self, Marker)> {
        let place = directory.join("store");
        if !place.try_exists().map_err(Error::storage)? {
            Self::create(directory, &place, &lock)?;
        }
        let marker = Marker::open(&place.join(NOTE)).map_err(Error::storage)?;
        let mut marker = marker.ok_or_else(|| Error::storage(Damage::File(NOTE)))?;
        if !place.join(TABLES).try_exists().map_err(Error::storage)? {
            return Err(Error::storage(Damage::File(TABLES)));
        }
        if !files::are_sound(&place.join(TABLES)).map_err(Error::storage)? {
            return Err(Error::storage(Damage::File(TABLES)));
        }
        let database = Self::recover(&place.join(TABLES), lock)?;
        let found = database.count()?;
        if found < marker.count {
            return Err(Error::storage(Damage::Lost { found, acknowledged: marker.count }));
        }
        // What was recovered may have been read by nobody yet; from here on it is, so it has to stay.
        database.persist(PersistMode::SyncAll)?;
        marker.write(found).map_err(Error::storage)?;
        Ok((database, marker))
    }

    /// Makes an empty store beside its place and moves it there whole, so that a crash leaves none or all of it.
    fn create(directory: &Path, place: &Path, lock: &File) -> Result<()> {
        let unfinished = directory.join("store.new");
        if unfinished.try_exists().map_err(Error::storage)? {
            std::fs::remove_dir_all(&unfinished).map_err(Error::storage)?;
        }
        std::fs::create_dir(&unfinished).map_err(Error::storage)?;
        Marker::create(&unfinished.join(NOTE)).map_err(Error::storage)?;
        let lock = lock.try_clone().map_err(Error::storage)?;
        let database = Self::recover(&unfinished.join(TABLES), lock)?;
        database.persist(PersistMode::SyncAll)?;
        drop(database);
        std::fs::rename(&unfinished, place).map_err(Error::storage)?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(Error::storage)
    }

    fn recover(directory: &Path, lock: File) -> Result<Self> {
        let database = guarded(|| {
            let builder = fjall::Database::builder(directory);
            builder.manual_journal_persist(true).cache_size(CACHE_BYTES).open().map_err(Error::storage)
        })?;
        let opened = guarded(|| {
            let (tables, logs) = (Table::ALL.map(Table::name), Topic::ALL.map(Topic::name));
            Ok((keyspaces(&database, tables)?, keyspaces(&database, logs)?, keyspace(&database, "internal")?))
        });
        let (tables, logs, internal) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // Where it has panicked it does so again when it is dropped. While a panic unwinds that would end the process.
                drop(guarded(|| {
                    drop(database);
                    Ok(())
                }));
                return Err(error);
            }
        };
        let tables = Table::ALL.into_iter().zip(tables).collect();
        let logs = Topic::ALL.into_iter().zip(logs).collect();
        let (views, place) = (Mutex::default(), directory.to_owned());
        Ok(Self { tables, logs, internal, views, place, database, _lock: lock })
    }

    /// How many batches were ever applied.
    pub(super) fn count(&self) -> Result<u64> {
        match guarded(|| self.internal.get(COUNT_KEY).map_err(Error::storage))? {
            None => Ok(0),
            Some(bytes) => keys::parse_position(&bytes).ok_or_else(|| Error::storage(Damage::File("tables"))),
        }
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if !(1..=KEY_BYTES_MAX).contains(&key.len()) {
            return Ok(None);
        }
        guarded(|| Ok(self.table(table)?.get(key).map_err(Error::storage)?.map(|value| value.to_vec())))
    }

    pub(super) fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>> {
        if is_empty(from, to) {
            return Ok(Vec::new());
        }
        guarded(|| collect(self.table(table)?.range::<&[u8], _>((from, to)), limit))
    }

    /// Applies one batch, the `count`th, without flushing. Appends take the next positions of `ends`; the answer is
    /// the first of them.
    pub(super) fn apply(&self, mut batch: WriteBatch, count: u64, ends: &mut Ends) -> Result<Position> {
        let mut writes = self.database.batch().durability(None);
        // The same key twice in one batch would have the same sequence number twice: only the last write goes in.
        let mut rows = std::mem::take(&mut batch.writes);
        rows.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        let overruled = |table: Table, key: &[u8]| {
            rows.binary_search_by(|row| (row.0, row.1.as_slice()).cmp(&(table, key))).is_ok()
        };
        for (table, key, value) in batch.shared().filter(|(table, key, _)| !overruled(*table, key)) {
            write(&mut writes, self.table(table)?, key.as_slice(), value.as_deref());
        }
        let mut rows = rows.into_iter().peekable();
        while let Some((table, key, value)) = rows.next() {
            if rows.peek().is_some_and(|next| next.0 == table && next.1 == key) {
                continue;
            }
            write(&mut writes, self.table(table)?, key, value);
        }
        let replaced = self.replaced(batch.replaced, *ends)?;
        let (first, appended) = appended(batch.appends, ends)?;
        for (topic, (key, value)) in replaced.into_iter().chain(appended) {
            writes.insert(self.log(topic)?, key, value);
        }
        writes.insert(&self.internal, COUNT_KEY, count.to_be_bytes());
        guarded(|| writes.commit().map_err(Error::storage))?;
        Ok(first)
    }

    pub(super) fn disk_bytes(&self) -> Result<u64> {
        guarded(|| self.database.disk_space().map_err(Error::storage))
    }

    pub(super) fn persist(&self, mode: PersistMode) -> Result<()> {
        guarded(|| self.database.persist(mode).map_err(Error::storage))
    }

    fn table(&self, table: Table) -> Result<&Keyspace> {
        self.tables.get(&table).ok_or_else(|| Error::storage(Damage::File(table.name())))
    }

    pub(super) fn log(&self, topic: Topic) -> Result<&Keyspace> {
        self.logs.get(&topic).ok_or_else(|| Error::storage(Damage::File(topic.name())))
    }

    fn keyspaces(&self) -> impl Iterator<Item = &Keyspace> {
        self.tables.values().chain(self.logs.values()).chain([&self.internal])
    }

    /// Writes everything that is only in memory and the journal into table files.
    #[cfg(test)]
    pub(super) fn flush_tables(&self) {
        for keyspace in self.keyspaces() {
            keyspace.rotate_memtable_and_wait().unwrap();
        }
    }

    /// Writes everything of one table into files, and these anew without what was deleted.
    #[cfg(test)]
    pub(super) fn compact(&self, table: Table) {
        let keyspace = self.table(table).unwrap();
        keyspace.rotate_memtable_and_wait().unwrap();
        self.look_for_unseen();
        keyspace.major_compact().unwrap();
    }

    /// Writes every table file anew, without what was overwritten or deleted, until neither the files that are there now nor
    /// these journals are left; false if some of them stay. A journal is closed when it is long enough
    /// ([`JOURNAL_BYTES_MIN`]): those that are asked for must be that long, or closed already.
    pub(super) fn rewrite(&self, journals: Vec<PathBuf>) -> Result<bool> {
        let mut before = journals;
        for keyspace in self.keyspaces() {
            before.extend(files(&keyspace.path().join("tables"))?);
        }
        for rewrite in 1..=REWRITES_MAX {
            guarded(|| self.rewrite_once())?;
            if rewrite >= REWRITES_MIN && !before.iter().any(|file| file.exists()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rewrite_once(&self) -> Result<()> {
        self.look_for_unseen();
        self.touch()?;
        for keyspace in self.keyspaces() {
            keyspace.rotate_memtable_and_wait().map_err(Error::storage)?;
        }
        for keyspace in self.keyspaces() {
            keyspace.major_compact().map_err(Error::storage)?;
        }
        Ok(())
    }

    /// What nobody can see any more may go: the storage engine looks after so many snapshots.
    fn look_for_unseen(&self) {
        for _ in 0..SNAPSHOTS_PER_LOOK {
            drop(self.database.snapshot());
        }
    }

    /// Deletes a row that is not there from each table and log. A closed journal is only let go of at a flush that finds a
    /// row in the files of each table that is no older than the journal, and the newest may have been compacted away.
    fn touch(&self) -> Result<()> {
        let mut writes = self.database.batch().durability(None);
        for keyspace in self.keyspaces() {
            writes.remove(keyspace, NO_KEY);
        }
        writes.commit().map_err(Error::storage)
    }

    /// The files of the journal: the one that is written to, and those that are closed and still needed.
    pub(super) fn journals(&self) -> Result<Vec<PathBuf>> {
        let mut found = files(&self.place)?;
        found.retain(|path| path.extension().is_some_and(|extension| extension == "jnl"));
        Ok(found)
    }

    /// Waits a little for every view that is open now to be closed; false if one still is.
    pub(super) fn outlive_views(&self) -> bool {
        let open = std::mem::take(&mut *self.views.lock().unwrap_or_else(PoisonError::into_inner));
        let since = Instant::now();
        while Arc::strong_count(&open) > 1 && since.elapsed() < VIEWS_CLOSE_WITHIN {
            std::thread::sleep(Duration::from_millis(5));
        }
        Arc::strong_count(&open) == 1
    }
}

/// A frozen view.
pub(super) struct View {
    snapshot: fjall::Snapshot,
    database: Arc<Database>,
    _open: Arc<()>,
}

impl View {
    pub(super) fn new(database: Arc<Database>) -> Self {
        let open = Arc::clone(&database.views.lock().unwrap_or_else(PoisonError::into_inner));
        Self { snapshot: database.database.snapshot(), database, _open: open }
    }
}

impl Read for View {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if !(1..=KEY_BYTES_MAX).contains(&key.len()) {
            return Ok(None);
        }
        let keyspace = self.database.table(table)?;
        guarded(|| Ok(self.snapshot.get(keyspace, key).map_err(Error::storage)?.map(|value| value.to_vec())))
    }

    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        if is_empty(from, to) {
            return Ok(Vec::new());
        }
        let keyspace = self.database.table(table)?;
        guarded(|| collect(self.snapshot.range::<&[u8], _>(keyspace, (from, to)), limit))
    }
}

impl Snapshot for View {}

/// Puts a row into a batch, or the note that it is gone.
fn write<T: Into<fjall::Slice>>(
    writes: &mut fjall::OwnedWriteBatch,
    keyspace: &Keyspace,
    key: T,
    value: Option<T>,
) {
    match value {
        Some(value) => writes.insert(keyspace, key, value),
        None => writes.remove(keyspace, key),
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(Error::storage)?;
    entries.map(|entry| Ok(entry.map_err(Error::storage)?.path())).collect()
}

fn collect(rows: Iter, limit: usize) -> Result<Vec<Row>> {
    let pair = |row: fjall::Guard| {
        let (key, value) = row.into_inner().map_err(Error::storage)?;
        Ok((key.to_vec(), value.to_vec()))
    };
    rows.take(limit).map(pair).collect()
}

fn keyspaces<const N: usize>(database: &fjall::Database, names: [&str; N]) -> Result<Vec<Keyspace>> {
    names.into_iter().map(|name| keyspace(database, name)).collect()
}

fn keyspace(database: &fjall::Database, name: &str) -> Result<Keyspace> {
    let options =
        || KeyspaceCreateOptions::default().manual_journal_persist(true).max_memtable_size(MEMTABLE_BYTES);
    database.keyspace(name, options).map_err(Error::storage)
}

/// The storage engine asserts that a range does not run backwards.
fn is_empty(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            from >= to
        }
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// The storage engine panics on some kinds of damage; to us that is an error like any other.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::storage(Damage::Panic)))
}
