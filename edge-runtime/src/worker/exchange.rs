//! Requests of ours, to objects and to endpoints, and what comes back. By the host's own types: a response of `worker` is
//! read as a stream, chunk by chunk with a turn of the event loop for each, and its request carries what only image
//! resizing needs.

use worker::js_sys::{self, Uint8Array};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys::{self, AbortSignal, Headers, RequestInit, WorkerGlobalScope};
use worker::{Result, Stub};

/// What comes back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// Nothing but a status.
    pub(crate) const fn status(status: u16) -> Self {
        Self { status, bytes: Vec::new() }
    }
}

/// A request with a body: text, or an array of bytes.
pub(crate) fn request(
    method: &str,
    url: &str,
    body: &JsValue,
    headers: &[(&str, &str)],
) -> Result<web_sys::Request> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_body(body);
    if !headers.is_empty() {
        let named = Headers::new()?;
        for (name, value) in headers {
            named.set(name, value)?;
        }
        init.set_headers(&named);
    }
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?)
}

/// Asks an object: a request, or merely an address.
pub(crate) async fn ask(object: Stub, request: &JsValue) -> Result<Answer> {
    let object: JsValue = object.into_rpc();
    let fetch: js_sys::Function = js_sys::Reflect::get(&object, &JsValue::from_str("fetch"))?.dyn_into()?;
    read(fetch.call1(&object, request)?.unchecked_into()).await
}

/// Asks an endpoint, which has a time to answer.
pub(crate) async fn fetch(request: &web_sys::Request, timeout_ms: u32) -> Result<Answer> {
    let init = RequestInit::new();
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    read(scope.fetch_with_request_and_init(request, &init)).await
}

async fn read(promise: js_sys::Promise) -> Result<Answer> {
    let response: web_sys::Response = JsFuture::from(promise).await?.dyn_into()?;
    let bytes = JsFuture::from(response.array_buffer()?).await?;
    Ok(Answer { status: response.status(), bytes: Uint8Array::new(&bytes).to_vec() })
}
