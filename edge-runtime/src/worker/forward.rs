//! Sending events to the control plane.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Method, Result};

use acquaint_core::wire::{Forward, Receipt, open, seal};

use super::convert::{failure, post};
use super::settings::Settings;
use crate::limits;

/// Sends a batch and reads the receipt.
pub(crate) async fn send(settings: &Settings, forward: &Forward) -> Result<Receipt> {
    let Some(url) = &settings.control_plane_url else {
        return Err(failure(&"`CONTROL_PLANE_URL` is not set"));
    };
    let bytes = seal(forward).map_err(|error| failure(&error))?;
    let url = format!("{url}/edge/v1/events");
    let request = post(&url, Method::Post, &bytes, Some(&settings.edge_token))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let exchange = Box::pin(async {
        let mut response = fetch.send_with_signal(&signal).await?;
        match response.status_code() {
            200..=299 => open::<Receipt>(&response.bytes().await?).map_err(|error| failure(&error)),
            status => Err(failure(&format!("the control plane answered {status}"))),
        }
    });
    let timeout = Delay::from(Duration::from_millis(limits::FORWARD_TIMEOUT_MS));
    match select(exchange, Box::pin(timeout)).await {
        Either::Left((receipt, _)) => receipt,
        Either::Right(((), _)) => {
            controller.abort();
            Err(failure(&"the control plane did not answer in time"))
        }
    }
}
