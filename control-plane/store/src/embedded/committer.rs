//! Group commit: one thread takes what has queued up, applies it in order and flushes once for all of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use acquaint_core::id::Position;
use fjall::PersistMode;

use super::database::{Damage, Database, KEY_BYTES_MAX};
use super::marker::Marker;
use super::positions::{Ends, Positions};
use crate::tables::WriteBatch;
use crate::{Error, Result};

/// Requests that may wait.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Bytes that may wait.
const QUEUE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Requests that share one flush at most, so that the first does not wait for ever.
const GROUP_REQUESTS_MAX: usize = 1_024;
/// Writes that asked for no flush get one after so long without another request.
const IDLE_FLUSH_MS: u64 = 50;

/// What becomes of a batch for which there is no room.
#[derive(Clone, Copy, Debug)]
pub(super) enum WhenFull {
    /// New work: whoever brings it can come again.
    Refuse,
    /// What work that was taken on has come to: it makes room, and so must not be kept from ending.
    Wait,
}

struct Request {
    batch: WriteBatch,
    bytes: usize,
    durable: bool,
    reply: SyncSender<Result<Position>>,
}

enum Message {
    Commit(Request),
    Close(SyncSender<Result<()>>),
}

/// The way to the thread that writes.
pub(super) struct Committer {
    queue: SyncSender<Message>,
    queued_bytes: Arc<AtomicUsize>,
    failed: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    pub(super) fn start(database: Arc<Database>, positions: Arc<Positions>, marker: Marker) -> Result<Self> {
        let (queue, messages) = sync_channel(QUEUE_REQUESTS_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let failed = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            ends: positions.ends(),
            count: marker.count,
            stopped: Arc::clone(&failed),
            unflushed: false,
            queued_bytes: Arc::clone(&queued_bytes),
            database,
            positions,
            marker,
        };
        let thread = std::thread::Builder::new()
            .name("store-committer".into())
            .spawn(move || writer.run(&messages))
            .map_err(Error::storage)?;
        Ok(Self { queue, queued_bytes, failed, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a batch and waits until it is applied, and flushed if it is to be durable.
    pub(super) fn submit(&self, batch: WriteBatch, durable: bool, when_full: WhenFull) -> Result<Position> {
        // Dropped unanswered: it was queued behind a close.
        self.send(batch, durable, when_full)?.recv().unwrap_or(Err(Error::Unavailable))
    }

    /// Queues a batch; what becomes of it is said by the receiver.
    pub(super) fn send(
        &self,
        batch: WriteBatch,
        durable: bool,
        when_full: WhenFull,
    ) -> Result<Receiver<Result<Position>>> {
        check_keys(&batch)?;
        let bytes = size(&batch);
        let queued = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        // A batch larger than the whole allowance still gets through an empty queue.
        let full = queued > 0 && queued.saturating_add(bytes) > QUEUE_BYTES_MAX;
        let (reply, answer) = sync_channel(1);
        let message = Message::Commit(Request { batch, bytes, durable, reply });
        let sent = match when_full {
            WhenFull::Refuse if full => Err(Error::Unavailable),
            WhenFull::Refuse => match self.queue.try_send(message) {
                Ok(()) => Ok(answer),
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Error::Unavailable),
            },
            WhenFull::Wait => self.queue.send(message).map(|()| answer).map_err(|_| Error::Unavailable),
        };
        if sent.is_err() {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        sent
    }

    /// Whether a write or flush has failed: nothing is written any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Lets the thread finish what is queued, flush and end.
    pub(super) fn close(&self) -> Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = thread.take() else {
            return Ok(());
        };
        let (reply, answer) = sync_channel(1);
        let flushed = match self.queue.send(Message::Close(reply)) {
            Ok(()) => answer.recv().unwrap_or_else(|_| Err(Error::storage(Damage::Panic))),
            Err(_) => Err(Error::storage(Damage::Panic)),
        };
        running.join().map_err(|_| Error::storage(Damage::Panic))?;
        flushed
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        // Nobody is left to tell; whoever wants to know has called `close`.
        drop(self.close());
    }
}

fn size(batch: &WriteBatch) -> usize {
    let row = |key: &Vec<u8>, value: &Option<Vec<u8>>| key.len() + value.as_ref().map_or(0, Vec::len);
    let writes = batch.writes.iter().map(|(_, key, value)| row(key, value));
    let shared = batch.shared().map(|(_, key, value)| row(key, value));
    let appends = batch.appends.iter().map(|(_, payload)| payload.len());
    let replaced = batch.replaced.iter().map(|(_, _, payload)| payload.len());
    writes.chain(shared).chain(appends).chain(replaced).fold(0, usize::saturating_add)
}

fn check_keys(batch: &WriteBatch) -> Result<()> {
    let own = batch.writes.iter().chain(&batch.expected).map(|(table, key, _)| (*table, key));
    let mut all = own.chain(batch.shared().map(|(table, key, _)| (table, key)));
    all.try_for_each(|(table, key)| match key.len() {
        1..=KEY_BYTES_MAX => Ok(()),
        bytes => Err(Error::Key { table: table.name(), bytes, max: KEY_BYTES_MAX }),
    })
}

/// What the thread works on.
struct Writer {
    database: Arc<Database>,
    positions: Arc<Positions>,
    marker: Marker,
    /// The last positions given, durable or not.
    ends: Ends,
    /// How many batches were ever applied.
    count: u64,
    unflushed: bool,
    /// A write or flush has failed: what is on disk is unknown.
    stopped: Arc<AtomicBool>,
    queued_bytes: Arc<AtomicUsize>,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let first = if self.unflushed {
                match messages.recv_timeout(Duration::from_millis(IDLE_FLUSH_MS)) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => {
                        // A failure is kept in `stopped` and told to the next who writes.
                        drop(self.flush(true));
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => None,
                }
            } else {
                messages.recv().ok()
            };
            let rest = std::iter::from_fn(|| messages.try_recv().ok()).take(GROUP_REQUESTS_MAX);
            let mut group = Vec::new();
            let mut close = None;
            for message in first.into_iter().chain(rest) {
                match message {
                    Message::Commit(request) => group.push(request),
                    Message::Close(reply) => {
                        close = Some(reply);
                        break;
                    }
                }
            }
            if group.is_empty() && close.is_none() {
                return;
            }
            self.commit(group);
            if let Some(reply) = close {
                let flushed = self.flush(true);
                drop(reply.send(flushed));
                return;
            }
        }
    }

