//! The engine: a deterministic state machine over the log of records. One step reads some records, applies them to
//! what is pending, and commits rows, changes and its own position together; after a crash it goes on from there to
//! the same tables. While a commit is written the next step is worked out over it.
//!
//! Time is the latest `received_ms` of a record. Before a record is applied every timer due by then is, each at its own
//! instant, so a membership ends exactly when its window does, whenever somebody looks.
//!
//! A record of a new catalogue is a step of its own, and waits until no profile is left on the program before the last.

mod attributes;
mod backfill;
mod batch;
mod cache;
mod decided;
mod erase;
mod evaluate;
mod events;
mod expire;
mod generations;
mod identity;
pub(crate) mod in_force;
mod lanes;
mod lifetimes;
mod order;
mod progress;
mod regroup;
mod side_by_side;
mod timers;
mod turn;
mod unit;
mod upcoming;

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::Arc;

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileStore, Receipt, Rows, Table, Topic, WriteBatch, catalog};

use self::backfill::BACKFILL_CHUNK;
use self::cache::Cache;
use self::in_force::InForce;
use self::turn::Turn;
use crate::compile::Problem;
use crate::{Error, Result};

pub use self::progress::{Backfill, Progress};
pub use self::timers::next_timer;

/// The engine. There is one for a store.
pub struct Engine<S> {
    store: Arc<S>,
    threads: NonZeroUsize,
    rules: InForce,
    cache: Cache,
    /// As of the last commit that is applied.
    progress: Progress,
    on_the_way: Option<OnTheWay>,
    problems: Vec<Problem>,
    first_received_ms: Option<i64>,
}

/// A commit that may not be applied yet: the next turn is worked out meanwhile.
struct OnTheWay {
    receipt: Receipt,
    writes: Arc<Rows>,
    progress: Progress,
    first_received_ms: Option<i64>,
}

impl<S: ProfileStore + Log> Engine<S> {
    /// Goes on from where the store says it was, with a thread for each processor.
    pub fn open(store: Arc<S>) -> Result<Self> {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::with_threads(store, threads)
    }

    /// As [`Self::open`], with so many threads. What comes of it does not depend on how many there are.
    pub fn with_threads(store: Arc<S>, threads: NonZeroUsize) -> Result<Self> {
        let rules = InForce::load(&*store)?;
        let mut progress = Progress::load(&*store)?;
        if progress.position == 0 {
            progress.program = rules.fingerprint;
        } else if progress.program != rules.fingerprint {
            // This version of the software makes another program of the same catalogue.
            enforce(
                &mut progress,
                &rules,
                Backfill { after: None, previous: Vec::new(), merged_anew: false, kept_anew: true },
            );
        }
        let cache = Cache::new(progress.now_ms, threads);
        Ok(Self {
            store,
            threads,
            rules,
            cache,
            progress,
            on_the_way: None,
            problems: Vec::new(),
            first_received_ms: None,
        })
    }

    /// How far it is: everything until there can be read from the store.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Why the newest catalogue is not in force; empty if it is.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// When the first record was received of those by which the last step has moved [`Self::progress`] on: milliseconds
    /// since the epoch. `None` if there is none.
    pub fn first_received_ms(&self) -> Option<i64> {
        self.first_received_ms
    }

    /// Does up to `limit` pieces of work (records, timers, profiles to migrate) and hands them in to be committed; returns
    /// how many, 0 if there is nothing to do and everything done is committed. After an error what was not committed is
    /// not applied, and may be tried again.
    pub fn step(&mut self, limit: usize) -> Result<usize> {
        let done = self.try_step(limit);
        if done.is_err() {
            // Whatever is still on its way is there or not before anything is read again.
            drop(self.settle());
            self.cache = Cache::new(self.progress.now_ms, self.threads);
        }
        done
    }

