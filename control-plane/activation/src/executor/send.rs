//! One step of a streaming dataflow.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::apply::{Ended, apply};
use super::disabled::Disabled;
use super::take::{Lane, Taken, take};
use crate::Activation;
use crate::activation::{Shared, lock};
use crate::circuit::Gate;
use crate::destinations::{Built, Envelope, Outcome, Streaming};
use crate::error::{Error, Result};
use crate::settings::Clock;
use crate::view::{Flow, Target};

/// Messages of one step, at most.
const MESSAGES_PER_STEP: usize = 128;

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Messages tried.
    pub attempted: usize,
    /// Messages confirmed.
    pub acknowledged: usize,
    /// When there is more to do, by the network's clock; absent: when something changes.
    pub next_due_ms: Option<i64>,
}

impl Activation {
    /// Delivers what is due of a streaming dataflow.
    ///
    /// # Errors
    ///
    /// If the store fails. A destination that fails is no error: the ledger says so.
    pub async fn deliver_step(&self, dataflow: &str) -> Result<Step> {
        let shared = &self.shared;
        let flow = shared.flow(dataflow)?;
        let Some(target) = flow.target.clone().filter(|_| flow.definition.enabled) else {
            return Ok(Step::default());
        };
        let Ok(Built::Streaming(streaming)) = target.built.clone() else {
            return Ok(Step::default());
        };
        let _turn = flow.turn.lock().await;
        let now_ms = shared.network_now_ms();
        let messages_max = match lock(&target.circuit).gate(now_ms) {
            Gate::Closed { until_ms } => return Ok(Step { next_due_ms: Some(until_ms), ..Step::default() }),
            Gate::Probe => 1,
            Gate::Open => MESSAGES_PER_STEP,
        };
        let attempts_max = streaming.attempts_max();
        let (id, of_target) = (dataflow.to_owned(), Arc::clone(&target));
        let taken = blocking(shared, move |shared| {
            if Disabled::of(shared, &of_target)?.is_some() {
                return Ok(Taken::default());
            }
            take(shared, &id, attempts_max, messages_max, now_ms)
        });
        let Taken { lanes, next_due_ms } = taken.await?;
        let mut step = Step { next_due_ms, ..Step::default() };
        send_all(shared, &flow, &target, &streaming, lanes, &mut step).await?;
        if step.attempted > 0 {
            // What came of it decides when the next is due: look again.
            step.next_due_ms = Some(now_ms);
        }
        Ok(step)
    }
}

/// Runs something that waits for the disk where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) -> Result<T> + Send + 'static,
) -> Result<T> {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || work(&shared)).await.map_err(|_| Error::Cancelled)?
}

async fn send_all(
    shared: &Arc<Shared>,
    flow: &Arc<Flow>,
    target: &Arc<Target>,
    streaming: &Arc<dyn Streaming>,
    lanes: Vec<Lane>,
    step: &mut Step,
) -> Result<()> {
    let mut waiting = VecDeque::from(lanes);
    let mut running = JoinSet::new();
    loop {
        while running.len() < streaming.concurrency_max()
            && let Some(lane) = waiting.pop_front()
        {
            let clock = Arc::clone(&shared.settings.network_clock);
            running.spawn(send_lane(
                Arc::clone(flow),
                Arc::clone(target),
                Arc::clone(streaming),
                clock,
                lane,
            ));
        }
        let Some(first) = running.join_next().await else {
            return Ok(());
        };
        // Those that have ended meanwhile share one flush.
        let mut ended = vec![first.map_err(|_| Error::Cancelled)?];
        while let Some(next) = running.try_join_next() {
            ended.push(next.map_err(|_| Error::Cancelled)?);
        }
        for (_, _, outcome) in ended.iter().flatten() {
            step.attempted += usize::from(outcome.is_some());
            step.acknowledged += usize::from(*outcome == Some(Outcome::Acknowledged));
        }
        let (target, streaming) = (Arc::clone(target), Arc::clone(streaming));
        blocking(shared, move |shared| apply(shared, &target, &*streaming, ended)).await?;
    }
}

/// Sends a lane until something must wait; what was not tried comes back without an outcome.
async fn send_lane(
    flow: Arc<Flow>,
    target: Arc<Target>,
    streaming: Arc<dyn Streaming>,
    clock: Clock,
    lane: Lane,
) -> Vec<Ended> {
    let mut ended = Vec::with_capacity(lane.len());
    let mut stopped = false;
    for (key, attempt) in lane {
        stopped = stopped || matches!(lock(&target.circuit).gate(clock()), Gate::Closed { .. });
        if stopped {
            ended.push((key, attempt, None));
            continue;
        }
        let envelope = Envelope {
            dataflow: Arc::clone(&flow.definition),
            audience_name: flow.audiences.get(&key.audience).cloned().unwrap_or_else(|| key.audience.clone()),
            audience: key.audience.clone(),
        };
        let outcome = streaming.deliver(&envelope, &attempt, clock()).await;
        let mut circuit = lock(&target.circuit);
        match &outcome {
            // A refusal is about the message: the destination is well.
            Outcome::Acknowledged | Outcome::Refused { .. } => circuit.succeeded(),
            Outcome::Retry { after_ms, reason, .. } => {
                circuit.failed(reason, *after_ms, clock());
                stopped = true;
            }
            Outcome::Disable { .. } => stopped = true,
        }
        drop(circuit);
        ended.push((key, attempt, Some(outcome)));
    }
    ended
}
