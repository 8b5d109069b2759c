//! The activation's loop: one task that plans, delivers and exports until it is time to stop.

use std::sync::Arc;

use crate::app::Shared;

/// Runs until it is time to stop.
pub(super) async fn run(app: Shared) {
    let (clock, stopped) = (Arc::clone(&app), Arc::clone(&app));
    let until = async move {
        while !stopped.is_stopping() {
            stopped.ended.notified().await;
        }
    };
    if let Err(error) = app.activation.run(move || clock.clock.now_ms(), until).await {
        app.fail("activation", &error);
    }
}
