//! The storage of one Durable Object: everything in, one atomic write out.

use wasm_bindgen::prelude::wasm_bindgen;
use worker::js_sys::{self, Date, Uint8Array};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Result, State, Storage};

use crate::profile::Write;

#[wasm_bindgen]
extern "C" {
    /// The storage's own keys and values, read and written at once.
    type Pairs;

    #[wasm_bindgen(method, catch)]
    fn put(this: &Pairs, key: &str, value: Uint8Array) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn delete(this: &Pairs, key: &str) -> std::result::Result<JsValue, JsValue>;
}

/// All keys with their bytes.
pub(crate) async fn read_all(storage: &Storage) -> Result<Vec<(String, Vec<u8>)>> {
    let map = storage.list().await?;
    let mut entries = Vec::new();
    map.for_each(&mut |value, key| {
        if let (Some(key), Some(bytes)) = (key.as_string(), value.dyn_ref::<Uint8Array>()) {
            entries.push((key, bytes.to_vec()));
        }
    });
    Ok(entries)
}

/// Makes all writes at once, without a pause between two: they are atomic. That they are on disk is not waited for: no answer
/// leaves the object before. Should that fail, the runtime ends the object, memory and all.
pub(crate) fn write(state: &State, writes: Vec<Write>, alarm_ms: Option<i64>) -> Result<()> {
    let storage = state.as_raw().storage()?;
    if !writes.is_empty() {
        let pairs: Pairs = js_sys::Reflect::get(&storage, &JsValue::from_str("kv"))?.unchecked_into();
        for write in writes {
            match write.bytes {
                Some(bytes) => pairs.put(&write.key, Uint8Array::from(bytes.as_slice()))?,
                None => drop(pairs.delete(&write.key)?),
            }
        }
    }
    if let Some(alarm_ms) = alarm_ms {
        #[expect(clippy::cast_precision_loss, reason = "instants fit the 53 bits of a JavaScript number")]
        let date = Date::new(&JsValue::from_f64(alarm_ms as f64));
        let _ = storage.set_alarm(date, js_sys::Object::new())?;
    }
    Ok(())
}