    fn try_step(&mut self, limit: usize) -> Result<usize> {
        self.first_received_ms = None;
        let records = self.store.read(Topic::Records, self.ahead().position, limit)?;
        let mut first_received_ms = None;
        if let Some((position, bytes)) = records.first() {
            let record = open(*position, bytes)?;
            first_received_ms = Some(record.received_ms);
            if let Body::Catalog { version } = record.body {
                self.settle()?;
                return self.catalog(*position, record.received_ms, version, limit);
            }
        }
        let mut turn = self.turn();
        let mut done = turn.records(&records, limit)?;
        if done < limit && turn.progress.backfill.is_some() {
            done += turn.backfill((limit - done).min(BACKFILL_CHUNK))?;
        }
        if done == 0 {
            self.settle()?;
            return Ok(0);
        }
        let (batch, progress) = turn.finish()?;
        self.settle()?;
        let writes = Arc::clone(&batch.shared);
        let receipt = self.store.hand_in(batch);
        self.on_the_way = Some(OnTheWay { receipt, writes, progress, first_received_ms });
        self.cache.committed();
        if matches!(self.on_the_way, Some(OnTheWay { receipt: Receipt::Known(_), .. })) {
            self.settle()?;
        }
        Ok(done)
    }

    /// How far it will be when what is on its way is applied.
    fn ahead(&self) -> &Progress {
        self.on_the_way.as_ref().map_or(&self.progress, |on_the_way| &on_the_way.progress)
    }

    /// The next turn, after what is on its way.
    fn turn(&mut self) -> Turn<'_> {
        let (writes, progress) = match &self.on_the_way {
            Some(on_the_way) => (Some(&*on_the_way.writes), &on_the_way.progress),
            None => (None, &self.progress),
        };
        Turn::new(&*self.store, writes, &self.rules, &mut self.cache, progress)
    }

    /// Waits until nothing is on its way any more.
    fn settle(&mut self) -> Result<()> {
        if let Some(OnTheWay { receipt, writes: _, progress, first_received_ms }) = self.on_the_way.take() {
            receipt.wait()?;
            self.progress = progress;
            // Two commits may be done in one step: the earlier record counts.
            self.first_received_ms = self.first_received_ms.or(first_received_ms);
        }
        Ok(())
    }

    /// A record says that the catalogue has changed; nothing is on its way.
    fn catalog(&mut self, position: Position, received_ms: i64, version: u64, limit: usize) -> Result<usize> {
        let mut turn = self.turn();
        turn.cause = position;
        let mut done = turn.backfill(limit.min(BACKFILL_CHUNK))?;
        if done == 0 {
            done = turn.advance(received_ms, limit)?;
        }
        if done > 0 {
            let (batch, progress) = turn.finish()?;
            self.commit(batch, progress)?;
            return Ok(done);
        }
        turn.progress.position = position;
        turn.progress.now_ms = turn.progress.now_ms.max(received_ms);
        let (mut batch, mut progress) = turn.finish()?;
        self.first_received_ms = self.first_received_ms.or(Some(received_ms));
        if version > self.rules.catalog.version {
            match InForce::new(catalog::store::load(&*self.store.snapshot())?) {
                Ok(rules) => {
                    if rules.fingerprint != self.rules.fingerprint {
                        let merged_anew = rules.policy != self.rules.policy;
                        let kept_anew = rules.lifetimes != self.rules.lifetimes;
                        let previous = self.rules.program.folded();
                        let backfill = Backfill { after: None, previous, merged_anew, kept_anew };
                        enforce(&mut progress, &rules, backfill);
                    }
                    let (key, value) = rules.to_row()?;
                    batch.writes.push((Table::Meta, key, Some(value)));
                    batch.writes.push((Table::Meta, progress::PROGRESS.to_vec(), Some(progress.seal()?)));
                    self.commit(batch, progress)?;
                    self.rules = rules;
                    self.problems.clear();
                    self.cache = Cache::new(self.progress.now_ms, self.threads);
                    return Ok(1);
                }
                Err(problems) => self.problems = problems,
            }
        }
        self.commit(batch, progress)?;
        Ok(1)
    }

    fn commit(&mut self, batch: WriteBatch, progress: Progress) -> Result<()> {
        self.store.commit(batch, false)?;
        self.progress = progress;
        self.cache.committed();
        Ok(())
    }
}

/// From now on every profile has to be on this program.
fn enforce(progress: &mut Progress, rules: &InForce, backfill: Backfill) {
    progress.program = rules.fingerprint;
    progress.since_ms = progress.now_ms;
    progress.since_position = progress.position;
    progress.backfill = Some(backfill);
}

fn open(position: Position, bytes: &[u8]) -> Result<Record> {
    wire::open(bytes).map_err(|source| Error::Record { position, source })
}
