//! A bell for threads: rung when something has changed that somebody may be waiting for. Rings are counted, so that one
//! that rang between a look and a wait is not missed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A counted bell.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// How often it has rung: to be read before looking at what it is about.
    pub(crate) fn rings(&self) -> u64 {
        *self.lock()
    }

    /// Wakes everybody.
    pub(crate) fn ring(&self) {
        let mut rings = self.lock();
        *rings = rings.wrapping_add(1);
        self.rung.notify_all();
    }

    /// Waits until it has rung since `seen`, or the time is over.
    pub(crate) fn wait(&self, seen: u64, timeout: Duration) {
        let rings = self.lock();
        // Whether it rang or not, the caller looks again.
        drop(self.rung.wait_timeout_while(rings, timeout, |rings| *rings == seen));
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_ring_between_look_and_wait_is_not_missed() {
        let bell = Bell::default();
        let seen = bell.rings();
        bell.ring();
        bell.wait(seen, Duration::from_secs(3_600));
    }

    #[test]
    fn a_ring_wakes_who_waits() {
        let bell = Arc::new(Bell::default());
        let seen = bell.rings();
        let ringer = Arc::clone(&bell);
        let thread = std::thread::spawn(move || ringer.ring());
        bell.wait(seen, Duration::from_secs(3_600));
        thread.join().unwrap();
        assert_ne!(bell.rings(), seen);
    }
}
