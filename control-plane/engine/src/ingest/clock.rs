//! When an event happened, by a clock that may be wrong (`ingest-api.md`, clock skew).

use acquaint_core::time::has_text;

/// How far in the future an event may claim to be: more is a wrong clock, and is cut back to this.
pub const FUTURE_TOLERANCE_MS: i64 = 60_000;

/// The instant of an event: what the client's clock said, corrected by how wrong that clock was when it sent.
/// All in milliseconds since the epoch.
pub fn corrected(received_ms: i64, sent_ms: Option<i64>, original_ms: Option<i64>) -> i64 {
    let original_ms = original_ms.unwrap_or(received_ms);
    let corrected_ms = sent_ms.map(|sent_ms| received_ms.saturating_sub(sent_ms.saturating_sub(original_ms)));
    // A clock that is thousands of years wrong says nothing.
    let told = corrected_ms.into_iter().chain([original_ms]).find(|told_ms| has_text(*told_ms));
    clamped(received_ms, told.unwrap_or(received_ms))
}

/// At most a little in the future.
pub fn clamped(received_ms: i64, happened_ms: i64) -> i64 {
    happened_ms.min(received_ms.saturating_add(FUTURE_TOLERANCE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_514_764_800_000;
    const HOUR: i64 = 3_600_000;

    fn check(sent: Option<i64>, original: Option<i64>, expected_offset: i64) {
        let at = |offset: i64| NOW + offset;
        assert_eq!(corrected(NOW, sent.map(at), original.map(at)), at(expected_offset));
    }

    #[test]
    fn without_sent_at_the_original_timestamp_is_kept() {
        check(None, Some(-HOUR), -HOUR);
        check(None, None, 0);
    }

    #[test]
    fn a_clock_that_is_wrong_is_corrected_by_what_it_said_when_it_sent() {
        check(Some(2 * HOUR), Some(2 * HOUR - 5_000), -5_000);
        check(Some(-2 * HOUR), Some(-2 * HOUR - 5_000), -5_000);
    }

    #[test]
    fn an_import_of_history_keeps_its_distance() {
        check(Some(0), Some(-1_000 * HOUR), -1_000 * HOUR);
    }

    #[test]
    fn the_future_is_cut_back() {
        check(None, Some(HOUR), FUTURE_TOLERANCE_MS);
        check(Some(0), Some(HOUR), FUTURE_TOLERANCE_MS);
        check(Some(-HOUR), None, FUTURE_TOLERANCE_MS);
    }

    #[test]
    fn absurd_clocks_do_not_overflow() {
        assert_eq!(corrected(NOW, Some(i64::MIN), Some(i64::MAX)), NOW);
        assert_eq!(corrected(NOW, Some(i64::MAX), Some(i64::MIN)), NOW);
    }

    #[test]
    fn what_would_be_before_the_year_0_is_left_uncorrected() {
        let year_9999 = 253_402_300_799_000;
        check(Some(year_9999 - NOW), None, 0);
        check(Some(year_9999 - NOW), Some(-HOUR), -HOUR);
    }
}
