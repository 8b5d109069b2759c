//! What Node calls to measure.

use wasm_bindgen::prelude::wasm_bindgen;

use super::timed;

/// [`timed::Rules`] for Node.
#[wasm_bindgen]
pub struct Rules(timed::Rules);

#[wasm_bindgen]
impl Rules {
    #[wasm_bindgen(constructor)]
    pub fn new(rules: usize, profiles: usize) -> Self {
        Self(timed::Rules::new(rules, profiles))
    }

    pub fn pass(&self) -> usize {
        self.0.pass()
    }

    #[wasm_bindgen(js_name = passFromText)]
    pub fn pass_from_text(&self) -> usize {
        self.0.pass_from_text()
    }
}

/// [`timed::Audiences`] for Node.
#[wasm_bindgen]
pub struct Audiences(timed::Audiences);

#[wasm_bindgen]
impl Audiences {
    #[wasm_bindgen(constructor)]
    pub fn new(audiences: usize, people: usize, stream: u32) -> Self {
        Self(timed::Audiences::new(audiences, people, u64::from(stream)))
    }

    #[wasm_bindgen(js_name = eventsPass)]
    pub fn events_pass(&mut self) -> usize {
        self.0.events_pass()
    }

    #[wasm_bindgen(js_name = foldedPass)]
    pub fn folded_pass(&self) -> usize {
        self.0.folded_pass()
    }

    #[wasm_bindgen(js_name = wholePass)]
    pub fn whole_pass(&self) -> usize {
        self.0.whole_pass()
    }
}
