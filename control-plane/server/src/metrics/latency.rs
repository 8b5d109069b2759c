//! A histogram of durations that can also be asked for a quantile: what is scraped and what is held against a guardrail
//! are the same figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Upper ends of the buckets, in seconds: from a millisecond to an hour, with the guardrails of the seed among them (five
/// and ten minutes).
const BUCKET_SECONDS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 600.0, 3_600.0];

/// Durations, counted by bucket. All clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    buckets: [AtomicU64; BUCKET_SECONDS.len()],
    /// Longer than the last bucket.
    beyond: AtomicU64,
    sum_ms: AtomicU64,
}

impl Latency {
    /// So many things have taken so long.
    pub(crate) fn observe(&self, took_ms: u64, times: u64) {
        let seconds = took_ms as f64 / 1_000.0;
        let bucket = BUCKET_SECONDS.iter().position(|end| seconds <= *end);
        let counter = bucket.and_then(|bucket| self.0.buckets.get(bucket)).unwrap_or(&self.0.beyond);
        counter.fetch_add(times, Ordering::Relaxed);
        self.0.sum_ms.fetch_add(took_ms.saturating_mul(times), Ordering::Relaxed);
    }

    /// The seconds within which this share of all things was done: the end of the bucket it falls into. `None` if there
    /// was nothing, infinite beyond the last bucket.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let counts = self.counts();
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        if total == 0 {
            return None;
        }
        let wanted = total as f64 * share;
        let mut so_far = 0_u64;
        for (end, count) in counts {
            so_far = so_far.saturating_add(count);
            if so_far as f64 >= wanted {
                return Some(end);
            }
        }
        Some(f64::INFINITY)
    }

    fn counts(&self) -> Vec<(f64, u64)> {
        let ends = BUCKET_SECONDS.iter().copied().chain([f64::INFINITY]);
        let counters = self.0.buckets.iter().chain([&self.0.beyond]);
        ends.zip(counters.map(|counter| counter.load(Ordering::Relaxed))).collect()
    }
}

impl EncodeMetric for Latency {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        // The library writes `+Inf` for the largest number.
        let ends = |(end, count): (f64, u64)| (if end.is_infinite() { f64::MAX } else { end }, count);
        let counts: Vec<(f64, u64)> = self.counts().into_iter().map(ends).collect();
        let total = counts.iter().map(|(_, count)| count).sum();
        let sum = self.0.sum_ms.load(Ordering::Relaxed) as f64 / 1_000.0;
        encoder.encode_histogram::<NoLabelSet>(sum, total, &counts, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Latency {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_end_of_the_bucket_it_falls_into() {
        let check = |observed: &[(u64, u64)], share: f64, expected: Option<f64>| {
            let latency = Latency::default();
            observed.iter().for_each(|(took_ms, times)| latency.observe(*took_ms, *times));
            assert_eq!(latency.quantile(share), expected, "{observed:?}");
        };
        check(&[], 0.95, None);
        check(&[(3, 1)], 0.95, Some(0.005));
        check(&[(1, 95), (700, 5)], 0.95, Some(0.001));
        check(&[(1, 94), (700, 6)], 0.95, Some(1.0));
        check(&[(4_000_000, 1)], 0.5, Some(f64::INFINITY));
    }
}
