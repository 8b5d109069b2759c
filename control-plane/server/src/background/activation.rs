//! The activation's loop: one task that plans, delivers and exports until it is time to stop.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::app::Shared;

/// Starts it.
pub(super) fn start(app: &Shared) -> JoinHandle<()> {
    let (app, clock) = (Arc::clone(app), Arc::clone(app));
    tokio::spawn(async move {
        let stopped = Arc::clone(&app);
        let until = async move {
            while !stopped.is_stopping() {
                stopped.ended.notified().await;
            }
        };
        if let Err(error) = app.activation.run(move || clock.clock.now_ms(), until).await {
            app.fail("activation", &error);
        }
    })
}
