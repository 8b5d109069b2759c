//! The engine: a deterministic state machine over the log of records. One step reads some records, applies them to
//! what is pending, and commits rows, changes and its own position together; after a crash it goes on from there to
//! the same tables.
//!
//! Time is the latest `received_ms` of a record. Before a record is applied every timer due by then is, each at its own
//! instant, so a membership ends exactly when its window does, whenever somebody looks.
//!
//! A record of a new catalogue is a step of its own, and waits until no profile is left on the program before the last.

mod attributes;
mod backfill;
mod cache;
mod decided;
mod erase;
mod evaluate;
mod events;
mod expire;
mod generations;
mod identity;
pub(crate) mod in_force;
mod lifetimes;
mod progress;
mod regroup;
mod timers;
mod turn;
mod unit;
mod upcoming;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileStore, Table, Topic, catalog};

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
    rules: InForce,
    cache: Cache,
    progress: Progress,
    problems: Vec<Problem>,
    first_received_ms: Option<i64>,
}

impl<S: ProfileStore + Log> Engine<S> {
    /// Goes on from where the store says it was.
    pub fn open(store: Arc<S>) -> Result<Self> {
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
        let cache = Cache::new(progress.now_ms);
        Ok(Self { store, rules, cache, progress, problems: Vec::new(), first_received_ms: None })
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Why the newest catalogue is not in force; empty if it is.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// When the first record of the last step was received: milliseconds since the epoch. `None` if it took none.
    pub fn first_received_ms(&self) -> Option<i64> {
        self.first_received_ms
    }

    /// Does up to `limit` pieces of work (records, timers, profiles to migrate) and commits them; returns how many, 0
    /// if there is nothing to do. After an error nothing of the step is applied, and it may be tried again.
    pub fn step(&mut self, limit: usize) -> Result<usize> {
        let done = self.try_step(limit);
        if done.is_err() {
            self.cache = Cache::new(self.progress.now_ms);
        }
        done
    }

    fn try_step(&mut self, limit: usize) -> Result<usize> {
        let records = self.store.read(Topic::Records, self.progress.position, limit)?;
        self.first_received_ms = None;
        if let Some((position, bytes)) = records.first() {
            let record = open(*position, bytes)?;
            self.first_received_ms = Some(record.received_ms);
            if let Body::Catalog { version } = record.body {
                return self.catalog(*position, record.received_ms, version, limit);
            }
        }
        let mut turn = Turn::new(&*self.store, &self.rules, &mut self.cache, &self.progress);
        let mut done = turn.records(&records, limit)?;
        if done < limit && turn.progress.backfill.is_some() {
            done += turn.backfill((limit - done).min(BACKFILL_CHUNK))?;
        }
        if done > 0 {
            let (batch, progress) = turn.finish()?;
            self.store.commit(batch, false)?;
            self.progress = progress;
            self.cache.committed();
        }
        Ok(done)
    }

    /// A record says that the catalogue has changed.
    fn catalog(&mut self, position: Position, received_ms: i64, version: u64, limit: usize) -> Result<usize> {
        let mut turn = Turn::new(&*self.store, &self.rules, &mut self.cache, &self.progress);
        turn.cause = position;
        let mut done = turn.backfill(limit.min(BACKFILL_CHUNK))?;
        if done == 0 {
            done = turn.advance(received_ms, limit)?;
        }
        if done > 0 {
            let (batch, progress) = turn.finish()?;
            self.store.commit(batch, false)?;
            self.progress = progress;
            self.cache.committed();
            return Ok(done);
        }
        turn.progress.position = position;
        turn.progress.now_ms = turn.progress.now_ms.max(received_ms);
        let (mut batch, mut progress) = turn.finish()?;
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
                    self.store.commit(batch, false)?;
                    self.rules = rules;
                    self.problems.clear();
                    self.cache = Cache::new(self.progress.now_ms);
                    self.progress = progress;
                    return Ok(1);
                }
                Err(problems) => self.problems = problems,
            }
        }
        self.store.commit(batch, false)?;
        self.progress = progress;
        self.cache.committed();
        Ok(1)
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

impl Turn<'_> {
    /// Applies records up to the next catalogue or the limit; returns the pieces of work done.
    fn records(&mut self, records: &[(Position, Vec<u8>)], limit: usize) -> Result<usize> {
        let mut done = 0;
        for (position, bytes) in records {
            let record = open(*position, bytes)?;
            if matches!(record.body, Body::Catalog { .. }) {
                break;
            }
            self.cause = *position;
            loop {
                if done >= limit {
                    return Ok(done);
                }
                match self.advance(record.received_ms, limit - done)? {
                    0 => break,
                    applied => done += applied,
                }
            }
            self.apply(*position, record)?;
            done += 1;
        }
        Ok(done)
    }
}
