//! How many events of this isolate's profiles the control plane has not acknowledged. Profiles that sleep since the
//! process began are not counted until their alarm wakes them.

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static WAITING: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes what one object holds.
pub(crate) fn note(object: String, events: usize) {
    WAITING.with_borrow_mut(|waiting| match events {
        0 => waiting.remove(&object),
        events => waiting.insert(object, events),
    });
}

/// Events, and profiles that have any.
pub(crate) fn total() -> (usize, usize) {
    WAITING.with_borrow(|waiting| (waiting.values().sum(), waiting.len()))
}
