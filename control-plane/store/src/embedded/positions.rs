//! How far each log is durable, and who waits for more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use acquaint_core::id::Position;

use crate::Topic;

/// The last position of each log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    records: Position,
    changes: Position,
}

impl Ends {
    pub(super) fn of(self, topic: Topic) -> Position {
        match topic {
            Topic::Records => self.records,
            Topic::Changes => self.changes,
        }
    }

    /// The next position of a log, taken.
    pub(super) fn take(&mut self, topic: Topic) -> Position {
        let end = match topic {
            Topic::Records => &mut self.records,
            Topic::Changes => &mut self.changes,
        };
        *end = end.saturating_add(1);
        *end
    }
}

/// What readers may see of the logs.
#[derive(Debug)]
pub(super) struct Positions {
    ends: Mutex<Ends>,
    moved: Condvar,
}

impl Positions {
    pub(super) fn new(records: Position, changes: Position) -> Self {
        Self { ends: Mutex::new(Ends { records, changes }), moved: Condvar::new() }
    }

    pub(super) fn ends(&self) -> Ends {
        *self.guard()
    }

    pub(super) fn end(&self, topic: Topic) -> Position {
        self.ends().of(topic)
    }

    /// Lets readers see more.
    pub(super) fn publish(&self, ends: Ends) {
        let mut guard = self.guard();
        if *guard != ends {
            *guard = ends;
            self.moved.notify_all();
        }
    }

    pub(super) fn wait(&self, topic: Topic, after: Position, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut guard = self.guard();
        while guard.of(topic) <= after {
            let Some(left) = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
            else {
                guard = self.moved.wait(guard).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if left.is_zero() {
                return false;
            }
            guard = self.moved.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Positions are whole at every instant, so a panic of another thread leaves nothing half done.
    fn guard(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
