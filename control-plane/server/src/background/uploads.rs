//! The uploads' loop: ends full uploads to external audiences.

use std::time::Duration;

use crate::app::Shared;
use crate::uploads;

/// The bell is rung whenever there is something to do; this is how long it may take to hear that it is time to stop.
const WAIT: Duration = Duration::from_secs(1);

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared) {
    while !app.is_stopping() {
        let seen = app.bell.rings();
        if let Err(error) = uploads::turn(app) {
            return app.fail("uploads", &error);
        }
        app.bell.wait(seen, WAIT);
    }
}
