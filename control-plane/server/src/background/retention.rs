//! Retention: what is kept for people to look at, and has been there long enough, goes. It goes by the clock that it came
//! by, in bounded steps.

use std::time::Duration;

use acquaint_engine::ingest::quarantine;

use crate::app::{App, Shared};
use crate::settings::Retention;

/// How long after a look nothing is looked for, by the clock of records.
const REST_MS: i64 = 60_000;
/// How long it may take to hear that it is time to stop.
const WAIT: Duration = Duration::from_secs(1);
/// Refused records of one step: each may be as large as a request.
const STEP: usize = 100;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared, retention: Retention) {
    let mut next_ms = i64::MIN;
    while !app.is_stopping() {
        let seen = app.bell.rings();
        let now_ms = app.clock.now_ms();
        if now_ms >= next_ms {
            if let Err(error) = turn(app, retention, now_ms) {
                return app.fail("retention", &error);
            }
            next_ms = now_ms.saturating_add(REST_MS);
        }
        app.bell.wait(seen, WAIT);
    }
}

fn turn(app: &App, retention: Retention, now_ms: i64) -> acquaint_engine::Result<()> {
    let Some(days) = retention.quarantine_days else { return Ok(()) };
    let before_ms = now_ms.saturating_sub(i64::from(days).saturating_mul(DAY_MS));
    while !app.is_stopping() {
        let expired = quarantine::expire(&*app.store, before_ms, STEP)?;
        app.metrics.forgotten("quarantine", expired);
        if expired < STEP {
            break;
        }
    }
    Ok(())
}
