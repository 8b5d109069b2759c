//! Instants and days to text.

use alloc::format;
use alloc::string::String;

use super::calendar::{DAY_MS, civil};

/// RFC 3339 in UTC with milliseconds, for example `2024-05-08T13:14:15.678Z`. Years outside 0 to 9999 are written with
/// a sign and six digits or more (ISO 8601's expanded form).
pub fn format_instant(timestamp_ms: i64) -> String {
    let time_ms = timestamp_ms.rem_euclid(DAY_MS);
    let (seconds, milliseconds) = (time_ms / 1_000, time_ms % 1_000);
    format!(
        "{}T{:02}:{:02}:{:02}.{milliseconds:03}Z",
        format_date(timestamp_ms),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
    )
}

/// The day of an instant in UTC, for example `2024-05-08`.
pub fn format_date(timestamp_ms: i64) -> String {
    let at = civil(timestamp_ms);
    let year = if has_text(timestamp_ms) { format!("{:04}", at.year) } else { format!("{:+07}", at.year) };
    format!("{year}-{:02}-{:02}", at.month, at.day)
}

/// Whether the text of an instant is one of those that can be read: of the years 0 to 9999.
pub fn has_text(timestamp_ms: i64) -> bool {
    (0..=9_999).contains(&civil(timestamp_ms).year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc_with_milliseconds() {
        assert_eq!(format_instant(1_715_174_055_678), "2024-05-08T13:14:15.678Z");
        assert_eq!(format_instant(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn extreme_instants_are_written_too() {
        assert_eq!(format_instant(i64::MAX), "+292278994-08-17T07:12:55.807Z");
        assert_eq!(format_instant(i64::MIN), "-292275055-05-16T16:47:04.192Z");
    }
}
