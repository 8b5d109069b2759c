//! What the operator sets, and the clock.

use std::cell::RefCell;
use std::rc::Rc;

use worker::{Env, js_sys, wasm_bindgen::JsValue};

use acquaint_core::wire::Region;

use crate::http::Config;

/// The worker's variables and secrets. All but the first two have defaults.
///
/// | name | meaning |
/// | --- | --- |
/// | `EDGE_TOKEN` | shared with the control plane, both ways; empty: pushes are refused, and so are our forwards. Of several, with spaces between, the first signs and all are believed |
/// | `CONTROL_PLANE_URL` | where events are forwarded to; empty: they are kept |
/// | `EDGE_API_TOKEN` | of servers that may read attributes over v2; empty: nobody may |
/// | `EDGE_BASE_PATH` | `ee` |
/// | `LOCATION_HINT`, `REGION_ID` | the region that this edge is in: `edge1`, `1` |
/// | `TCF_VENDOR_ID` | the IAB vendor that needs consent: 565 |
/// | `NEW_VISITORS_PER_SECOND` | of one isolate: 500 |
/// | `CLOCK_MS` | tests: the clock stands at this instant |
/// | `CLOCK_OFFSET_MS` | tests and demos: the clock runs this far from the real one |
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) edge_tokens: Vec<String>,
    pub(crate) control_plane_url: Option<String>,
    clock_ms: Option<i64>,
    clock_offset_ms: i64,
}

thread_local! {
    static SETTINGS: RefCell<Option<Rc<Settings>>> = const { RefCell::new(None) };
}

impl Settings {
    /// Variables do not change within an isolate.
    pub(crate) fn of(env: &Env) -> Rc<Self> {
        SETTINGS.with_borrow_mut(|settings| settings.get_or_insert_with(|| Rc::new(Self::read(env))).clone())
    }

    fn read(env: &Env) -> Self {
        // Not `Env::var`: a variable that is not set is null under workerd, and that would end the isolate.
        let text = |name: &str| {
            let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
            value.as_string().filter(|text| !text.is_empty())
        };
        let number = |name: &str| text(name).and_then(|text| text.trim().parse::<i64>().ok());
        let defaults = Config::default();
        let edge_tokens = text("EDGE_TOKEN").unwrap_or_default();
        let edge_tokens: Vec<String> = edge_tokens.split_whitespace().map(str::to_owned).collect();
        Self {
            config: Config {
                base_path: text("EDGE_BASE_PATH").unwrap_or(defaults.base_path),
                region: Region {
                    hint: text("LOCATION_HINT").unwrap_or(defaults.region.hint),
                    id: number("REGION_ID").and_then(|id| id.try_into().ok()).unwrap_or(defaults.region.id),
                },
                api_token: text("EDGE_API_TOKEN"),
                visitor_key: edge_tokens.first().cloned().unwrap_or_default(),
                new_visitors_per_second: number("NEW_VISITORS_PER_SECOND")
                    .and_then(|visitors| visitors.try_into().ok())
                    .unwrap_or(defaults.new_visitors_per_second),
                tcf_vendor: number("TCF_VENDOR_ID")
                    .and_then(|id| id.try_into().ok())
                    .unwrap_or(defaults.tcf_vendor),
            },
            edge_tokens,
            control_plane_url: text("CONTROL_PLANE_URL").map(|url| url.trim_end_matches('/').to_owned()),
            clock_ms: number("CLOCK_MS"),
            clock_offset_ms: number("CLOCK_OFFSET_MS").unwrap_or(0),
        }
    }

    /// The instant that decisions are made for: milliseconds since the epoch, UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock_ms.unwrap_or_else(|| real_now_ms().saturating_add(self.clock_offset_ms))
    }
}

/// The instant that alarms are set by.
pub(crate) fn real_now_ms() -> i64 {
    // Instants fit the 53 bits of a JavaScript number.
    js_sys::Date::now() as i64
}
