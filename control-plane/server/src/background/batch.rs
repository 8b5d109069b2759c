//! Batch jobs, one at a time, in the order in which they were asked for; and the daily one. A job that a crash has
//! interrupted is run again from the beginning: it decides the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use acquaint_batch::{Job, Status, Task, job, schedule};
use acquaint_core::id::AudienceId;
use acquaint_core::plan::Prepared;
use acquaint_engine::{Progress, compile, publish};
use acquaint_store::{Log, Topic};

use crate::app::{App, Shared};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a job could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Batch(#[from] acquaint_batch::Error),
    #[error(transparent)]
    Engine(#[from] acquaint_engine::Error),
}

/// The job that runs, and the way to end it.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<Option<(String, Arc<AtomicBool>)>>);

impl Running {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(String, Arc<AtomicBool>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends whatever runs: the process ends.
    pub(crate) fn end(&self) {
        if let Some((_, cancel)) = &*self.lock() {
            cancel.store(true, Ordering::Relaxed);
        }
    }
}

/// Asks for a job. No audiences: all.
pub(crate) fn ask(app: &App, audiences: Vec<AudienceId>) -> acquaint_batch::Result<Job> {
    // Under the lock, so that two who ask at once get two jobs.
    let running = app.batch.lock();
    let job = job::create(&*app.store, audiences, app.clock.now_ms())?;
    drop(running);
    app.bell.ring();
    Ok(job)
}

/// Cancels a job; one that is over stays as it is. `None`: there is no such job.
pub(crate) fn cancel(app: &App, id: &str) -> acquaint_batch::Result<Option<Job>> {
    let running = app.batch.lock();
    let Some(mut job) = job::load(&*app.store, id)? else { return Ok(None) };
    match &*running {
        Some((of, cancel)) if of == id => cancel.store(true, Ordering::Relaxed),
        Some(_) | None if job.is_over() => {}
        Some(_) | None => {
            job.status = Status::Cancelled;
            job.finished_ms = Some(app.clock.now_ms());
            job::save(&*app.store, &job, true)?;
        }
    }
    Ok(Some(job))
}

/// Runs jobs until it is time to stop.
pub(super) fn run(app: &Shared) {
    while !app.is_stopping() {
        let seen = app.bell.rings();
        match turn(app) {
            Ok(true) => {}
            Ok(false) => app.bell.wait(seen, LOOK_EVERY),
            Err(error) => return app.fail("batch", &error),
        }
    }
}

/// Runs the next job, if there is one and the engine has come to where the log was when it was asked for.
fn turn(app: &App) -> Result<bool, Error> {
    let (job, cancel) = {
        let mut running = app.batch.lock();
        let Some(job) = job::unfinished(&*app.store)?.into_iter().next() else { return Ok(false) };
        let cancel = Arc::new(AtomicBool::new(false));
        *running = Some((job.id.clone(), Arc::clone(&cancel)));
        (job, cancel)
    };
    let ready = wait_for_engine(app, &cancel)?;
    let outcome = match ready {
        true => one(app, job, &cancel),
        false => end_early(app, job),
    };
    let mut running = app.batch.lock();
    let job = outcome?;
    if app.is_stopping() && job.status == Status::Cancelled {
        // Nobody cancelled it: the process ends, and the next one runs it.
        job::save(&*app.store, &Job { status: Status::New, finished_ms: None, ..job }, true)?;
    } else {
        tracing::info!(job = job.id, status = ?job.status, profiles = job.counters.profiles, "batch job ended");
    }
    *running = None;
    drop(running);
    app.bell.ring();
    Ok(true)
}

/// What was accepted before the job was asked for counts in it. False if there is no time for that.
fn wait_for_engine(app: &App, cancel: &AtomicBool) -> Result<bool, Error> {
    let end = app.store.end(Topic::Records);
    loop {
        let seen = app.bell.rings();
        if app.is_stopping() || cancel.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let progress = Progress::load(&*app.store)?;
        if progress.position >= end && progress.backfill.is_none() {
            return Ok(true);
        }
        app.bell.wait(seen, LOOK_EVERY);
    }
}

fn end_early(app: &App, mut job: Job) -> Result<Job, Error> {
    job.status = Status::Cancelled;
    job.finished_ms = Some(app.clock.now_ms());
    job::save(&*app.store, &job, true)?;
    Ok(job)
}

fn one(app: &App, mut job: Job, cancel: &AtomicBool) -> Result<Job, Error> {
    let catalog = publish::catalog_in_force(&*app.store)?;
    let policy = catalog.merge_policy.clone().unwrap_or_default();
    let program = match compile::compile_catalog(&catalog) {
        Ok(compiled) => Prepared::new(compiled.program),
        Err(problems) => {
            job.status = Status::Failed;
            job.error = Some(compile::summary(&problems));
            job.finished_ms = Some(app.clock.now_ms());
            job::save(&*app.store, &job, true)?;
            return Ok(job);
        }
    };
    let task = Task {
        store: &*app.store,
        program: &program,
        policy: &policy,
        clock: &|| app.clock.now_ms(),
        cancel,
        progress: &|_| {},
    };
    Ok(acquaint_batch::run(&task, job)?)
}

/// Asks for a job whenever the schedule says so. One that was due while the process was away is made up for, once.
pub(super) fn schedule(app: &Shared, cron: &str) {
    let started_ms = app.clock.now_ms();
    while !app.is_stopping() {
        let seen = app.bell.rings();
        if let Err(error) = ask_if_due(app, cron, started_ms) {
            return app.fail("schedule", &error);
        }
        app.bell.wait(seen, LOOK_EVERY);
    }
}

fn ask_if_due(app: &App, cron: &str, started_ms: i64) -> Result<(), Error> {
    let last_ms = job::list(&*app.store)?.last().map_or(started_ms, |job| job.created_ms);
    match schedule::next_run(cron, last_ms) {
        Some(due_ms) if due_ms <= app.clock.now_ms() => ask(app, Vec::new()).map(drop)?,
        Some(_) | None => {}
    }
    Ok(())
}
