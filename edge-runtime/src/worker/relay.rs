//! Sending events to endpoints beside the control plane.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, Result, console_error};

use acquaint_core::wire::EventForwarding;

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
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("idempotency-key", &owed.event.event.id)?;
    for (name, value) in &rule.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    let body = relay::body(rule, &owed.event);
    init.with_method(Method::Post).with_headers(headers).with_body(Some(body.into()));
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(Request::new_with_init(&rule.url, &init)?);
    let exchange = Box::pin(fetch.send_with_signal(&signal));
    let timeout = Delay::from(Duration::from_millis(limits::RELAY_TIMEOUT_MS));
    match select(exchange, Box::pin(timeout)).await {
        Either::Left((response, _)) => response.map(|response| response.status_code()),
        Either::Right(((), _)) => {
            controller.abort();
            Err(super::convert::failure(&"no answer in time"))
        }
    }
}
