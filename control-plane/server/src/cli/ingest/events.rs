//! The file of `acquaint ingest dev --events`: what the store holds, followed as it grows. It is made from the store and
//! not from the requests, so what it says was durable before it was written.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_engine::ingest::quarantine::{self, Ticket};
use acquaint_store::record::Record;
use acquaint_store::{Log, Topic};
use serde_json::Value;

use super::Error;
use crate::app::{Shared, Store};
use crate::ingest::shown;

/// How long what was refused may take to be seen.
const WAIT: Duration = Duration::from_millis(100);
/// Rows of one step.
const STEP: usize = 1_000;
/// Refusals are ordered by when they came in, and one may become durable later than others that came after it.
const LATE_MS: i64 = 60_000;

/// A running writer.
pub(super) struct Events {
    finished: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Error>>,
}

impl Events {
    /// Writes the file anew, with all that is there, and follows.
    pub(super) fn start(app: &Shared, path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).map_err(|source| Error::Events { path: path.clone(), source })?;
        let mut writer = Writer::new(Arc::clone(&app.store), file);
        let (app, finished) = (Arc::clone(app), Arc::new(AtomicBool::new(false)));
        let until = Arc::clone(&finished);
        let thread = std::thread::Builder::new().name("events".into()).spawn(move || {
            let followed = writer.follow(&until).map_err(|source| Error::Events { path, source });
            if let Err(error) = &followed {
                app.fail("events", error);
            }
            followed
        });
        Ok(Self { finished, thread: thread.map_err(Error::Thread)? })
    }

    /// Writes what is still missing, when nothing more can come.
    pub(super) fn finish(self) -> Result<(), Error> {
        self.finished.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|_| Err(Error::Thread(std::io::Error::other("it panicked"))))
    }
}

struct Writer {
    store: Arc<Store>,
    file: BufWriter<File>,
    position: Position,
    /// Refusals that were written and may be met again.
    written: BTreeSet<Ticket>,
}

impl Writer {
    fn new(store: Arc<Store>, file: File) -> Self {
        Self { store, file: BufWriter::new(file), position: 0, written: BTreeSet::new() }
    }

    fn follow(&mut self, finished: &AtomicBool) -> std::io::Result<()> {
        loop {
            // Asked before the last look, so that the last look sees everything.
            let is_last = finished.load(Ordering::Acquire);
            while self.accepted()? > 0 {}
            self.refused()?;
            self.file.flush()?;
            if is_last {
                return Ok(());
            }
            self.store.wait(Topic::Records, self.position, WAIT);
        }
    }

    fn accepted(&mut self) -> std::io::Result<usize> {
        let found = self.store.read(Topic::Records, self.position, STEP).map_err(std::io::Error::other)?;
        for (position, bytes) in &found {
            let record: Record = wire::open(bytes).map_err(std::io::Error::other)?;
            if let Some(shown) = shown::record(*position, &record) {
                self.line(&shown)?;
            }
            self.position = *position;
        }
        Ok(found.len())
    }

    fn refused(&mut self) -> std::io::Result<()> {
        let late = u128::try_from(LATE_MS).unwrap_or_default() << 64;
        let oldest = self.written.last().map(|newest| newest.saturating_sub(late));
        self.written = oldest.map_or_else(BTreeSet::new, |oldest| self.written.split_off(&oldest));
        let mut after = oldest;
        loop {
            let found = quarantine::list(&*self.store, after, STEP).map_err(std::io::Error::other)?;
            let Some((last, _)) = found.last() else { return Ok(()) };
            after = Some(*last);
            for (ticket, record) in &found {
                if self.written.insert(*ticket) {
                    let mut shown = shown::refused(*ticket, record);
                    if let Value::Object(shown) = &mut shown {
                        shown.insert("status".into(), "quarantined".into());
                    }
                    self.line(&shown)?;
                }
            }
        }
    }

    fn line(&mut self, shown: &Value) -> std::io::Result<()> {
        writeln!(self.file, "{shown}")
    }
}
