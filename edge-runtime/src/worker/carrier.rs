//! The consumer of the queue of events: takes those of many profiles to the control plane together, and its receipts back
//! to the profiles. A message is only done with when its profile has its receipt; until then the queue brings it again, and
//! the control plane counts an event once.

use worker::{Env, MessageBatch, MessageExt as _, RawMessage, Result, console_error, js_sys};

use acquaint_core::wire::{Forward, Receipt, open, seal};

use super::convert::failure;
use super::keeper::tell;
use super::settings::Settings;
use super::{forward, join};
use crate::limits;

/// Takes a batch. What could not be done is left to the queue to bring again.
pub(crate) async fn take(settings: &Settings, env: &Env, batch: &MessageBatch<()>) {
    let mut read = Vec::new();
    for message in batch.raw_iter() {
        let bytes = js_sys::Uint8Array::new(&message.body()).to_vec();
        match open::<Forward>(&bytes) {
            Ok(forward) => read.push((message, forward)),
            Err(error) => {
                console_error!("a message of the queue cannot be read: {error}");
                message.retry();
            }
        }
    }
    for together in read.chunks(limits::MESSAGES_PER_FORWARD_MAX) {
        let events = together.iter().flat_map(|(_, forward)| forward.events.iter().cloned()).collect();
        let forward = Forward { region: settings.config.region.hint.clone(), events };
        match forward::deliver(settings, &forward).await {
            Ok(receipt) => {
                let settling = together.iter().map(|(message, forward)| -> join::Pending<'_, _> {
                    Box::pin(settle(env, message, forward, &receipt))
                });
                join::all(settling).await;
            }
            Err(error) => {
                console_error!("what the queue carries could not be forwarded: {error}");
                together.iter().for_each(|(message, _)| message.retry());
            }
        }
    }
}

async fn settle(env: &Env, message: &RawMessage, forward: &Forward, receipt: &Receipt) {
    match acknowledge(env, forward, &receipt.of(forward)).await {
        Ok(()) => message.ack(),
        Err(error) => {
            console_error!("a profile could not be told that its events have arrived: {error}");
            message.retry();
        }
    }
}

/// All events of a message are of the profile that their first identity names.
async fn acknowledge(env: &Env, forward: &Forward, receipt: &Receipt) -> Result<()> {
    let Some(primary) = forward.events.first().and_then(|event| event.identities().first()) else {
        return Ok(());
    };
    let bytes = seal(receipt).map_err(|error| failure(&error))?;
    tell(env, primary, "receipt", bytes).await
}
