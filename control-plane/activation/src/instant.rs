//! Cron schedules and the stamp of a file name.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use croner::Cron;

/// `20180101000000`. An instant beyond the calendar is written as its end.
pub(crate) fn compact(at_ms: i64) -> String {
    utc(at_ms).format("%Y%m%d%H%M%S").to_string()
}

fn utc(at_ms: i64) -> DateTime<Utc> {
    let end = if at_ms < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    DateTime::from_timestamp_millis(at_ms).unwrap_or(end)
}

/// The first instant of a five-field cron expression, in UTC, after `after_ms`; or what is wrong with the expression.
pub(crate) fn next_occurrence(cron: &str, after_ms: i64) -> Result<i64, String> {
    let parsed = Cron::from_str(cron).map_err(|error| format!("schedule `{cron}`: {error}"))?;
    let next = parsed.find_next_occurrence(&utc(after_ms), false);
    next.map(|at| at.timestamp_millis()).map_err(|error| format!("schedule `{cron}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_in_utc() {
        assert_eq!(compact(1_514_764_800_123), "20180101000000");
        assert_eq!(compact(-1), "19691231235959");
        assert!(!compact(i64::MIN).is_empty());
    }

    #[test]
    fn a_daily_schedule_is_due_at_its_hour_and_not_again_that_day() {
        let day_ms = 86_400_000;
        let midnight_ms = 1_514_764_800_000;
        let five_ms = midnight_ms + 5 * 3_600_000;
        assert_eq!(next_occurrence("0 5 * * *", midnight_ms), Ok(five_ms));
        assert_eq!(next_occurrence("0 5 * * *", five_ms - 1), Ok(five_ms));
        assert_eq!(next_occurrence("0 5 * * *", five_ms), Ok(five_ms + day_ms));
    }

    #[test]
    fn a_schedule_that_is_none_is_named() {
        for cron in ["", "every day", "61 * * * *"] {
            assert!(next_occurrence(cron, 0).unwrap_err().contains(cron));
        }
    }
}
