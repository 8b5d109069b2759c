//! The browser host: what a page calls. It turns JavaScript into questions and answers into JavaScript, looks at the
//! clock, and decides nothing. `package/index.d.ts` says the types to TypeScript.
//!
//! The frame of a question goes through serde; events, attributes and what comes back for destinations and offers go
//! through JSON text, as they would on their way to the edge: so they mean the same, and are never nested without bound.

use std::collections::BTreeMap;

use acquaint_core::id::AudienceId;
use js_sys::{Date, JSON, Object, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::bundle::Edition;
use crate::device::{self, Error, ExplainQuestion, Question, part};
use crate::identity::map::Item;

/// A bundle, ready to decide.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Edge {
    edition: Edition,
}

#[wasm_bindgen]
impl Edge {
    /// Opens a bundle as it was published for pages.
    pub fn open(bundle: &[u8]) -> Result<Edge, js_sys::Error> {
        let opened = Edition::open(bundle).map_err(|error| thrown(&Error::of_bundle(error)))?;
        Ok(Self { edition: opened })
    }

    /// The version its publisher gave it.
    #[wasm_bindgen(getter)]
    pub fn version(&self) -> f64 {
        self.edition.version as f64
    }

    /// When it was published: milliseconds since the epoch, UTC.
    #[wasm_bindgen(getter, js_name = publishedMs)]
    pub fn published_ms(&self) -> f64 {
        self.edition.published_ms as f64
    }

    /// Takes the events of a question and answers it.
    pub fn decide(&self, question: JsValue) -> Result<JsValue, js_sys::Error> {
        decide(&self.edition, question).map_err(|error| thrown(&error))
    }

    /// Says why the visitor is in an audience, or not.
    pub fn explain(&self, question: JsValue) -> Result<JsValue, js_sys::Error> {
        explain(&self.edition, question).map_err(|error| thrown(&error))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    datastream: String,
    identity_map: BTreeMap<String, Vec<Item>>,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    profile: JsValue,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    attributes: JsValue,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    events: JsValue,
    scopes: Option<Vec<String>>,
    schemas: Option<Vec<String>>,
    now_ms: Option<f64>,
}

const ASKED: [&str; 8] =
    ["datastream", "identityMap", "profile", "attributes", "events", "scopes", "schemas", "nowMs"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedWhy {
    audience: String,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    profile: JsValue,
    now_ms: Option<f64>,
}

const ASKED_WHY: [&str; 3] = ["audience", "profile", "nowMs"];

#[derive(Serialize)]
struct Answered<'a> {
    audiences: &'a [AudienceId],
    #[serde(with = "serde_wasm_bindgen::preserve")]
    destinations: JsValue,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    propositions: JsValue,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    profile: Uint8Array,
}

fn decide(edition: &Edition, question: JsValue) -> Result<JsValue, Error> {
    let asked: Asked = read(question, &ASKED)?;
    let now_ms = now(asked.now_ms)?;
    let question = Question {
        datastream: asked.datastream,
        identity_map: asked.identity_map,
        profile: bytes(asked.profile)?,
        attributes: text("attributes", &asked.attributes)?
            .map(|text| part("attributes", &text))
            .transpose()?,
        events: text("events", &asked.events)?
            .map(|text| part("events", &text))
            .transpose()?
            .unwrap_or_default(),
        scopes: asked.scopes.unwrap_or_default(),
        schemas: asked.schemas.unwrap_or_default(),
    };
    let answer = device::answer(edition, &question, now_ms)?;
    let answered = Answered {
        audiences: &answer.audiences,
        destinations: value(&Json::Array(answer.destinations))?,
        propositions: value(&Json::Array(answer.propositions))?,
        profile: Uint8Array::from(answer.profile.as_slice()),
    };
    serde_wasm_bindgen::to_value(&answered).map_err(|error| Error::Question(error.to_string()))
}

fn explain(edition: &Edition, question: JsValue) -> Result<JsValue, Error> {
    let asked: AskedWhy = read(question, &ASKED_WHY)?;
    let now_ms = now(asked.now_ms)?;
    let question = ExplainQuestion { audience: asked.audience, profile: bytes(asked.profile)? };
    value(&device::explain(edition, &question, now_ms)?)
}

/// Reads the frame of a question. A field that is not one is a mistake of the caller's, and said.
fn read<T: for<'a> Deserialize<'a>>(question: JsValue, fields: &[&str]) -> Result<T, Error> {
    let Some(object) = question.dyn_ref::<Object>() else {
        return Err(Error::Question("the question is not an object".into()));
    };
    let mut keys = Object::keys(object).into_iter().filter_map(|key| key.as_string());
    if let Some(unknown) = keys.find(|key| !fields.contains(&key.as_str())) {
        return Err(Error::Question(format!("a question has no field `{unknown}`: {}", fields.join(", "))));
    }
    serde_wasm_bindgen::from_value(question).map_err(|error| Error::Question(error.to_string()))
}

fn now(asked_ms: Option<f64>) -> Result<i64, Error> {
    match asked_ms.unwrap_or_else(Date::now) {
        now_ms if now_ms.is_finite() => Ok(now_ms as i64),
        other => Err(Error::Question(format!("`nowMs` is {other}"))),
    }
}

fn bytes(value: JsValue) -> Result<Option<Vec<u8>>, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    match value.dyn_into::<Uint8Array>() {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(_other) => Err(Error::Question("`profile` is not a Uint8Array".into())),
    }
}

/// The JSON text of a value; what cannot be written (a circle, a BigInt) is told.
fn text(name: &str, value: &JsValue) -> Result<Option<String>, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    let written = JSON::stringify(value).ok().and_then(|text| text.as_string());
    written.map(Some).ok_or_else(|| Error::Question(format!("`{name}` has no JSON form")))
}

fn value(json: &Json) -> Result<JsValue, Error> {
    JSON::parse(&crate::json::text(json))
        .map_err(|_thrown| Error::Question("the answer has no JSON form".into()))
}

/// As an `Error` with a `code`.
fn thrown(error: &Error) -> js_sys::Error {
    let thrown = js_sys::Error::new(&error.to_string());
    thrown.set_name("EdgeError");
    // It can only fail on a frozen object, and this one is new.
    let _set = Reflect::set(&thrown, &"code".into(), &error.code().into());
    thrown
}
