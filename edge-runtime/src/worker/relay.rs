//! Sending events to endpoints beside the control plane.

use worker::wasm_bindgen::JsValue;
use worker::{Result, console_error};

use acquaint_core::wire::EventForwarding;

use super::exchange;
use crate::limits;
use crate::profile::{Owed, Taken};
use crate::relay;

/// Sends one event to the endpoint of one rule. It may get an event twice: the event's id is its key.
pub(crate) async fn send(rule: &EventForwarding, owed: &Owed) -> Taken {
    let id = &owed.event.event.id;
    match try_send(rule, owed).await {
        Ok(status) => {
            let taken = Taken::of_status(status);
            match taken {
                Taken::Yes => {}
                Taken::Never => {
                    console_error!("`{}` refuses event `{id}` with {status}: not sent again", rule.id)
                }
                Taken::Later => console_error!("`{}` answered {status} to event `{id}`: it is kept", rule.id),
            }
            taken
        }
        Err(error) => {
            console_error!("event `{id}` could not be sent to `{}`, it is kept: {error}", rule.id);
            Taken::Later
        }
    }
}

async fn try_send(rule: &EventForwarding, owed: &Owed) -> Result<u16> {
    let mut headers = vec![("content-type", "application/json"), ("idempotency-key", &*owed.event.event.id)];
    headers.extend(rule.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let body = JsValue::from_str(&relay::body(rule, &owed.event));
    let request = exchange::request("POST", &rule.url, &body, &headers)?;
    Ok(exchange::fetch(&request, limits::RELAY_TIMEOUT_MS).await?.status)
}
