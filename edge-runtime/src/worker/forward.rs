//! Sending events to the control plane.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{AbortController, Delay, Fetch, Method, Response, Result, js_sys};

use acquaint_core::wire::{Forward, Receipt, open, seal, signature};

use super::convert::{failure, post};
use super::settings::{Settings, real_now_ms};
use crate::limits;

/// Where events are taken, at the control plane.
const PATH: &str = "/edge/v1/events";

/// Sends a batch and reads the receipt.
pub(crate) async fn send(settings: &Settings, forward: &Forward) -> Result<Receipt> {
    let Some(url) = &settings.control_plane_url else {
        return Err(failure(&"`CONTROL_PLANE_URL` is not set"));
    };
    let bytes = seal(forward).map_err(|error| failure(&error))?;
    let packed = if bytes.len() >= limits::FORWARD_PACK_BYTES_MIN { Some(gzip(&bytes).await?) } else { None };
    let body = packed.as_deref().unwrap_or(&bytes);
    let signature = signature::sign(&settings.edge_token, PATH, body, real_now_ms());
    let mut headers =
        vec![("content-type", "application/octet-stream"), (signature::HEADER, signature.as_str())];
    if packed.is_some() {
        headers.push(("content-encoding", "gzip"));
    }
    let request = post(&format!("{url}{PATH}"), Method::Post, body, &headers)?;
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

/// Bytes packed by the host, whose packer costs us nothing to carry.
async fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let response = Response::from_bytes(bytes.to_vec())?;
    let body: JsValue = worker::web_sys::Response::from(response).body().into();
    let method = |object: &JsValue, name: &str| -> Result<js_sys::Function> {
        Ok(js_sys::Reflect::get(object, &JsValue::from_str(name))?.dyn_into()?)
    };
    let constructor = method(&js_sys::global(), "CompressionStream")?;
    let packer = js_sys::Reflect::construct(&constructor, &js_sys::Array::of1(&JsValue::from_str("gzip")))?;
    let packed = method(&body, "pipeThrough")?.call1(&body, &packer)?;
    let packed = worker::web_sys::Response::new_with_opt_readable_stream(Some(&packed.unchecked_into()))?;
    Response::from(packed).bytes().await
}
