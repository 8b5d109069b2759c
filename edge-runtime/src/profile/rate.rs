//! How often one profile may be asked, or new visitors may come: a bucket of tokens. Held in memory only.

use crate::limits::{PROFILE_BURST_REQUESTS, PROFILE_REQUESTS_PER_SECOND};

/// A bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Thousandths of a request.
    tokens: u64,
    last_ms: i64,
    burst: u64,
    per_second: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self::new(PROFILE_BURST_REQUESTS, PROFILE_REQUESTS_PER_SECOND)
    }
}

impl Rate {
    /// So many at once, and so many regained each second.
    pub fn new(burst: u32, per_second: u32) -> Self {
        let burst = u64::from(burst) * 1000;
        Self { tokens: burst, last_ms: i64::MIN, burst, per_second: u64::from(per_second) }
    }

    /// Takes a token; false if there is none.
    pub fn take(&mut self, now_ms: i64) -> bool {
        let passed_ms = u64::try_from(now_ms.saturating_sub(self.last_ms)).unwrap_or(0);
        self.last_ms = self.last_ms.max(now_ms);
        let regained = passed_ms.saturating_mul(self.per_second);
        self.tokens = self.tokens.saturating_add(regained).min(self.burst);
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
