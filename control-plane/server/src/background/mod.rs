//! The loops behind the routes: engine, timers, a publisher for each edge, activation, daily batch, erasures, uploads, object
//! storage, retention. Each begins where the store says it was, so that a crash is only a pause.

mod activation;
pub(crate) mod batch;
mod engine;
mod erasure;
mod objects;
mod publisher;
mod retention;
mod sharing;
mod timers;
mod uploads;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::app::Shared;
use crate::serve::Error;
use crate::settings::Retention;

pub(crate) use timers::advance;

/// The folder for copies of objects inside the data directory.
const TRANSFERS_FOLDER: &str = "transfers";

/// A loop that is gone must not leave a server behind that looks well.
struct Watch {
    app: Shared,
    name: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("it panicked")]
struct Panicked;

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.app.fail(self.name, &Panicked);
        }
    }
}

/// Everything that runs.
#[derive(Default)]
pub(crate) struct Loops {
    threads: Vec<JoinHandle<()>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts all loops.
pub(crate) fn start(
    app: &Shared,
    batch_schedule: Option<String>,
    engine_threads: Option<NonZeroUsize>,
    data: &Path,
    retention: Retention,
) -> Result<Loops, Error> {
    let engine = engine::open(app, engine_threads)?;
    let mut loops = Loops::default();
    loops.thread("engine", app, move |app| engine::run(app, engine))?;
    loops.thread("timers", app, timers::run)?;
    loops.thread("batch", app, batch::run)?;
    loops.thread("erasure", app, erasure::run)?;
    loops.thread("uploads", app, uploads::run)?;
    loops.thread("retention", app, move |app| retention::run(app, retention))?;
    let (runtime, transfers) = (tokio::runtime::Handle::current(), data.join(TRANSFERS_FOLDER));
    loops.thread("objects", app, move |app| objects::run(app, &runtime, transfers))?;
    if let Some(cron) = batch_schedule {
        loops.thread("schedule", app, move |app| batch::schedule(app, &cron))?;
    }
    loops.task("activation", app, activation::run(Arc::clone(app)));
    if !app.edges.is_empty() {
        acquaint_engine::publish::reclaim(&*app.store, &app.edges.regions())?;
    }
    for edge in app.edges.iter().cloned() {
        let runtime = tokio::runtime::Handle::current();
        loops.thread("publisher", app, move |app| publisher::run(app, &runtime, edge))?;
    }
    if !app.edges.regions().is_empty() {
        loops.thread("sharing", app, sharing::run)?;
    }
    Ok(loops)
}

impl Loops {
    fn thread(
        &mut self,
        name: &'static str,
        app: &Shared,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> Result<(), Error> {
        let watch = Watch { app: Arc::clone(app), name };
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(move || work(&watch.app)).map_err(Error::System)?);
        Ok(())
    }

    pub(crate) fn task(
        &mut self,
        name: &'static str,
        app: &Shared,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let watch = Watch { app: Arc::clone(app), name };
        self.tasks.push(tokio::spawn(async move {
            work.await;
            drop(watch);
        }));
    }

    /// Waits for all of them; they have been asked to end.
    pub(crate) async fn join(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(error = &error as &dyn std::error::Error, "a loop ended badly");
            }
        }
        let joined = tokio::task::spawn_blocking(|| {
            for thread in self.threads {
                if thread.join().is_err() {
                    tracing::error!("a loop ended badly");
                }
            }
        });
        if let Err(error) = joined.await {
            tracing::error!(error = &error as &dyn std::error::Error, "the loops cannot be joined");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;

    #[tokio::test]
    async fn a_thread_that_panics_ends_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let (app, mut loops) = (App::for_tests(folder.path()), Loops::default());
        loops.thread("broken", &app, |_| panic!("on purpose")).unwrap();
        loops.join().await;
        assert_eq!((app.is_stopping(), app.failure().as_deref()), (true, Some("broken: it panicked")));
    }

    #[tokio::test]
    async fn a_task_that_panics_ends_the_server_and_one_that_ends_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (app, mut loops) = (App::for_tests(folder.path()), Loops::default());
        loops.task("well", &app, tokio::task::yield_now());
        loops.join().await;
        assert_eq!((app.is_stopping(), app.failure()), (false, None));
        let mut loops = Loops::default();
        loops.task("broken", &app, async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        });
        loops.join().await;
        assert_eq!((app.is_stopping(), app.failure().as_deref()), (true, Some("broken: it panicked")));
    }
}
