//! The engine's loop: work while there is some, then wait for the log.

use std::sync::Arc;
use std::time::Duration;

use acquaint_engine::Engine;
use acquaint_store::{Log, Topic};

use crate::app::{Shared, Store};

/// Pieces of work of one commit.
const STEP_MAX: usize = 1_000;
/// How long it may take to hear that it is time to stop.
const WAIT: Duration = Duration::from_millis(100);

/// Whoever was just told that their records are not kept is not the only one: nobody's are from now on.
#[derive(Debug, thiserror::Error)]
#[error("a write or flush has failed, and nothing is written until the store is opened again")]
struct Stopped;

/// Opens the engine where it was.
pub(super) fn open(app: &Shared) -> acquaint_engine::Result<Engine<Store>> {
    Engine::open(Arc::clone(&app.store))
}

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared, mut engine: Engine<Store>) {
    let mut problems = 0;
    app.engine_at(engine.progress().position);
    while !app.is_stopping() {
        if app.store.has_failed() {
            return app.fail("store", &Stopped);
        }
        match engine.step(STEP_MAX) {
            Ok(0) => {
                app.engine_at(engine.progress().position);
                app.store.wait(Topic::Records, engine.progress().position, WAIT);
            }
            Ok(_) => {
                if engine.problems().len() != problems {
                    problems = engine.problems().len();
                    tracing::error!(
                        problems,
                        "the newest catalogue does not compile; the one before stays in force"
                    );
                }
                app.engine_at(engine.progress().position);
            }
            Err(error) => return app.fail("engine", &error),
        }
    }
}
