//! How many things happen a second, over the quarter of an hour by which the documented guardrails measure
//! (`pql.md` section 4).

use std::sync::{Mutex, PoisonError};

const SLOT_MS: i64 = 60_000;
const SLOTS: i64 = 15;

/// Counts by minute.
#[derive(Debug, Default)]
pub(crate) struct Rate(Mutex<Vec<(i64, u64)>>);

impl Rate {
    /// So many at this instant, milliseconds since the epoch.
    pub(crate) fn add(&self, now_ms: i64, times: u64) {
        let minute = now_ms.div_euclid(SLOT_MS);
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.last_mut() {
            // A clock that went back counts into the last minute.
            Some((last, count)) if *last >= minute => *count = count.saturating_add(times),
            Some(_) | None => {
                slots.push((minute, times));
                slots.retain(|(slot, _)| *slot > minute.saturating_sub(SLOTS));
            }
        }
    }

    /// A second, on average over the last quarter of an hour.
    pub(crate) fn per_second(&self, now_ms: i64) -> f64 {
        let minute = now_ms.div_euclid(SLOT_MS);
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = slots.iter().filter(|(slot, _)| *slot > minute.saturating_sub(SLOTS));
        let total: u64 = recent.map(|(_, count)| count).sum();
        let rate = total as f64 / (SLOTS.saturating_mul(SLOT_MS) as f64 / 1_000.0);
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_more_than_a_quarter_of_an_hour_ago_does_not_count() {
        let check = |added: &[(i64, u64)], now_ms: i64, expected: f64| {
            let rate = Rate::default();
            added.iter().for_each(|(at_ms, times)| rate.add(*at_ms, *times));
            assert!((rate.per_second(now_ms) - expected).abs() < 1e-9, "{added:?}");
        };
        check(&[], 0, 0.0);
        check(&[(0, 450), (59_999, 450)], 0, 1.0);
        check(&[(0, 900), (14 * SLOT_MS, 900)], 14 * SLOT_MS, 2.0);
        check(&[(0, 900), (15 * SLOT_MS, 900)], 15 * SLOT_MS, 1.0);
        check(&[(0, 900)], 15 * SLOT_MS, 0.0);
        check(&[(SLOT_MS, 450), (0, 450)], SLOT_MS, 1.0);
    }
}
