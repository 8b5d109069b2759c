//! Between the host's requests and responses and ours.

use futures_util::StreamExt as _;
use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Error, Headers, Method, Request, Response, ResponseBuilder, Result, js_sys};

use crate::http;

const HEADERS: [&str; 8] = [
    "authorization",
    "content-type",
    "cookie",
    "if-none-match",
    "origin",
    "x-api-key",
    "x-gw-ims-org-id",
    "x-request-id",
];

/// Reads a request, and of its body at most one byte more than allowed: enough to know that it is too long.
pub(crate) async fn read(request: &mut Request, bytes_max: usize) -> Result<http::Request> {
    // Not `Request::url`: its parser is a sixth of the worker, for host names that nobody here has.
    let (host, path, query) = http::split_url(&request.inner().url());
    let mut headers = Vec::new();
    for name in HEADERS {
        if let Some(value) = request.headers().get(name)? {
            headers.push((name.to_owned(), value));
        }
    }
    let has_body = !matches!(request.method(), Method::Get | Method::Head | Method::Options);
    Ok(http::Request {
        method: request.method().to_string(),
        host,
        path,
        query,
        headers,
        body: if has_body { read_body(request, bytes_max).await? } else { Vec::new() },
    })
}

async fn read_body(request: &mut Request, bytes_max: usize) -> Result<Vec<u8>> {
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    // What says its length, and keeps to it, comes in one piece: a stream costs several turns of the event loop.
    let announced = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length <= bytes_max) {
        // One that does not come as it was announced is no body, and nobody's fault but the sender's.
        return Ok(request.bytes().await.unwrap_or_default());
    }
    let mut stream = request.stream()?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        // A body that does not come as it was announced is no body, and nobody's fault but the sender's.
        let Ok(chunk) = chunk else { return Ok(Vec::new()) };
        body.extend(chunk);
        if body.len() > bytes_max {
            body.truncate(bytes_max + 1);
            break;
        }
    }
    Ok(body)
}

/// Writes a reply.
pub(crate) fn write(reply: http::Reply) -> Result<Response> {
    let headers = Headers::new();
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    let builder = ResponseBuilder::new().with_status(reply.status).with_headers(headers);
    Ok(if reply.body.is_empty() { builder.empty() } else { builder.fixed(reply.body.into_bytes()) })
}

/// Sealed bytes as a response.
pub(crate) fn sealed<T: acquaint_core::wire::Sealed>(value: &T) -> Result<Response> {
    let bytes = acquaint_core::wire::seal(value).map_err(|error| failure(&error))?;
    Ok(ResponseBuilder::new().fixed(bytes))
}

/// A binding of the worker, if there is one of that name.
pub(crate) fn binding(env: &Env, name: &str) -> Option<JsValue> {
    let binding = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    binding.is_object().then_some(binding)
}

/// A method of something of the host's.
pub(crate) fn method(object: &JsValue, name: &str) -> Result<js_sys::Function> {
    Ok(js_sys::Reflect::get(object, &JsValue::from_str(name))?.dyn_into()?)
}

/// Calls a method that promises something, and waits for that.
pub(crate) async fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue> {
    let promise = method(object, name)?.apply(object, &arguments.iter().collect::<js_sys::Array>())?;
    Ok(JsFuture::from(promise.dyn_into::<js_sys::Promise>()?).await?)
}

/// An error of ours as one of the host's.
pub(crate) fn failure(error: &dyn std::fmt::Display) -> Error {
    Error::RustError(error.to_string())
}
