//! The erasures' loop: takes requests further until nothing of them is left to do.

use std::time::Duration;

use acquaint_store::erasure::Erasure;

use crate::app::Shared;
use crate::erasure::Steps;

/// What a request waits for, destinations and the edge, rings no bell.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared) {
    let mut steps = Steps::default();
    while !app.is_stopping() {
        let seen = app.bell.rings();
        match steps.turn(app) {
            Ok(true) => {}
            Ok(false) => app.bell.wait(seen, LOOK_EVERY),
            Err(error) => return app.fail("erasure", &error),
        }
    }
    if let Ok(all) = Erasure::list(&*app.store) {
        let open = all.iter().filter(|erasure| erasure.completed_ms.is_none()).count();
        if open > 0 {
            tracing::info!(open, "erasures go on with the next start");
        }
    }
}
