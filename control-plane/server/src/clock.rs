//! The clock: the system's, or one that is moved by hand (`serve --clock`), so that a test or a demo decides what time
//! it is. Everything behind the rim takes the time as an argument.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Debug)]
pub(crate) struct Clock(Source);

#[derive(Debug)]
enum Source {
    System,
    Manual(Mutex<i64>),
}

/// Why the clock was not moved.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// It is the system's.
    #[error("this server runs by the system's clock")]
    System,
    /// Time does not go back.
    #[error("the clock stands at {now_ms} and cannot go back to {asked_ms}")]
    Backwards {
        /// Where it stands: milliseconds since the epoch.
        now_ms: i64,
        /// Where it was to go.
        asked_ms: i64,
    },
}

impl Clock {
    /// The system's clock.
    pub(crate) fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is moved.
    pub(crate) fn manual(now_ms: i64) -> Self {
        Self(Source::Manual(Mutex::new(now_ms)))
    }

    /// Whether it can be moved.
    pub(crate) fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// Now: milliseconds since the epoch, UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => system_ms(),
            Source::Manual(now) => *lock(now),
        }
    }

    /// Moves a manual clock forwards.
    pub(crate) fn advance_to(&self, asked_ms: i64) -> Result<(), Error> {
        match &self.0 {
            Source::System => Err(Error::System),
            Source::Manual(now) => {
                let mut now = lock(now);
                if asked_ms < *now {
                    return Err(Error::Backwards { now_ms: *now, asked_ms });
                }
                *now = asked_ms;
                Ok(())
            }
        }
    }
}

/// What the system's clock says, whatever clock the server runs by: milliseconds since the epoch, UTC.
pub(crate) fn system_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// A poisoned lock around a plain number is still a number.
fn lock(now: &Mutex<i64>) -> std::sync::MutexGuard<'_, i64> {
    now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_forwards_only() {
        let clock = Clock::manual(1_000);
        assert_eq!(clock.advance_to(2_000), Ok(()));
        assert_eq!(clock.now_ms(), 2_000);
        assert_eq!(clock.advance_to(1_999), Err(Error::Backwards { now_ms: 2_000, asked_ms: 1_999 }));
    }

    #[test]
    fn the_system_clock_cannot_be_moved() {
        assert_eq!(Clock::system().advance_to(i64::MAX), Err(Error::System));
    }
}
