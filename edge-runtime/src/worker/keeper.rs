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
use super::turns;

type Thrown<T> = std::result::Result<T, JsValue>;

#[wasm_bindgen(module = "/host/keeper.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn promised(keepers: &JsValue, name: &str, path: &str, body: Option<Vec<u8>>) -> Thrown<Promise>;

    #[wasm_bindgen(catch)]
    fn begin(
        keepers: &JsValue,
        name: &str,
        path: &str,
        body: Option<Vec<u8>>,
        number: u32,
    ) -> Thrown<JsValue>;
}

thread_local! {
    static KEEPERS: OnceCell<JsValue> = const { OnceCell::new() };
}

/// Asks the keeper of the profile of an identity. Bindings do not change within an isolate.
pub(crate) async fn ask(env: &Env, identity: &Identity, path: &str, body: Option<Vec<u8>>) -> Result<Answer> {
    let name = name(identity);
    if turns::is_open() {
        let begin = |number| with_keepers(env, |keepers| begin(keepers, &name, path, body, number));
        return Ok(turns::asked(begin)?.await);
    }
    let answer = JsFuture::from(with_keepers(env, |keepers| promised(keepers, &name, path, body))?).await?;
    Ok(match answer.dyn_ref::<Uint8Array>() {
        Some(bytes) => Answer { status: 200, bytes: bytes.to_vec() },
        None => Answer::status(answer.as_f64().map_or(0, |status| status as u16)),
    })
}

/// Tells a keeper something, to which there is nothing to answer.
pub(crate) async fn tell(env: &Env, identity: &Identity, path: &str, body: Vec<u8>) -> Result<()> {
    match ask(env, identity, path, Some(body)).await?.status {
        200 => Ok(()),
        status => Err(failure(&format!("a profile answered {status} to `{path}`"))),
    }
}

fn with_keepers<T>(env: &Env, act: impl FnOnce(&JsValue) -> Thrown<T>) -> Result<T> {
    KEEPERS.with(|keepers| {
        if keepers.get().is_none() {
            let _ = keepers.set(binding(env, "EDGE_PROFILE").ok_or_else(|| failure(&"no profiles"))?);
        }
        let keepers = keepers.get().ok_or_else(|| failure(&"no profiles"))?;
        Ok(act(keepers)?)
    })
}

/// The name of the Durable Object of an identity. The separator occurs in no namespace.
fn name(identity: &Identity) -> String {
    format!("{}\u{1f}{}", identity.namespace, identity.id)
}
