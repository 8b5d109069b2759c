//! Waiting for several things at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::maybe_done;

/// Something that is waited for.
pub(crate) type Pending<'a, Out> = Pin<Box<dyn Future<Output = Out> + 'a>>;

/// What comes of all of them, in order. They are few, so all are looked at whenever one has moved: that of `futures_util`
/// keeps a queue for thousands, and is compiled anew for each kind of future.
pub(crate) async fn all<'a, Out>(pending: impl Iterator<Item = Pending<'a, Out>>) -> Vec<Out> {
    let mut parts: Vec<_> = pending.map(maybe_done).collect();
    poll_fn(|context| {
        let mut ready = true;
        for part in &mut parts {
            ready &= Pin::new(part).poll(context).is_ready();
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    parts.iter_mut().filter_map(|part| Pin::new(part).take_output()).collect::<Vec<_>>()
}
