//! The bundle of this isolate: prepared once, checked against the keeper ([`super::bundle_object`]) every second.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use worker::{Context, Env, Method, Response, Result, console_error};

use super::convert::{failure, post};
use super::settings::real_now_ms;
use crate::bundle::Edition;

/// Younger than this, an edition is used as it is.
const FRESH_MS: i64 = 1_000;
/// Younger than this, it is used and checked behind the answer; older, it is checked before.
const STALE_MS: i64 = 60_000;

struct Cached {
    edition: Option<Rc<Edition>>,
    checked_ms: i64,
}

thread_local! {
    static CACHE: RefCell<Option<Cached>> = const { RefCell::new(None) };
    static CHECKING: Cell<bool> = const { Cell::new(false) };
}

/// The edition to answer a request from. `None`: nothing was published yet.
pub(crate) async fn current(env: &Env, context: &Context) -> Result<Option<Rc<Edition>>> {
    let now_ms = real_now_ms();
    let cached = CACHE.with_borrow(|cache| {
        cache.as_ref().and_then(|cached| Some((cached.edition.clone()?, now_ms - cached.checked_ms)))
    });
    match cached {
        Some((edition, age_ms)) if (0..FRESH_MS).contains(&age_ms) => Ok(Some(edition)),
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

/// The edition of that tag if this isolate has it, else the newest.
pub(crate) async fn tagged(env: &Env, tag: &str) -> Result<Option<Rc<Edition>>> {
    let cached = CACHE.with_borrow(|cache| cache.as_ref().and_then(|cached| cached.edition.clone()));
    match cached {
        Some(edition) if edition.tag == tag => Ok(Some(edition)),
        Some(_) | None => refresh(env).await,
    }
}

/// Uses these bytes from now on.
pub(crate) fn adopt(edition: Edition) -> Rc<Edition> {
    let edition = Rc::new(edition);
    remember(Some(edition.clone()));
    edition
}

fn remember(edition: Option<Rc<Edition>>) {
    CACHE.with_borrow_mut(|cache| *cache = Some(Cached { edition, checked_ms: real_now_ms() }));
}

/// Asks the keeper. If it does not answer, or answers with what cannot be read, the edition at hand stays in force: the
/// last good one.
async fn refresh(env: &Env) -> Result<Option<Rc<Edition>>> {
    let held = CACHE.with_borrow(|cache| cache.as_ref().and_then(|cached| cached.edition.clone()));
    let known = held.as_ref().map_or("", |edition| edition.tag.as_str());
    let asked = ask(env, known).await;
    match (asked, held) {
        (Ok(Answer::Unchanged), Some(edition)) => {
            remember(Some(edition.clone()));
            Ok(Some(edition))
        }
        (Ok(Answer::Bytes(edition)), _) => Ok(Some(adopt(*edition))),
        (Ok(Answer::Nothing | Answer::Unchanged), _) => Ok(None),
        (Err(error), Some(edition)) => {
            console_error!("the bundle at hand stays in force: {error}");
            remember(Some(edition.clone()));
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
    let mut response = stub.fetch_with_str(&format!("https://bundle/{known}")).await?;
    match response.status_code() {
        200 => {
            let edition = Edition::open(&response.bytes().await?).map_err(|error| failure(&error))?;
            Ok(Answer::Bytes(Box::new(edition)))
        }
        204 => Ok(Answer::Unchanged),
        404 => Ok(Answer::Nothing),
        status => Err(failure(&format!("the keeper of the bundle answered {status}"))),
    }
}

/// Gives new bytes to the keeper.
pub(crate) async fn publish(env: &Env, bytes: &[u8]) -> Result<Response> {
    let stub = env.durable_object("BUNDLE")?.get_by_name("bundle")?;
    stub.fetch_with_request(post("https://bundle/", Method::Put, bytes, &[])?).await
}