    /// Applies a group in order, flushes once, and only then answers anybody.
    fn commit(&mut self, group: Vec<Request>) {
        let durable = group.iter().any(|request| request.durable);
        let bytes = group.iter().map(|request| request.bytes).fold(0, usize::saturating_add);
        let mut answers = Vec::with_capacity(group.len());
        for request in group {
            let answer = self.apply(request.batch);
            answers.push((request.reply, answer));
        }
        let flushed = self.flush(durable);
        if flushed.is_ok() {
            self.positions.publish(self.ends);
        }
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        for (reply, answer) in answers {
            let answer = answer.and_then(|position| match &flushed {
                Ok(()) => Ok(position),
                Err(error) => Err(Error::storage(error.to_string())),
            });
            // A caller that has gone away does not want the answer.
            drop(reply.send(answer));
        }
    }

    fn apply(&mut self, batch: WriteBatch) -> Result<Position> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Error::storage(Damage::Stopped));
        }
        for (table, key, expected) in &batch.expected {
            if self.database.get(*table, key)? != *expected {
                return Err(Error::Conflict { place: table.place(key) });
            }
        }
        let count = self.count.saturating_add(1);
        let mut ends = self.ends;
        match self.database.apply(batch, count, &mut ends) {
            Ok(position) => {
                (self.count, self.ends, self.unflushed) = (count, ends, true);
                Ok(position)
            }
            Err(error) => {
                self.stopped.store(true, Ordering::Release);
                Err(error)
            }
        }
    }

    fn flush(&mut self, durable: bool) -> Result<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Error::storage(Damage::Stopped));
        }
        if !self.unflushed {
            return Ok(());
        }
        let flushed = if durable {
            let synced = self.database.persist(PersistMode::SyncData);
            synced.and_then(|()| self.marker.write(self.count).map_err(Error::storage))
        } else {
            self.database.persist(PersistMode::Buffer)
        };
        match &flushed {
            Ok(()) => self.unflushed = !durable,
            Err(_) => self.stopped.store(true, Ordering::Release),
        }
        flushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedded, Log, ProfileStore, Topic};

    #[test]
    fn when_there_is_no_room_new_records_are_refused_and_work_taken_on_still_ends() {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        store.committer.queued_bytes.fetch_add(QUEUE_BYTES_MAX, Ordering::Relaxed);
        assert!(matches!(store.append(Topic::Records, vec![b"a".to_vec()]), Err(Error::Unavailable)));
        let appends = vec![(Topic::Changes, b"a".to_vec())];
        store.commit(WriteBatch { appends, ..WriteBatch::default() }, false).unwrap();
        assert_eq!((store.end(Topic::Records), store.end(Topic::Changes)), (0, 1));
    }
}
