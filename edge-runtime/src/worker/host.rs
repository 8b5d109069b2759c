//! What crosses between the host's JavaScript (`host/`) and this module. Every value and every object that crosses costs
//! more than what it says: so a request is one text and its body, a reply is one text, and what can be answered at once is
//! not waited for.
#![allow(unreachable_pub, reason = "public to the host alone, which `wasm_bindgen` wants said like this")]

use std::rc::Rc;

use futures_util::StreamExt as _;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::js_sys::futures::future_to_promise;
use worker::js_sys::{Promise, Uint8Array};
use worker::{Env, Method, Result, console_error, web_sys, worker_sys};

use super::answer;
use super::exchange::Answer;
use super::profile_object::Keeper;
use super::turns;
use crate::http;

/// A request as the host hands it over.
pub(crate) struct Incoming {
    /// Without a body.
    pub(crate) head: http::Request,
    /// Of one that was short and said so.
    body: Option<Vec<u8>>,
    raw: web_sys::Request,
}

impl Incoming {
    /// The request with its body, of which there is at most one byte more than allowed: enough to know that it is too long.
    pub(crate) async fn read(self, bytes_max: usize) -> Result<http::Request> {
        let mut body = match self.body {
            Some(body) => body,
            None => read_stream(self.raw, bytes_max).await?,
        };
        body.truncate(bytes_max.saturating_add(1));
        Ok(http::Request { body, ..self.head })
    }
}

async fn read_stream(raw: web_sys::Request, bytes_max: usize) -> Result<Vec<u8>> {
    let mut request = worker::Request::from(raw);
    let has_body = !matches!(request.method(), Method::Get | Method::Head | Method::Options);
    let mut body = Vec::new();
    if !has_body || request.inner().body().is_none() {
        return Ok(body);
    }
    let mut stream = request.stream()?;
    while let Some(chunk) = stream.next().await {
        // A body that does not come as it was announced is no body, and nobody's fault but the sender's.
        let Ok(chunk) = chunk else { return Ok(Vec::new()) };
        body.extend(chunk);
        if body.len() > bytes_max {
            break;
        }
    }
    Ok(body)
}

/// Answers a request: the text of [`http::Reply::to_text`], or the promise of it, or what a request of that number
/// waits for ([`turns`]) that goes on with [`resume`]. The head is as [`http::Request::of_text`] reads it.
#[wasm_bindgen]
pub fn fetch(
    head: &str,
    body: Option<Vec<u8>>,
    raw: web_sys::Request,
    env: Env,
    context: worker_sys::Context,
) -> JsValue {
    let incoming = Incoming { head: http::Request::of_text(head), body, raw };
    turns::first(Box::pin(async move {
        let reply = answer(incoming, &env, &worker::Context::new(context)).await.unwrap_or_else(|error| {
            console_error!("{error}");
            http::Reply { body: error.to_string(), ..http::Reply::status(500) }
        });
        JsValue::from_str(&reply.to_text())
    }))
}

/// Goes on with a request that waits, as [`fetch`]: with what the keeper answered, bytes or a status, which is 0 if it did
/// not answer.
#[wasm_bindgen]
pub fn resume(number: u32, status: u16, bytes: Option<Vec<u8>>) -> JsValue {
    let answer = Answer { status, bytes: bytes.unwrap_or_default() };
    turns::next(number, answer).unwrap_or_else(|| http::Reply::status(503).to_text().into())
}

/// The keeper of a profile, as the host makes it when somebody asks for it who is not in memory.
#[wasm_bindgen]
pub struct ProfileObject(Rc<Keeper>);

#[wasm_bindgen]
impl ProfileObject {
    /// Nothing is read yet.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Self {
        Self(Rc::new(Keeper::new(state, env)))
    }

    /// Answers a question (`host/keeper.js`): an array of bytes, a status, or the promise of one of them.
    pub fn ask(&self, path: String, body: Option<Vec<u8>>) -> JsValue {
        let keeper = Rc::clone(&self.0);
        turns::at_once(Box::pin(async move {
            match keeper.ask(&path, &body.unwrap_or_default()).await {
                Ok(Answer { status: 200, bytes }) => Uint8Array::from(bytes.as_slice()).into(),
                Ok(Answer { status, .. }) => status.into(),
                Err(error) => {
                    console_error!("an edge profile could not answer: {error}");
                    500.into()
                }
            }
        }))
    }

    /// The time has come for which an alarm was set.
    pub fn alarm(&self) -> Promise {
        let keeper = Rc::clone(&self.0);
        future_to_promise(async move { Ok(keeper.wake().await.map(|()| JsValue::UNDEFINED)?) })
    }
}
