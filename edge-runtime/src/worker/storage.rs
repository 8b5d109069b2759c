//! The storage of one Durable Object: everything in, one atomic write out.

use worker::js_sys::{self, Date, Promise, Uint8Array};
use worker::wasm_bindgen::closure::Closure;
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::{Result, State, Storage};

use crate::profile::Write;

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

/// Called with the reason, when a write has failed.
pub(crate) type Failed = Closure<dyn FnMut(JsValue)>;

/// Begins all writes at once, so that the runtime makes one of them: without a pause between two calls they are atomic.
/// They are not waited for: no answer leaves the object before they are stored.
pub(crate) fn write(state: &State, writes: Vec<Write>, alarm_ms: Option<i64>, failed: &Failed) -> Result<()> {
    let storage = state.as_raw().storage()?;
    let watch = |promise: Promise| {
        let _ = promise.catch(failed);
    };
    for write in writes {
        watch(match write.bytes {
            Some(bytes) => storage.put(&write.key, Uint8Array::from(bytes.as_slice()).into())?,
            None => storage.delete(&write.key)?,
        });
    }
    if let Some(alarm_ms) = alarm_ms {
        #[expect(clippy::cast_precision_loss, reason = "instants fit the 53 bits of a JavaScript number")]
        let date = Date::new(&JsValue::from_f64(alarm_ms as f64));
        watch(storage.set_alarm(date, js_sys::Object::new())?);
    }
    Ok(())
}
