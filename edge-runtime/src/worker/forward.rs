//! Sending events to the control plane: through the queue `EVENTS_QUEUE` where one is bound, which takes those of many
//! profiles there together ([`super::carrier`]), and directly where none is, or it does not take them.

use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Response, Result, console_error, js_sys};

use acquaint_core::wire::{Forward, Receipt, open, seal, signature};

use super::convert::{binding, call, failure, method};
use super::exchange;
use super::settings::{Settings, real_now_ms};
use crate::limits;

/// Where events are taken, at the control plane.
const PATH: &str = "/edge/v1/events";

const QUEUE: &str = "EVENTS_QUEUE";

/// How far a batch has come.
pub(crate) enum Sent {
    /// The control plane has answered.
    Delivered(Receipt),
    /// A queue has it. Its receipt comes to the profile by itself.
    Carried,
}

/// Sends a batch.
pub(crate) async fn send(env: &Env, settings: &Settings, forward: &Forward) -> Result<Sent> {
    if let Some(queue) = binding(env, QUEUE) {
        match enqueue(&queue, forward).await {
            Ok(()) => return Ok(Sent::Carried),
            Err(error) => console_error!("the queue does not take events, they are sent directly: {error}"),
        }
    }
    deliver(settings, forward).await.map(Sent::Delivered)
}

/// Not by `worker::Queue`: it knows no messages of bytes.
async fn enqueue(queue: &JsValue, forward: &Forward) -> Result<()> {
    let bytes = seal(forward).map_err(|error| failure(&error))?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &JsValue::from_str("contentType"), &JsValue::from_str("bytes"))?;
    let message = js_sys::Uint8Array::from(bytes.as_slice());
    call(queue, "send", &[message.into(), options.into()]).await.map(drop)
}

/// Sends a batch directly and reads the receipt.
pub(crate) async fn deliver(settings: &Settings, forward: &Forward) -> Result<Receipt> {
    let Some(url) = &settings.control_plane_url else {
        return Err(failure(&"`CONTROL_PLANE_URL` is not set"));
    };
    let bytes = seal(forward).map_err(|error| failure(&error))?;
    let packed = if bytes.len() >= limits::FORWARD_PACK_BYTES_MIN { Some(gzip(&bytes).await?) } else { None };
    let body = packed.as_deref().unwrap_or(&bytes);
    let token = settings.edge_tokens.first().map(String::as_str).unwrap_or_default();
    let signature = signature::sign(token, PATH, body, real_now_ms());
    let mut headers =
        vec![("content-type", "application/octet-stream"), (signature::HEADER, signature.as_str())];
    if packed.is_some() {
        headers.push(("content-encoding", "gzip"));
    }
    let body = js_sys::Uint8Array::from(body);
    let request = exchange::request("POST", &format!("{url}{PATH}"), &body, &headers)?;
    let answer = exchange::fetch(&request, limits::FORWARD_TIMEOUT_MS).await?;
    match answer.status {
        200..=299 => open(&answer.bytes).map_err(|error| failure(&error)),
        status => Err(failure(&format!("the control plane answered {status}"))),
    }
}

/// Bytes packed by the host, whose packer costs us nothing to carry.
async fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let response = Response::from_bytes(bytes.to_vec())?;
    let body: JsValue = worker::web_sys::Response::from(response).body().into();
    let constructor = method(&js_sys::global(), "CompressionStream")?;
    let packer = js_sys::Reflect::construct(&constructor, &js_sys::Array::of1(&JsValue::from_str("gzip")))?;
    let packed = method(&body, "pipeThrough")?.call1(&body, &packer)?;
    let packed = worker::web_sys::Response::new_with_opt_readable_stream(Some(&packed.unchecked_into()))?;
    Response::from(packed).bytes().await
}
