//! Figures that cost a walk over a table: looked up again only when that takes a small share of the time, so that being
//! watched does not slow a large store down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A walk is repeated after this many times what it took: a twentieth of one core at most.
const REST: u32 = 20;
/// And not more often than this.
const REST_MIN: Duration = Duration::from_secs(1);

/// The last look.
#[derive(Debug)]
struct Look<T> {
    at: Instant,
    took: Duration,
    found: Arc<T>,
}

/// A figure that is looked up seldom.
#[derive(Debug)]
pub(crate) struct Seldom<T>(Mutex<Option<Look<T>>>);

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Seldom<T> {
    /// The figure, and how old it is.
    pub(crate) fn get<E>(&self, look: impl FnOnce() -> Result<T, E>) -> Result<(Arc<T>, Duration), E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(last) = &*last {
            let age = now.saturating_duration_since(last.at);
            if age < REST_MIN.max(last.took.saturating_mul(REST)) {
                return Ok((Arc::clone(&last.found), age));
            }
        }
        let found = Arc::new(look()?);
        let took = now.elapsed();
        *last = Some(Look { at: Instant::now(), took, found: Arc::clone(&found) });
        Ok((found, Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_look_at_once_is_not_taken_and_a_failed_one_is_not_kept() {
        let seldom = Seldom::default();
        assert_eq!(seldom.get(|| Err::<u32, _>("no")).unwrap_err(), "no");
        assert_eq!(*seldom.get(|| Ok::<_, &str>(1)).unwrap().0, 1);
        assert_eq!(*seldom.get(|| Err::<u32, _>("not asked")).unwrap().0, 1);
    }
}
