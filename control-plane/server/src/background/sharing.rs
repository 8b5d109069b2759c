//! What the engine owes to edges is shared out among several: each publisher then pays its own.

use std::time::Duration;

use acquaint_engine::publish::{self, Slicer};
use acquaint_store::ProfileStore as _;

use crate::app::{App, Shared};

/// Profiles of one round.
const PROFILES_MAX: usize = 1_000;
const IDLE: Duration = Duration::from_millis(500);

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared) {
    let mut slicer = None;
    while !app.is_stopping() {
        let seen = app.bell.rings();
        match turn(app, &mut slicer) {
            Ok(0) => app.bell.wait(seen, IDLE),
            Ok(_) => app.bell.ring(),
            // Too much is being taken in just now: what is owed stays owed.
            Err(acquaint_engine::Error::Store(acquaint_store::Error::Unavailable)) => {
                app.bell.wait(seen, IDLE);
            }
            Err(error) => return app.fail("sharing", &error),
        }
    }
}

/// Shares some of what is owed; returns of how many profiles.
fn turn(app: &App, slicer: &mut Option<(u64, Slicer)>) -> acquaint_engine::Result<usize> {
    let catalog = publish::catalog_in_force(&*app.store.snapshot())?;
    let version = catalog.version;
    if slicer.as_ref().is_none_or(|(of, _)| *of != version) {
        // What is in force compiles; what does not is told by the publishers.
        *slicer = Slicer::new(catalog).ok().map(|slicer| (version, slicer));
    }
    let Some((_, slicer)) = slicer else { return Ok(0) };
    publish::share(&*app.store, slicer, &app.edges.regions(), app.clock.now_ms(), PROFILES_MAX)
}
