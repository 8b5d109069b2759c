//! The tasks: one plans, and each dataflow has one of its own that delivers or exports.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use acquaint_store::Topic;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::send::blocking;
use crate::Activation;
use crate::error::{Error, Result};
use crate::settings::Clock;

/// How long a task that has nothing to do waits before it looks again, should nobody wake it. The clocks may be moved
/// by hand, so no task sleeps until an instant.
const IDLE_MS: u64 = 250;

impl Activation {
    /// Plans, delivers and exports until `shutdown` is ready. What is under way then is repeated at the next start, under
    /// the same message ids. `clock` is that of decisions and schedules.
    ///
    /// # Errors
    ///
    /// If the store fails: activation stops then, because nothing can be noted any more.
    pub async fn run(
        &self,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let clock: Clock = Arc::new(clock);
        tokio::select! {
            () = shutdown => Ok(()),
            result = self.supervise(clock) => result,
        }
    }

    async fn supervise(&self, clock: Clock) -> Result<()> {
        let mut tasks = JoinSet::new();
        let mut running = BTreeSet::new();
        tasks.spawn(self.clone().plan_all(Arc::clone(&clock)));
        loop {
            for (dataflow, flow) in &self.shared.view()?.flows {
                if !flow.is_elsewhere() && running.insert(dataflow.clone()) {
                    let (activation, clock, dataflow) = (self.clone(), Arc::clone(&clock), dataflow.clone());
                    tasks.spawn(async move { activation.serve(dataflow, clock).await.map(Some) });
                }
            }
            let wait = tokio::time::sleep(Duration::from_millis(IDLE_MS));
            tokio::select! {
                () = wait => {}
                ended = tasks.join_next() => match ended {
                    Some(Ok(Ok(Some(dataflow)))) => drop(running.remove(&dataflow)),
                    Some(Ok(Ok(None))) | None => return Ok(()),
                    Some(Ok(Err(error))) => return Err(error),
                    Some(Err(_)) => return Err(Error::Cancelled),
                }
            }
        }
    }

    async fn plan_all(self, clock: Clock) -> Result<Option<String>> {
        loop {
            let (activation, now_ms) = (self.clone(), clock());
            let count = blocking(&self.shared, move |_| activation.plan_step(now_ms)).await?;
            if count == 0 {
                let position = self.position();
                let idle = Duration::from_millis(IDLE_MS);
                blocking(&self.shared, move |shared| Ok(shared.store.wait(Topic::Changes, position, idle)))
                    .await?;
            }
        }
    }

    /// Serves a dataflow until it is gone.
    async fn serve(self, dataflow: String, clock: Clock) -> Result<String> {
        loop {
            let flow = match self.shared.flow(&dataflow) {
                Ok(flow) => flow,
                Err(Error::NoDataflow(_)) => return Ok(dataflow),
                Err(error) => return Err(error),
            };
            let wake = Arc::clone(&flow.wake);
            if flow.streams() {
                let step = self.deliver_step(&dataflow).await;
                match step {
                    Ok(step) if step.next_due_ms.is_some_and(|at| at <= self.shared.network_now_ms()) => {
                        continue;
                    }
                    Ok(_) | Err(Error::NoDataflow(_)) => {}
                    Err(error) => return Err(error),
                }
            } else {
                let (activation, id, now_ms) = (self.clone(), dataflow.clone(), clock());
                match blocking(&self.shared, move |_| activation.export_due(&id, now_ms)).await {
                    Ok(Some(_)) => flow.note(None),
                    Ok(None) | Err(Error::NoDataflow(_)) => {}
                    // The disk of the files or the definition, not the store: shown in the status, tried again.
                    Err(error @ (Error::File { .. } | Error::Destination { .. } | Error::NoFiles(_))) => {
                        flow.note(Some(error.to_string()));
                    }
                    Err(error @ (Error::Store(_) | Error::NoDeadLetter(_) | Error::Cancelled)) => {
                        return Err(error);
                    }
                }
            }
            idle(&wake).await;
        }
    }
}

async fn idle(wake: &Notify) {
    let _ = tokio::time::timeout(Duration::from_millis(IDLE_MS), wake.notified()).await;
}
