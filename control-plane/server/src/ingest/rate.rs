//! How much each source may send: a bucket of tokens, one for a record, that fills steadily up to the burst. A request
//! takes what it needs or nothing; one that is larger than the bucket needs a full one, and leaves it in debt.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use acquaint_store::catalog::{RateLimit, Source};

/// Parts of a token: a source that may send one record a second earns one part each millisecond.
const PARTS: i64 = 1_000;

/// The buckets of all sources that have a limit, by source.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<String, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: i64,
    at_ms: i64,
}

impl Buckets {
    /// Takes a token for each record of each source, if all of them have enough; else takes nothing and says how many
    /// milliseconds to wait.
    pub(crate) fn take(&self, wanted: &[(&Source, usize)], now_ms: i64) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = Vec::new();
        let mut wait_ms = 0;
        for (source, records) in wanted {
            let Some(limit) = source.rate_limit else { continue };
            let bucket = Bucket::filled(buckets.get(&source.id).copied(), limit, now_ms);
            match bucket.without(*records, limit) {
                Ok(left) => after.push((source.id.clone(), left)),
                Err(missing_ms) => wait_ms = missing_ms.max(wait_ms),
            }
        }
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        buckets.extend(after);
        Ok(())
    }
}

impl Bucket {
    /// What it holds now. A clock that went back fills nothing.
    fn filled(before: Option<Self>, limit: RateLimit, now_ms: i64) -> Self {
        let full = full(limit);
        let parts = before.map_or(full, |before| {
            let passed_ms = now_ms.saturating_sub(before.at_ms).max(0);
            before.parts.saturating_add(passed_ms.saturating_mul(i64::from(limit.per_second))).min(full)
        });
        Self { parts, at_ms: now_ms }
    }

    fn without(self, records: usize, limit: RateLimit) -> Result<Self, u64> {
        let cost = i64::try_from(records).unwrap_or(i64::MAX).saturating_mul(PARTS);
        let missing = cost.min(full(limit)).saturating_sub(self.parts);
        if missing <= 0 {
            return Ok(Self { parts: self.parts.saturating_sub(cost), ..self });
        }
        Err(missing.unsigned_abs().div_ceil(u64::from(limit.per_second.max(1))))
    }
}

fn full(limit: RateLimit) -> i64 {
    i64::from(limit.burst.unwrap_or(limit.per_second)).saturating_mul(PARTS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(id: &str, limit: serde_json::Value) -> Source {
        serde_json::from_value(json!({"id": id, "rateLimit": limit})).unwrap()
    }

    /// Requests of `(at_ms, records)` and what each is told.
    fn check(limit: serde_json::Value, requests: &[(i64, usize, Result<(), u64>)]) {
        let (buckets, source) = (Buckets::default(), source("s", limit));
        for (at_ms, records, expected) in requests {
            assert_eq!(buckets.take(&[(&source, *records)], *at_ms), *expected, "{records} at {at_ms}");
        }
    }

    #[test]
    fn a_burst_passes_and_the_rest_waits_for_its_tokens() {
        check(
            json!({"perSecond": 10, "burst": 20}),
            &[(0, 20, Ok(())), (0, 1, Err(100)), (50, 1, Err(50)), (100, 1, Ok(())), (5_000, 21, Ok(()))],
        );
    }

    #[test]
    fn what_is_larger_than_the_bucket_needs_a_full_one_and_is_paid_off() {
        check(
            json!({"perSecond": 10}),
            &[(0, 1, Ok(())), (0, 50, Err(100)), (100, 50, Ok(())), (100, 1, Err(4_100)), (4_200, 1, Ok(()))],
        );
    }

    #[test]
    fn a_refused_request_costs_nothing_and_a_clock_that_goes_back_gives_nothing() {
        check(
            json!({"perSecond": 1, "burst": 2}),
            &[
                (0, 2, Ok(())),
                (500, 1, Err(500)),
                (900, 1, Err(100)),
                (-9_000, 1, Err(1_000)),
                (1_000, 1, Ok(())),
            ],
        );
    }

    #[test]
    fn without_a_limit_everything_passes() {
        check(json!(null), &[(0, 1_000_000, Ok(())), (0, 1_000_000, Ok(()))]);
    }

    #[test]
    fn one_source_that_is_too_fast_keeps_the_whole_request_from_costing_anything() {
        let buckets = Buckets::default();
        let (slow, fast) = (source("slow", json!({"perSecond": 1})), source("fast", json!({"perSecond": 5})));
        assert_eq!(buckets.take(&[(&slow, 1)], 0), Ok(()));
        assert_eq!(buckets.take(&[(&fast, 5), (&slow, 1)], 0), Err(1_000));
        assert_eq!(buckets.take(&[(&fast, 5)], 0), Ok(()));
    }
}
