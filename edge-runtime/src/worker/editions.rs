//! The bundle of this isolate: prepared once, checked against the keeper ([`super::bundle_object`]) every second, or against
//! its copy ([`super::copies`]) every half minute.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::JsValue;
use worker::{Context, Env, Result, console_error};

use super::convert::failure;
use super::settings::real_now_ms;
use super::{copies, exchange};
use crate::bundle::{Edition, Editions, tag};

/// Younger than this, an edition is used as it is, unless there are copies that say otherwise.
const FRESH_MS: i64 = 1_000;
/// Younger than this, it is used and checked behind the answer; older, it is checked before.
const STALE_MS: i64 = 60_000;

#[derive(Default)]
struct Cached {
    editions: Editions,
    checked_ms: i64,
}

thread_local! {
    static CACHE: RefCell<Cached> = RefCell::default();
    static CHECKING: Cell<bool> = const { Cell::new(false) };
}

/// The edition to answer a request from. `None`: nothing was published yet.
pub(crate) async fn current(env: &Env, context: &Context) -> Result<Option<Rc<Edition>>> {
    let now_ms = real_now_ms();
    let cached = CACHE.with_borrow(|cached| {
        let edition = cached.editions.current()?;
        Some((edition.clone(), now_ms - cached.checked_ms))
    });
    let fresh_ms = copies::fresh_ms(env).unwrap_or(FRESH_MS);
    match cached {
        Some((edition, age_ms)) if (0..fresh_ms).contains(&age_ms) => Ok(Some(edition)),
        Some((edition, age_ms)) if (0..STALE_MS).contains(&age_ms) => {
            if !CHECKING.replace(true) {
                let env = env.clone();
                context.wait_until(async move {
                    let checked = refresh(&env).await;
                    CHECKING.set(false);
                    if let Err(error) = checked {
                        console_error!("the bundle could not be checked: {error}");
                    }
                });
            }
            Ok(Some(edition))
        }
        Some(_) | None => refresh(env).await,
    }
}

/// The edition of that tag. `None`: neither this isolate nor the keeper has it.
pub(crate) async fn tagged(env: &Env, tag: &str) -> Result<Option<Rc<Edition>>> {
    let find = || CACHE.with_borrow(|cached| cached.editions.of(tag).cloned());
    if let Some(edition) = find() {
        return Ok(Some(edition));
    }
    newest(env).await?;
    Ok(find())
}

/// Uses these bytes from now on.
pub(crate) fn adopt(edition: Edition) -> Rc<Edition> {
    let edition = Rc::new(edition);
    remember(edition.clone());
    edition
}

fn remember(edition: Rc<Edition>) {
    CACHE.with_borrow_mut(|cached| {
        cached.editions.adopt(edition);
        cached.checked_ms = real_now_ms();
    });
}

/// Looks for a newer edition where that is nearest.
async fn refresh(env: &Env) -> Result<Option<Rc<Edition>>> {
    match copy(env).await {
        Ok(Some(edition)) => return Ok(Some(edition)),
        Ok(None) => {}
        Err(error) => console_error!("there is no copy of the bundle, its keeper is asked: {error}"),
    }
    newest(env).await
}

/// The edition of the copy; the one at hand, if the copy is older than that.
async fn copy(env: &Env) -> Result<Option<Rc<Edition>>> {
    let Some(bytes) = copies::get(env).await? else { return Ok(None) };
    let held = CACHE.with_borrow(|cached| cached.editions.current().cloned());
    if let Some(held) = held.filter(|held| held.tag == tag(&bytes)) {
        remember(held.clone());
        return Ok(Some(held));
    }
    let copied = Edition::open(&bytes).map_err(|error| failure(&error))?;
    let held = CACHE.with_borrow(|cached| cached.editions.current().cloned());
    match held.filter(|held| held.published_ms > copied.published_ms) {
        Some(held) => {
            remember(held.clone());
            Ok(Some(held))
        }
        None => Ok(Some(adopt(copied))),
    }
}

/// Asks the keeper. If it does not answer, or answers with what cannot be read, the edition at hand stays in force: the
/// last good one.
pub(crate) async fn newest(env: &Env) -> Result<Option<Rc<Edition>>> {
    let held = CACHE.with_borrow(|cached| cached.editions.current().cloned());
    let known = held.as_ref().map_or("", |edition| edition.tag.as_str());
    let asked = ask(env, known).await;
    match (asked, held) {
        (Ok(Answer::Unchanged), Some(edition)) => {
            remember(edition.clone());
            Ok(Some(edition))
        }
        (Ok(Answer::Bytes(edition)), _) => Ok(Some(adopt(*edition))),
        (Ok(Answer::Nothing | Answer::Unchanged), _) => Ok(None),
        (Err(error), Some(edition)) => {
            console_error!("the bundle at hand stays in force: {error}");
            remember(edition.clone());
            Ok(Some(edition))
        }
        (Err(error), None) => Err(error),
    }
}

enum Answer {
    Unchanged,
    Nothing,
    Bytes(Box<Edition>),
}

async fn ask(env: &Env, known: &str) -> Result<Answer> {
    let stub = env.durable_object("BUNDLE")?.get_by_name("bundle")?;
    let response = exchange::ask(stub, &JsValue::from_str(&format!("https://bundle/{known}"))).await?;
    match response.status {
        200 => {
            let edition = Edition::open(&response.bytes).map_err(|error| failure(&error))?;
            Ok(Answer::Bytes(Box::new(edition)))
        }
        204 => Ok(Answer::Unchanged),
        404 => Ok(Answer::Nothing),
        status => Err(failure(&format!("the keeper of the bundle answered {status}"))),
    }
}

/// Gives new bytes to the keeper, then to where its copy lies.
pub(crate) async fn publish(env: &Env, bytes: &[u8]) -> Result<()> {
    let stub = env.durable_object("BUNDLE")?.get_by_name("bundle")?;
    let request = exchange::request("PUT", "https://bundle/", &Uint8Array::from(bytes), &[])?;
    match exchange::ask(stub, &request).await?.status {
        200 => copies::put(env, bytes).await,
        status => Err(failure(&format!("the keeper of the bundle answered {status}"))),
    }
}
