//! How often one profile may be asked: a bucket of tokens. Held in memory only.

use crate::limits::{PROFILE_BURST_REQUESTS, PROFILE_REQUESTS_PER_SECOND};

/// A bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Thousandths of a request.
    tokens: u64,
    last_ms: i64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { tokens: u64::from(PROFILE_BURST_REQUESTS) * 1000, last_ms: i64::MIN }
    }
}

impl Rate {
    /// Takes a token; false if there is none.
    pub fn take(&mut self, now_ms: i64) -> bool {
        let passed_ms = u64::try_from(now_ms.saturating_sub(self.last_ms)).unwrap_or(0);
        self.last_ms = self.last_ms.max(now_ms);
        let regained = passed_ms.saturating_mul(u64::from(PROFILE_REQUESTS_PER_SECOND));
        let full = u64::from(PROFILE_BURST_REQUESTS) * 1000;
        self.tokens = self.tokens.saturating_add(regained).min(full);
        match self.tokens.checked_sub(1000) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_the_steady_rate() {
        let mut rate = Rate::default();
        let taken = (0..1_000).filter(|_| rate.take(5_000)).count();
        assert_eq!(taken, usize::try_from(PROFILE_BURST_REQUESTS).unwrap());
        let taken = (0..1_000).filter(|_| rate.take(6_000)).count();
        assert_eq!(taken, usize::try_from(PROFILE_REQUESTS_PER_SECOND).unwrap());
        assert!(!rate.take(5_000), "a clock that moves back gives nothing");
    }
}
