//! The body of a request, which has to arrive within a time: a client that sends a byte now and then would otherwise
//! keep its place for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// The body did not arrive within its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body did not arrive within {max_ms} ms")]
pub(crate) struct TooSlow {
    /// How long it may take.
    pub(crate) max_ms: u128,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A body with a deadline for all of it.
pub(crate) struct TimedBody {
    body: Incoming,
    max: Duration,
    deadline: Instant,
    /// Made when there is something to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
    ended: bool,
    /// Told when nobody wants to read on although there may be more.
    unread: Arc<AtomicBool>,
}

impl TimedBody {
    /// From now on. `unread` becomes true if the body is dropped before its end.
    pub(crate) fn new(body: Incoming, max: Duration, unread: Arc<AtomicBool>) -> Self {
        Self { body, max, deadline: Instant::now() + max, sleep: None, ended: false, unread }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.ended = frame.is_none();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = self.deadline;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        match sleep.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(TooSlow { max_ms: self.max.as_millis() }.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.unread.store(true, Ordering::Relaxed);
        }
    }
}
