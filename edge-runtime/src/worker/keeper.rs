//! The keeper of the profile of an identity ([`super::profile_object`]), as it is asked.

use std::cell::OnceCell;

use wasm_bindgen::prelude::wasm_bindgen;
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Promise, Uint8Array};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Result};

use acquaint_core::profile::Identity;

use super::convert::{binding, failure};
use super::exchange::Answer;

#[wasm_bindgen(module = "/host/keeper.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = ask)]
    fn ask_by_name(
        keepers: &JsValue,
        name: &str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> std::result::Result<Promise, JsValue>;
}

thread_local! {
    static KEEPERS: OnceCell<JsValue> = const { OnceCell::new() };
}

/// Asks the keeper of the profile of an identity. Bindings do not change within an isolate.
pub(crate) async fn ask(env: &Env, identity: &Identity, path: &str, body: Option<Vec<u8>>) -> Result<Answer> {
    let asked = KEEPERS.with(|keepers| {
        if keepers.get().is_none() {
            let _ = keepers.set(binding(env, "EDGE_PROFILE").ok_or_else(|| failure(&"no profiles"))?);
        }
        let keepers = keepers.get().ok_or_else(|| failure(&"no profiles"))?;
        Ok::<_, worker::Error>(ask_by_name(keepers, &name(identity), path, body)?)
    })?;
    let answer = JsFuture::from(asked).await?;
    Ok(match answer.dyn_ref::<Uint8Array>() {
        Some(bytes) => Answer { status: 200, bytes: bytes.to_vec() },
        None => Answer { status: answer.as_f64().map_or(0, |status| status as u16), bytes: Vec::new() },
    })
}

/// The name of the Durable Object of an identity. The separator occurs in no namespace.
fn name(identity: &Identity) -> String {
    format!("{}\u{1f}{}", identity.namespace, identity.id)
}
