//! The storage of one Durable Object: everything in, one atomic write out.

use futures_util::future::{join, try_join_all};
use worker::{Result, ScheduledTime, Storage, js_sys, wasm_bindgen::JsCast as _, wasm_bindgen::JsValue};

use crate::profile::Write;

/// Keys in one call, as the platform allows.
const KEYS_MAX: usize = 100;

/// All keys with their bytes.
pub(crate) async fn read_all(storage: &Storage) -> Result<Vec<(String, Vec<u8>)>> {
    let map = storage.list().await?;
    let mut entries = Vec::new();
    map.for_each(&mut |value, key| {
        if let (Some(key), Some(bytes)) = (key.as_string(), value.dyn_ref::<js_sys::Uint8Array>()) {
            entries.push((key, bytes.to_vec()));
        }
    });
    Ok(entries)
}

/// Begins all writes at once, so that the runtime makes one of them: without a pause between two calls they are atomic.
pub(crate) async fn write(storage: &Storage, writes: Vec<Write>, alarm_ms: Option<i64>) -> Result<()> {
    let mut puts = Vec::new();
    let mut deletes = Vec::new();
    for write in writes {
        match write.bytes {
            Some(bytes) => puts.push((write.key, bytes)),
            None => deletes.push(write.key),
        }
    }
    let put_objects = puts.chunks(KEYS_MAX).map(object).collect::<Result<Vec<_>>>()?;
    let put = try_join_all(put_objects.into_iter().map(|values| storage.put_multiple_raw(values)));
    let delete = try_join_all(deletes.chunks(KEYS_MAX).map(|keys| storage.delete_multiple(keys.to_vec())));
    let alarm = async {
        match alarm_ms {
            #[expect(clippy::cast_precision_loss, reason = "instants fit the 53 bits of a JavaScript number")]
            Some(alarm_ms) => {
                let date = js_sys::Date::new(&JsValue::from_f64(alarm_ms as f64));
                storage.set_alarm(ScheduledTime::new(date)).await
            }
            None => Ok(()),
        }
    };
    let (put, (delete, alarm)) = join(put, join(delete, alarm)).await;
    put.and(delete.map(|_| ())).and(alarm)
}

fn object(puts: &[(String, Vec<u8>)]) -> Result<js_sys::Object> {
    let values = js_sys::Object::new();
    for (key, bytes) in puts {
        let bytes = js_sys::Uint8Array::from(bytes.as_slice());
        js_sys::Reflect::set(&values, &JsValue::from_str(key), &bytes.into())?;
    }
    Ok(values)
}
