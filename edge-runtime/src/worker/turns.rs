//! Requests that wait for a keeper's answer, and go on when the host brings it. A promise that is waited for in here costs
//! closures, their calls and turns of the event loop: a twentieth of a request. So a request that asks one keeper is left
//! where it is, the host waits, and the request takes its next turn with what came.
//!
//! Whatever else is waited for, also a second keeper at the same time, is waited for as a promise.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use worker::Result;
use worker::js_sys::futures::future_to_promise;
use worker::wasm_bindgen::JsValue;

use super::exchange::Answer;

/// What is being answered.
pub(crate) type Answering = Pin<Box<dyn Future<Output = JsValue>>>;

/// Those whose host gives up, with the connection of its client, never take another turn: beyond so many the oldest go.
const WAITING_MAX: usize = 10_000;

/// What the host can still be left to wait for, in the turn that is being taken.
enum Turn {
    /// Nothing: this is no turn of a request.
    None,
    /// An answer of a keeper, of which none has been asked yet.
    Open,
    /// A keeper was asked, by which the host knows what it waits for and for which request.
    Asked(u32, JsValue),
    /// A keeper has answered, and nobody has taken it yet.
    Answered(Answer),
}

thread_local! {
    static TURN: RefCell<Turn> = const { RefCell::new(Turn::None) };
    /// By their numbers, which ascend.
    static WAITING: RefCell<Vec<(u32, Answering)>> = const { RefCell::new(Vec::new()) };
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// The first turn of a request: what comes of it, or the promise of that, or what the host has to wait for ([`asked`]).
pub(crate) fn first(answering: Answering) -> JsValue {
    take(Turn::Open, answering)
}

/// The next turn of the request of that number: as [`first`]. `None`: it is not known any more.
pub(crate) fn next(number: u32, answer: Answer) -> Option<JsValue> {
    let (_, answering) = WAITING.with_borrow_mut(|waiting| {
        let found = waiting.binary_search_by_key(&number, |(number, _)| *number);
        found.ok().map(|place| waiting.remove(place))
    })?;
    Some(take(Turn::Answered(answer), answering))
}

fn take(turn: Turn, mut answering: Answering) -> JsValue {
    TURN.replace(turn);
    let polled = answering.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    match (polled, TURN.replace(Turn::None)) {
        (Poll::Ready(value), _) => value,
        (Poll::Pending, Turn::Asked(number, asked)) => {
            keep(number, answering);
            asked
        }
        (Poll::Pending, _) => future_to_promise(async move { Ok(answering.await) }).into(),
    }
}

/// What comes of a future, if nothing has to be waited for; else the promise of it.
pub(crate) fn at_once(answering: Answering) -> JsValue {
    take(Turn::None, answering)
}

fn keep(number: u32, answering: Answering) {
    WAITING.with_borrow_mut(|waiting| {
        if waiting.len() >= WAITING_MAX {
            drop(waiting.remove(0));
        }
        waiting.push((number, answering));
    });
}

/// Whether the host can be left to wait for an answer, which it then is with [`asked`].
pub(crate) fn is_open() -> bool {
    TURN.with_borrow(|turn| matches!(turn, Turn::Open))
}

/// Has the host ask a keeper for the request of the number that `ask` is given; then there is something to wait for. What
/// the keeper answers comes in the next turn.
pub(crate) fn asked(ask: impl FnOnce(u32) -> Result<JsValue>) -> Result<impl Future<Output = Answer>> {
    let number = LAST.get().wrapping_add(1);
    LAST.set(number);
    TURN.replace(Turn::Asked(number, ask(number)?));
    Ok(poll_fn(|_| {
        TURN.with_borrow_mut(|turn| match std::mem::replace(turn, Turn::Open) {
            Turn::Answered(answer) => Poll::Ready(answer),
            other => {
                *turn = other;
                Poll::Pending
            }
        })
    }))
}
