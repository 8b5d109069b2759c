//! Runs a job: threads take buckets of profiles off one snapshot until there is none left.

#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::plan::Prepared;
use acquaint_core::profile::MergePolicy;
use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileDocument, ProfileStore, Snapshot, Topic};

use crate::bucket::{Decision, Evaluation};
use crate::job::{self, Counters, Job, Status};
use crate::{Error, Result};

/// Threads of one job.
const THREADS: usize = 2;
/// Profiles of one bucket: also how far a cancelled job still goes, and how many decisions one append has at most.
const BUCKET_PROFILES: usize = 256;

/// What a job needs.
pub struct Task<'a, S: ?Sized> {
    /// Where profiles are read and decisions go.
    pub store: &'a S,
    /// All audiences, batch and streaming, by the catalogue in force.
    pub program: &'a Prepared,
    /// How fragments become one profile.
    pub policy: &'a MergePolicy,
    /// The time: milliseconds since the epoch, UTC. Read once for the instant of evaluation, and for each append.
    pub clock: &'a (dyn Fn() -> i64 + Sync),
    /// Set it to end the job after the buckets at hand.
    pub cancel: &'a AtomicBool,
    /// Hears of every bucket.
    pub progress: &'a (dyn Fn(&Counters) + Sync),
}

/// Runs a job to its end and keeps it, whatever the end is: the answer may be a failed job. Everything it has decided is
/// durable by then.
///
/// # Errors
///
/// If the job itself cannot be kept.
pub fn run<S: ProfileStore + Log + ?Sized>(task: &Task<'_, S>, mut job: Job) -> Result<Job> {
    let now_ms = (task.clock)();
    job.status = Status::Processing;
    job.started_ms = Some(now_ms);
    job.counters = Counters::default();
    job::save(task.store, &job, true)?;

    let evaluation = Evaluation::new(task.program, task.policy, &job.audiences, now_ms);
    let walk = Walk::new(task, &job.id, &evaluation);
    let outcome = walk.go();
    let done = walk.done.into_inner().unwrap_or_else(PoisonError::into_inner);

    (job.counters, job.position) = (done.counters, done.position);
    job.status = match &outcome {
        Ok(()) if task.cancel.load(Ordering::Relaxed) => Status::Cancelled,
        Ok(()) => Status::Succeeded,
        Err(_) => Status::Failed,
    };
    job.error = outcome.err().map(|error| explain(&error));
    job.finished_ms = Some((task.clock)());
    job::save(task.store, &job, true)?;
    Ok(job)
}

fn explain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What is done so far.
#[derive(Default)]
struct Done {
    counters: Counters,
    position: Position,
}

/// One walk over all profiles.
struct Walk<'a, S: ?Sized> {
    task: &'a Task<'a, S>,
    job: &'a str,
    evaluation: &'a Evaluation<'a>,
    snapshot: Box<dyn Snapshot>,
    /// What to take next: nothing once all is taken, or a thread has failed.
    next: Mutex<Next>,
    done: Mutex<Done>,
}

#[derive(Clone, Copy)]
enum Next {
    After(Option<ProfileId>),
    Nothing,
}

impl<'a, S: ProfileStore + Log + ?Sized> Walk<'a, S> {
    fn new(task: &'a Task<'a, S>, job: &'a str, evaluation: &'a Evaluation<'a>) -> Self {
        Self {
            snapshot: task.store.snapshot(),
            next: Mutex::new(Next::After(None)),
            done: Mutex::default(),
            task,
            job,
            evaluation,
        }
    }

    fn go(&self) -> Result<()> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| self.work())).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, Result<()>>| {
                thread.join().unwrap_or(Err(Error::Task))
            };
            // All of them end before the first failure is told.
            threads.into_iter().map(join).fold(Ok(()), Result::and)
        })
    }

    fn work(&self) -> Result<()> {
        let worked = self.work_until_done();
        if worked.is_err() {
            *held(&self.next) = Next::Nothing;
        }
        worked
    }

    fn work_until_done(&self) -> Result<()> {
        while !self.task.cancel.load(Ordering::Relaxed) {
            let profiles = self.take()?;
            if profiles.is_empty() {
                break;
            }
            let (decisions, counters) = self.evaluation.evaluate(&*self.snapshot, &profiles)?;
            let position = self.tell(decisions)?;
            let mut done = held(&self.done);
            done.counters.add(&counters);
            done.position = done.position.max(position);
            (self.task.progress)(&done.counters);
        }
        Ok(())
    }

    /// The next bucket.
    fn take(&self) -> Result<Vec<ProfileDocument>> {
        let mut next = held(&self.next);
        let Next::After(after) = *next else {
            return Ok(Vec::new());
        };
        let profiles = ProfileDocument::scan(&*self.snapshot, after, BUCKET_PROFILES)?;
        *next = profiles.last().map_or(Next::Nothing, |last| Next::After(Some(last.id)));
        Ok(profiles)
    }

    /// Appends decisions; the answer is the position of the last.
    fn tell(&self, decisions: Vec<Decision>) -> Result<Position> {
        if decisions.is_empty() {
            return Ok(0);
        }
        let received_ms = (self.task.clock)();
        let mut payloads = Vec::with_capacity(decisions.len());
        for Decision { profile, answers } in decisions {
            let body = Body::Decided {
                job: self.job.into(),
                profile,
                evaluated_ms: self.evaluation.now_ms,
                answers,
            };
            let payload = wire::seal(&Record { received_ms, body });
            payloads.push(payload.map_err(|source| Error::Decision { profile, source })?);
        }
        let count = payloads.len() as u64;
        let first = self.task.store.append(Topic::Records, payloads)?;
        Ok(first.saturating_add(count).saturating_sub(1))
    }
}

/// What is held is whole at every instant, so a panic of another thread leaves nothing half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
