//! Timers: when the earliest deadline is due, a record says that time has passed; the engine does the rest. A record, so
//! that a replay decides the same.

use std::time::Duration;

use acquaint_core::wire;
use acquaint_engine::Progress;
use acquaint_engine::machine::next_timer;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, Topic};

use crate::app::{App, Shared};

/// A deadline that is further away is looked at again after this long: the system's clock may be set.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is time to stop.
pub(crate) fn run(app: &Shared) {
    while !app.is_stopping() {
        let seen = app.bell.rings();
        match turn(app) {
            Ok(wait) => app.bell.wait(seen, wait),
            // Too much is being taken in just now: the deadline is still due then.
            Err(acquaint_engine::Error::Store(acquaint_store::Error::Unavailable)) => {
                app.bell.wait(seen, LOOK_EVERY);
            }
            Err(error) => return app.fail("timers", &error),
        }
    }
}

/// Appends an `Advance` if one is needed; says how long there is nothing to do.
fn turn(app: &App) -> acquaint_engine::Result<Duration> {
    let Some(deadline_ms) = next_timer(&*app.store)? else { return Ok(LOOK_EVERY) };
    let now_ms = app.clock.now_ms();
    if deadline_ms > now_ms {
        let left = u64::try_from(deadline_ms.saturating_sub(now_ms)).unwrap_or(u64::MAX);
        return Ok(if app.clock.is_manual() {
            LOOK_EVERY
        } else {
            LOOK_EVERY.min(Duration::from_millis(left))
        });
    }
    // What is still in the log may move the deadline, or has brought the engine's time this far already.
    if Progress::load(&*app.store)?.position < app.store.end(Topic::Records) {
        return Ok(LOOK_EVERY);
    }
    advance(app, now_ms)?;
    Ok(LOOK_EVERY)
}

/// Says that time has passed.
pub(crate) fn advance(app: &App, now_ms: i64) -> acquaint_store::Result<()> {
    let record = Record { received_ms: now_ms, body: Body::Advance };
    let sealed = wire::seal(&record)
        .map_err(|source| acquaint_store::Error::Damaged { place: "records".into(), source })?;
    app.store.append(Topic::Records, vec![sealed])?;
    Ok(())
}
