//! Copies of the bundle in a KV namespace, where one is bound (`BUNDLES`): near to every isolate, and a minute old at most.
//! The one that counts lies with its keeper ([`super::bundle_object`]).

use worker::wasm_bindgen::JsValue;
use worker::{Env, Result, js_sys};

use super::convert::{binding, call};

const NAMESPACE: &str = "BUNDLES";
const KEY: &str = "bundle";
/// How long a copy may be used without looking for a newer one. The platform allows no less than 30.
const FRESH_SECONDS: u32 = 30;

/// For how long what was read from copies is fresh; absent: there are none.
pub(crate) fn fresh_ms(env: &Env) -> Option<i64> {
    binding(env, NAMESPACE).map(|_| i64::from(FRESH_SECONDS) * 1000)
}

/// The copy, if there is one.
pub(crate) async fn get(env: &Env) -> Result<Option<Vec<u8>>> {
    let Some(namespace) = binding(env, NAMESPACE) else { return Ok(None) };
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &JsValue::from_str("type"), &JsValue::from_str("arrayBuffer"))?;
    js_sys::Reflect::set(&options, &JsValue::from_str("cacheTtl"), &JsValue::from(FRESH_SECONDS))?;
    let found = call(&namespace, "get", &[JsValue::from_str(KEY), options.into()]).await?;
    Ok(found.is_object().then(|| js_sys::Uint8Array::new(&found).to_vec()))
}

/// Replaces the copy.
pub(crate) async fn put(env: &Env, bytes: &[u8]) -> Result<()> {
    let Some(namespace) = binding(env, NAMESPACE) else { return Ok(()) };
    let bytes = js_sys::Uint8Array::from(bytes).into();
    call(&namespace, "put", &[JsValue::from_str(KEY), bytes]).await.map(drop)
}
