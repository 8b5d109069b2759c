//! How many events of this isolate's profiles the control plane has not acknowledged. Profiles that sleep since the
//! process began are not counted until their alarm wakes them.

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static WAITING: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes what one object holds.
pub(crate) fn note(object: &str, events: usize) {
    WAITING.with_borrow_mut(|waiting| match (events, waiting.get_mut(object)) {
        (0, None) => {}
        (0, Some(_)) => drop(waiting.remove(object)),
        (events, Some(noted)) => *noted = events,
        (events, None) => drop(waiting.insert(object.to_owned(), events)),
    });
}

/// Events, and profiles that have any.
pub(crate) fn total() -> (usize, usize) {
    WAITING.with_borrow(|waiting| (waiting.values().sum(), waiting.len()))
}
