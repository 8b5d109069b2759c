//! The proleptic Gregorian calendar on milliseconds since the epoch, UTC. Total: results beyond the range of `i64`
//! saturate at its ends, which stand for "no bound".

use super::Unit;

/// Milliseconds of a day. UTC without leap seconds: every day has as many.
pub const DAY_MS: i64 = 86_400_000;

/// Years beyond this are outside the range of milliseconds in an `i64`.
const YEAR_MAX: i64 = 300_000_000;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Astronomical year: 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

/// The day that contains an instant.
pub fn civil(timestamp_ms: i64) -> Civil {
    civil_from_days(timestamp_ms.div_euclid(DAY_MS))
}

/// The day that is `days` after 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil_from_days(days: i64) -> Civil {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year, month, day }
}

/// Days from 1970-01-01 to a day whose month is 1 to 12 and whose year is within `YEAR_MAX`.
fn days_from_civil(civil: Civil) -> i64 {
    let year = civil.year - i64::from(civil.month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = if civil.month > 2 { civil.month - 3 } else { civil.month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + civil.day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// How many days the month has.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The first instant of a day; `None` if there is no such day.
pub fn start_of_date(year: i64, month: i64, day: i64) -> Option<i64> {
    let valid = (-YEAR_MAX..=YEAR_MAX).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    if !valid {
        return None;
    }
    days_from_civil(Civil { year, month, day }).checked_mul(DAY_MS)
}

/// How long a unit of fixed length is; `None` for months and longer.
pub fn fixed_length_ms(unit: Unit) -> Option<i64> {
    match unit {
        Unit::Millisecond => Some(1),
        Unit::Second => Some(1_000),
        Unit::Minute => Some(60_000),
        Unit::Hour => Some(3_600_000),
        Unit::Day => Some(DAY_MS),
        Unit::Week => Some(7 * DAY_MS),
        Unit::Month | Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium => None,
    }
}

/// How many months a unit has that is made of months.
fn months_of(unit: Unit) -> i64 {
    match unit {
        Unit::Month => 1,
        Unit::Year => 12,
        Unit::Decade => 120,
        Unit::Century => 1_200,
        Unit::Millennium => 12_000,
        Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour | Unit::Day | Unit::Week => 0,
    }
}

/// What becomes of the time of day when the month that is reached has no such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clamp {
    /// Kept: 31 March 10:00 less a month is 28 February 10:00.
    Day,
    /// The end of the last day: 31 March 10:00 less a month is 28 February 23:59:59.999. Needed where the instant
    /// moves: 30 March 23:00 must not come to lie after 31 March 01:00.
    EndOfDay,
}

/// The instant `count` units later (earlier if negative).
pub fn add(timestamp_ms: i64, count: i64, unit: Unit, clamp: Clamp) -> i64 {
    if let Some(length_ms) = fixed_length_ms(unit) {
        return timestamp_ms.saturating_add(count.saturating_mul(length_ms));
    }
    let from = civil(timestamp_ms);
    let months = (from.year * 12 + from.month - 1).saturating_add(count.saturating_mul(months_of(unit)));
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    if year.abs() > YEAR_MAX {
        return if year < 0 { i64::MIN } else { i64::MAX };
    }
    let last_day = days_in_month(year, month);
    let time_ms = if from.day > last_day && clamp == Clamp::EndOfDay {
        DAY_MS - 1
    } else {
        timestamp_ms.rem_euclid(DAY_MS)
    };
    // Beyond the range of time there is no time of day: it would move backwards at midnight.
    days_from_civil(Civil { year, month, day: from.day.min(last_day) })
        .checked_mul(DAY_MS)
        .and_then(|day_ms| day_ms.checked_add(time_ms))
        .unwrap_or(if year < 0 { i64::MIN } else { i64::MAX })
}

/// The first instant of the unit that contains the timestamp. Weeks start on Monday; decades, centuries and
/// millennia in years that are multiples of 10, 100 and 1000.
pub fn start_of(timestamp_ms: i64, unit: Unit) -> i64 {
    match unit {
        Unit::Week => {
            let days = timestamp_ms.div_euclid(DAY_MS);
            // 1970-01-01 was a Thursday.
            (days - (days + 3).rem_euclid(7)).saturating_mul(DAY_MS)
        }
        Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => {
            let length_ms = fixed_length_ms(unit).unwrap_or(1);
            timestamp_ms.div_euclid(length_ms).saturating_mul(length_ms)
        }
        Unit::Month | Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium => {
            let at = civil(timestamp_ms);
            let months = at.year * 12 + at.month - 1;
            let length = months_of(unit);
            let first = months.div_euclid(length) * length;
            days_from_civil(Civil { year: first.div_euclid(12), month: first.rem_euclid(12) + 1, day: 1 })
                .saturating_mul(DAY_MS)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{format_instant, parse_instant};

    const UNITS: [Unit; 11] = [
        Unit::Millisecond,
        Unit::Second,
        Unit::Minute,
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Year,
        Unit::Decade,
        Unit::Century,
        Unit::Millennium,
    ];

    fn check_add(from: &str, count: i64, unit: Unit, expected: &str) {
        let at = add(parse_instant(from).unwrap(), count, unit, Clamp::Day);
        assert_eq!(format_instant(at), expected, "{from} + {count} {unit:?}");
    }

    fn check_start(at: &str, unit: Unit, expected: &str) {
        assert_eq!(format_instant(start_of(parse_instant(at).unwrap(), unit)), expected, "{at} {unit:?}");
    }

    #[test]
    fn months_are_added_with_clamping() {
        check_add("2024-01-31T10:00:00Z", 1, Unit::Month, "2024-02-29T10:00:00.000Z");
        check_add("2023-03-31T10:00:00Z", -1, Unit::Month, "2023-02-28T10:00:00.000Z");
        check_add("2024-02-29T00:00:00Z", -1, Unit::Year, "2023-02-28T00:00:00.000Z");
        check_add("2023-12-15T00:00:00Z", 1, Unit::Month, "2024-01-15T00:00:00.000Z");
        check_add("2023-12-15T00:00:00Z", 2, Unit::Week, "2023-12-29T00:00:00.000Z");
        check_add("1999-01-01T00:00:00Z", 1, Unit::Decade, "2009-01-01T00:00:00.000Z");
    }

    #[test]
    fn units_start_where_the_calendar_says() {
        check_start("2024-05-08T13:14:15.678Z", Unit::Second, "2024-05-08T13:14:15.000Z");
        check_start("2024-05-08T13:14:15.678Z", Unit::Hour, "2024-05-08T13:00:00.000Z");
        check_start("2024-05-08T13:14:15.678Z", Unit::Week, "2024-05-06T00:00:00.000Z");
        check_start("1969-12-31T23:59:59.999Z", Unit::Week, "1969-12-29T00:00:00.000Z");
        check_start("2024-05-08T13:14:15.678Z", Unit::Month, "2024-05-01T00:00:00.000Z");
        check_start("2024-05-08T13:14:15.678Z", Unit::Decade, "2020-01-01T00:00:00.000Z");
        check_start("1924-05-08T13:14:15.678Z", Unit::Century, "1900-01-01T00:00:00.000Z");
        check_start("1924-05-08T13:14:15.678Z", Unit::Millennium, "1000-01-01T00:00:00.000Z");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for (year, month, day) in
            [(2023, 2, 29), (2024, 0, 1), (2024, 13, 1), (2024, 4, 31), (i64::MAX, 1, 1), (299_999_999, 1, 1)]
        {
            assert_eq!(start_of_date(year, month, day), None, "{year}-{month}-{day}");
        }
        assert_eq!(start_of_date(1970, 1, 2), Some(DAY_MS));
    }

    proptest! {
        #[test]
        fn any_instant_and_count_is_survived(at in any::<i64>(), count in any::<i64>(), unit in 0..UNITS.len()) {
            for at in [at, i64::MIN, i64::MAX] {
                add(at, count, UNITS[unit], Clamp::Day);
                prop_assert!(start_of(at, UNITS[unit]) <= at || at < i64::MIN + 400_000 * DAY_MS);
            }
        }

        #[test]
        fn a_day_comes_back_from_its_civil_date(days in -100_000_000_i64..100_000_000) {
            prop_assert_eq!(days_from_civil(civil_from_days(days)), days);
        }

        #[test]
        fn adding_with_the_end_of_day_clamp_keeps_order(
            at in -4_000_000_000_000_i64..4_000_000_000_000,
            later in 0..10 * DAY_MS,
            count in -50_i64..50,
            unit in 0..UNITS.len(),
        ) {
            let first = add(at, count, UNITS[unit], Clamp::EndOfDay);
            prop_assert!(first <= add(at + later, count, UNITS[unit], Clamp::EndOfDay));
        }
    }
}
