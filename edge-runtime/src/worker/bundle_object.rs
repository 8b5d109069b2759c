//! The keeper of the bundle: one Durable Object that holds the last good bytes. They are checked before they get here.

use std::cell::RefCell;

use worker::wasm_bindgen::{self, JsCast as _, JsValue};
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object, js_sys};

use crate::bundle;

/// A stored value may have 2 MB.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Values in one write.
const CHUNKS_MAX: usize = 100;

/// See the module.
#[durable_object(fetch)]
pub struct BundleObject {
    state: State,
    held: RefCell<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    tag: String,
    bytes: Vec<u8>,
}

impl DurableObject for BundleObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state, held: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.method() == Method::Put {
            let bytes = request.bytes().await?;
            return self.keep(bytes).await;
        }
        let known = request.path().trim_start_matches('/').to_owned();
        if self.held.borrow().is_none() {
            let loaded = self.load().await?;
            self.held.replace(loaded);
        }
        match self.held.borrow().as_ref() {
            None => Response::empty().map(|response| response.with_status(404)),
            Some(held) if held.tag == known => Response::empty().map(|response| response.with_status(204)),
            Some(held) => Response::from_bytes(held.bytes.clone()),
        }
    }
}

impl BundleObject {
    async fn load(&self) -> Result<Option<Held>> {
        // Not `Storage::get`, which brings a reader of any type along.
        let stored = self.state.storage().get_multiple(vec!["chunks"]).await?;
        let Some(count) = stored.get(&JsValue::from_str("chunks")).as_f64() else { return Ok(None) };
        let kept = (0..).take(CHUNKS_MAX).take_while(|index| f64::from(*index) < count);
        let keys: Vec<String> = kept.map(chunk_key).collect();
        let stored = self.state.storage().get_multiple(keys.clone()).await?;
        let mut bytes = Vec::new();
        for key in keys {
            let chunk = stored.get(&JsValue::from_str(&key));
            // A chunk that is missing makes bytes that do not open: an error with a name, at the reader.
            if let Some(chunk) = chunk.dyn_ref::<js_sys::Uint8Array>() {
                bytes.extend(chunk.to_vec());
            }
        }
        Ok(Some(Held { tag: bundle::tag(&bytes), bytes }))
    }

    async fn keep(&self, bytes: Vec<u8>) -> Result<Response> {
        let chunks: Vec<&[u8]> = bytes.chunks(CHUNK_BYTES).collect();
        if chunks.len() > CHUNKS_MAX {
            return Response::empty().map(|response| response.with_status(413));
        }
        let values = js_sys::Object::new();
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        js_sys::Reflect::set(&values, &JsValue::from_str("chunks"), &JsValue::from(count))?;
        for (index, chunk) in (0..count).zip(chunks) {
            let key = JsValue::from_str(&chunk_key(index));
            js_sys::Reflect::set(&values, &key, &js_sys::Uint8Array::from(chunk).into())?;
        }
        self.state.storage().put_multiple_raw(values).await?;
        self.held.replace(Some(Held { tag: bundle::tag(&bytes), bytes }));
        Response::empty()
    }
}

fn chunk_key(index: u32) -> String {
    format!("bundle/{index:04}")
}
