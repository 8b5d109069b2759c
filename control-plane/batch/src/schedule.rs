//! When the next run is due: five-field cron, UTC.

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not parse.
    #[error("`{cron}` is not a five-field cron expression: {reason}")]
    Cron {
        /// The text.
        cron: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It parses and never happens.
    #[error("`{cron}` never happens")]
    Never {
        /// The text.
        cron: String,
    },
}

/// The first instant of a schedule after an instant: milliseconds since the epoch, UTC. `None`: never, or the text is no
/// schedule (which [`check`] tells before it is kept).
pub fn next_run(cron: &str, after_ms: i64) -> Option<i64> {
    let cron = parser().parse(cron).ok()?;
    let after: DateTime<Utc> = DateTime::from_timestamp_millis(after_ms)?;
    Some(cron.find_next_occurrence(&after, false).ok()?.timestamp_millis())
}

/// Says what is wrong with a schedule.
pub fn check(cron: &str) -> Result<(), Error> {
    parser().parse(cron).map_err(|error| Error::Cron { cron: cron.into(), reason: error.to_string() })?;
    match next_run(cron, 0) {
        Some(_) => Ok(()),
        None => Err(Error::Never { cron: cron.into() }),
    }
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn check_next(cron: &str, after: &str, expected: &str) {
        assert_eq!(next_run(cron, at(after)), Some(at(expected)), "{cron} after {after}");
    }

    #[test]
    fn the_next_run_is_after_the_instant_and_on_the_minute() {
        check_next("0 3 * * *", "2017-12-31T02:59:59.999Z", "2017-12-31T03:00:00.000Z");
        check_next("0 3 * * *", "2017-12-31T03:00:00.000Z", "2018-01-01T03:00:00.000Z");
        check_next("0 3 * * *", "2017-12-31T03:00:00.001Z", "2018-01-01T03:00:00.000Z");
        check_next("*/15 * * * *", "2024-02-29T23:50:00Z", "2024-03-01T00:00:00.000Z");
        check_next("0 0 29 2 *", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00.000Z");
        check_next("30 6 * * MON-FRI", "2024-06-07T07:00:00Z", "2024-06-10T06:30:00.000Z");
        check_next("0 0 L * *", "2023-02-01T00:00:00Z", "2023-02-28T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_schedule_is_told() {
        for wrong in ["", "* * * *", "0 0 3 * * *", "60 * * * *", "* 24 * * *", "soon", "0 3 * * FOO"] {
            assert!(matches!(check(wrong), Err(Error::Cron { .. })), "{wrong}");
            assert_eq!(next_run(wrong, 0), None);
        }
        assert_eq!(check("0 0 30 2 *"), Err(Error::Never { cron: "0 0 30 2 *".into() }));
        assert_eq!(check("0 3 * * *"), Ok(()));
        assert_eq!(next_run("0 3 * * *", i64::MAX), None);
    }
}
