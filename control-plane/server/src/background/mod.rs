//! The loops behind the routes: engine, timers, publisher, activation, daily batch. Each begins where the store says it
//! was, so that a crash is only a pause.

mod activation;
pub(crate) mod batch;
mod engine;
mod publisher;
mod timers;

use std::sync::Arc;
use std::thread::JoinHandle;

use crate::app::Shared;
use crate::serve::Error;

pub(crate) use timers::advance;

/// Everything that runs.
pub(crate) struct Loops {
    threads: Vec<JoinHandle<()>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts all loops.
pub(crate) fn start(app: &Shared, batch_schedule: Option<String>) -> Result<Loops, Error> {
    let engine = engine::open(app)?;
    let mut loops = Loops { threads: Vec::new(), tasks: Vec::new() };
    loops.thread("engine", app, move |app| engine::run(app, engine))?;
    loops.thread("timers", app, timers::run)?;
    loops.thread("batch", app, batch::run)?;
    if let Some(cron) = batch_schedule {
        loops.thread("schedule", app, move |app| batch::schedule(app, &cron))?;
    }
    loops.tasks.push(activation::start(app));
    if let Some(url) = app.edge_url.clone() {
        let runtime = tokio::runtime::Handle::current();
        loops.thread("publisher", app, move |app| publisher::run(app, &runtime, &url))?;
    }
    Ok(loops)
}

impl Loops {
    fn thread(
        &mut self,
        name: &str,
        app: &Shared,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> Result<(), Error> {
        let app = Arc::clone(app);
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(move || work(&app)).map_err(Error::System)?);
        Ok(())
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
