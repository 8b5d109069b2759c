//! What the bindings of the host are asked for, and errors.

use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Error, Result, js_sys};

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
