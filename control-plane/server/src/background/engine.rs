//! The engine's loop: work while there is some, then wait for the log.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use acquaint_core::id::Position;
use acquaint_engine::Engine;
use acquaint_store::{Log, Topic};

use crate::app::{Shared, Store};
use crate::clock::system_ms;

/// Pieces of work of one commit: more of them share what a commit costs, and what comes alone waits for no others.
const STEP_MAX: usize = 4_000;
/// How long it may take to hear that it is time to stop.
const WAIT: Duration = Duration::from_millis(100);

/// Whoever was just told that their records are not kept is not the only one: nobody's are from now on.
#[derive(Debug, thiserror::Error)]
#[error("a write or flush has failed, and nothing is written until the store is opened again")]
struct Stopped;

/// Opens the engine where it was, with so many threads or one for each processor.
pub(super) fn open(app: &Shared, threads: Option<NonZeroUsize>) -> acquaint_engine::Result<Engine<Store>> {
    let store = Arc::clone(&app.store);
    match threads {
        Some(threads) => Engine::with_threads(store, threads),
        None => Engine::open(store),
    }
}

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared, mut engine: Engine<Store>) {
    let mut problems = 0;
    // A step is committed while the next is worked out, and counts from where it began.
    let mut handed_in_ms = None;
    app.engine_at(engine.progress().position);
    while !app.is_stopping() {
        if app.store.has_failed() {
            return app.fail("store", &Stopped);
        }
        let before = engine.progress().position;
        let began_ms = system_ms();
        match engine.step(STEP_MAX) {
            Ok(done) => {
                count(app, &engine, before);
                let since_ms = handed_in_ms.unwrap_or(began_ms);
                handed_in_ms = (done > 0).then_some(began_ms);
                app.tracer.decided(before, engine.progress().position, since_ms, system_ms());
                if engine.problems().len() != problems {
                    problems = engine.problems().len();
                    tracing::error!(
                        problems,
                        "the newest catalogue does not compile; the one before stays in force"
                    );
                }
                app.engine_at(engine.progress().position);
                if done == 0 {
                    app.store.wait(Topic::Records, engine.progress().position, WAIT);
                }
            }
            Err(error) => return app.fail("engine", &error),
        }
    }
}

/// Counts what a step has decided.
fn count(app: &Shared, engine: &Engine<Store>, before: Position) {
    let records = engine.progress().position.saturating_sub(before);
    let Some(first_ms) = engine.first_received_ms().filter(|_| records > 0) else { return };
    let now_ms = app.clock.now_ms();
    app.metrics.decided(records, u64::try_from(now_ms.saturating_sub(first_ms)).unwrap_or(0), now_ms);
}
