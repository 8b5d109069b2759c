//! Times: read and written by pattern, taken apart and put together. All in UTC unless a zone is named.

use alloc::string::String;

use super::super::date_pattern::format_date;
use super::super::{Context, date, date_read, lift};
use super::{offset_minutes, text_at};
use crate::time::calendar::{DAY_MS, civil, days_in_month, start_of_date};
use crate::time::format_instant;
use crate::value::Value;

/// The forms of a date without a pattern, in the order in which they are tried. Documented, but for the two with a time and
/// no zone, which are those of the documented examples.
const FORMS: [&str; 20] = [
    "yyyy-MM-dd HH:mm:ssZ",
    "yyyy-MM-dd HH:mm:ss.SSSZ",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    "yyyy-MM-dd",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "yyyy-MMM-dd",
    "yyyyMMdd",
    "MM-dd-yyyy",
    "MMddyyyy",
    "M/dd/yyyy",
    "dd.M.yyyy",
    "M/dd/yyyy hh:mm:ss a",
    "dd.M.yyyy hh:mm:ss a",
    "dd.MMM.yyyy",
    "dd-MMM-yyyy",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd HH:mm",
];

/// What a value without a pattern stands for: text in any of the forms, an instant, or milliseconds. Behind the text a zone
/// may follow.
fn instant(value: &Value) -> Option<i64> {
    let Value::String(text) = value else { return value.as_instant_ms() };
    let plain = |text: &str| {
        let found = Value::from(text).as_instant_ms();
        found.or_else(|| FORMS.iter().find_map(|form| date_read::read_by(text, form)))
    };
    plain(text).or_else(|| {
        let (text, zone) = text.rsplit_once(' ')?;
        plain(text)?.checked_sub(offset_minutes(zone)? * 60_000)
    })
}

/// `(text [, pattern [, otherwise]])`: null, or the last argument, of a text that is missing. `(year, month, day)` is as in
/// PQL.
pub(in super::super) fn date(context: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Integer(_), _, _] => date::date(context, arguments),
        [Value::Null, _, otherwise] => instant(otherwise).map_or(Value::Null, Value::Time),
        [text] => lift::each(Some(text), |value| instant(value).map_or(Value::Null, Value::Time)),
        [text, pattern] | [text, pattern, _] => {
            date_read::string_to_date(context, &[text.clone(), pattern.clone()])
        }
        _ => Value::Null,
    }
}

/// `(instant, pattern)`
pub(in super::super) fn format(context: Context, arguments: &[Value]) -> Value {
    let [value, pattern] = arguments else { return Value::Null };
    lift::each(Some(value), |value| {
        let at = instant(value).map_or(Value::Null, Value::Time);
        format_date(context, &[at, pattern.clone()])
    })
}

/// The parts of a time, by their names and their letters.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    Weekday,
    Hour,
    HourOfHalf,
    Minute,
    Second,
    Millisecond,
}

impl Part {
    /// `w` is documented for weeks and for weekdays; here it is the week.
    const NAMES: [(&str, Self); 31] = [
        ("year", Self::Year),
        ("yyyy", Self::Year),
        ("yy", Self::Year),
        ("quarter", Self::Quarter),
        ("qq", Self::Quarter),
        ("q", Self::Quarter),
        ("month", Self::Month),
        ("mm", Self::Month),
        ("m", Self::Month),
        ("dayofyear", Self::DayOfYear),
        ("dy", Self::DayOfYear),
        ("y", Self::DayOfYear),
        ("day", Self::Day),
        ("dd", Self::Day),
        ("d", Self::Day),
        ("week", Self::Week),
        ("ww", Self::Week),
        ("w", Self::Week),
        ("weekday", Self::Weekday),
        ("dw", Self::Weekday),
        ("hour", Self::Hour),
        ("hh", Self::Hour),
        ("hh24", Self::Hour),
        ("hh12", Self::HourOfHalf),
        ("minute", Self::Minute),
        ("mi", Self::Minute),
        ("n", Self::Minute),
        ("second", Self::Second),
        ("ss", Self::Second),
        ("s", Self::Second),
        ("millisecond", Self::Millisecond),
    ];

    fn of(name: &str) -> Option<Self> {
        let also = [("ms", Self::Millisecond), ("sss", Self::Millisecond)];
        let mut known = Self::NAMES.iter().chain(&also);
        known.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, part)| *part)
    }

    fn read(self, context: Context, at_ms: i64) -> Value {
        let (day, time_ms) = (civil(at_ms), at_ms.rem_euclid(DAY_MS));
        let hour = time_ms / 3_600_000;
        Value::Integer(match self {
            Self::Year => day.year,
            Self::Quarter => (day.month + 2) / 3,
            Self::Month => day.month,
            Self::DayOfYear => date::ordinal_day(at_ms),
            Self::Day => day.day,
            Self::Week => return date::week_of_year(context, &[Value::Time(at_ms)]),
            Self::Weekday => date::weekday(at_ms),
            Self::Hour => hour,
            Self::HourOfHalf => (hour + 11) % 12 + 1,
            Self::Minute => time_ms / 60_000 % 60,
            Self::Second => time_ms / 1_000 % 60,
            Self::Millisecond => time_ms % 1_000,
        })
    }

    /// The time with another value of this part; none if there is no such time, or if the part is not one that can be set.
    fn set(self, at_ms: i64, value: i64) -> Option<i64> {
        let (day, time_ms) = (civil(at_ms), at_ms.rem_euclid(DAY_MS));
        let on = |year: i64, month: i64, of_month: i64| {
            // The same bounds as those of a date in PQL.
            let is_day = (0..=9_999).contains(&year) && (1..=days_in_month(year, month)).contains(&of_month);
            start_of_date(year, month, of_month).filter(|_| is_day)?.checked_add(time_ms)
        };
        let clock = |unit_ms: i64, count: i64| {
            let is_in = (0..count).contains(&value);
            let now = time_ms / unit_ms % count;
            at_ms.checked_add((value.checked_sub(now)?).checked_mul(unit_ms)?).filter(|_| is_in)
        };
        match self {
            Self::Year => on(value, day.month, day.day),
            Self::Month => on(day.year, value, day.day),
            Self::Day => on(day.year, day.month, value),
            Self::Hour => clock(3_600_000, 24),
            Self::Minute => clock(60_000, 60),
            Self::Second => clock(1_000, 60),
            Self::Quarter
            | Self::DayOfYear
            | Self::Week
            | Self::Weekday
            | Self::HourOfHalf
            | Self::Millisecond => None,
        }
    }
}

/// `(part, instant)`
pub(in super::super) fn part(context: Context, arguments: &[Value]) -> Value {
    let Some(part) = text_at(arguments, 0).and_then(Part::of) else { return Value::Null };
    lift::each(arguments.get(1), |value| {
        instant(value).map_or(Value::Null, |at_ms| part.read(context, at_ms))
    })
}

/// `(part, value, instant)`
pub(in super::super) fn set_part(_: Context, arguments: &[Value]) -> Value {
    let (Some(part), Some(Value::Integer(value))) =
        (text_at(arguments, 0).and_then(Part::of), arguments.get(1))
    else {
        return Value::Null;
    };
    lift::each(arguments.get(2), |at| {
        instant(at).and_then(|at_ms| part.set(at_ms, *value)).map_or(Value::Null, Value::Time)
    })
}

/// `(year, month, day, hour, minute, second, nanosecond, zone)`
pub(in super::super) fn of_parts(_: Context, arguments: &[Value]) -> Value {
    let [
        Value::Integer(year @ 0..=9_999),
        Value::Integer(month),
        Value::Integer(day),
        Value::Integer(hour @ 0..=23),
        Value::Integer(minute @ 0..=59),
        Value::Integer(second @ 0..=59),
        Value::Integer(nanosecond @ 0..=999_999_999),
        Value::String(zone),
    ] = arguments
    else {
        return Value::Null;
    };
    let (Some(start_ms), Some(offset)) = (start_of_date(*year, *month, *day), offset_minutes(zone)) else {
        return Value::Null;
    };
    let minutes = hour * 60 + minute - offset;
    Value::Time(start_ms + (minutes * 60 + second) * 1_000 + nanosecond / 1_000_000)
}

/// The instant of a time in any zone that it names.
pub(in super::super) fn to_utc(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| instant(value).map_or(Value::Null, Value::Time))
}

/// `(instant, zone)`: the same instant, written as its clocks show it.
pub(in super::super) fn to_zone(_: Context, arguments: &[Value]) -> Value {
    let Some(offset) = text_at(arguments, 1).and_then(offset_minutes) else { return Value::Null };
    lift::each(arguments.first(), |value| {
        let shown = instant(value).and_then(|at_ms| at_ms.checked_add(offset * 60_000));
        shown.map_or(Value::Null, |shown_ms| Value::String(written(shown_ms, offset)))
    })
}

fn written(shown_ms: i64, offset: i64) -> String {
    let text = format_instant(shown_ms);
    if offset == 0 {
        return text;
    }
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let local = text.trim_end_matches('Z');
    alloc::format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        check_calculated(
            "format",
            json!(["2019-10-23T11:24:35Z", "yyyy-MM-dd HH:mm:ss"]),
            json!("2019-10-23 11:24:35"),
        );
        check_calculated(
            "dformat",
            json!([1_571_829_875_000_i64, "yyyy-MM-dd'T'HH:mm:ss.SSSX"]),
            json!("2019-10-23T11:24:35.000Z"),
        );
        let read = json!("2019-10-23T11:24:00.000Z");
        check_calculated("date", json!(["2019-10-23 11:24", "yyyy-MM-dd HH:mm"]), read.clone());
        check_calculated("date", json!(["2019-10-23 11:24"]), read.clone());
        check_calculated("date", json!([null, "yyyy", "2019-10-23 11:24"]), read);
        check_calculated("date_part", json!(["MM", "2019-10-17 11:55:12"]), json!(10));
        check_calculated(
            "set_date_part",
            json!(["m", 4, "2016-11-09T11:44:44.797Z"]),
            json!("2016-04-09T11:44:44.797Z"),
        );
        check_calculated(
            "zone_date_to_utc",
            json!(["2019-10-17T11:55:12 PST"]),
            json!("2019-10-17T19:55:12.000Z"),
        );
    }

    #[test]
    fn dates_are_read_in_the_documented_forms() {
        for text in [
            "2020-12-31",
            "2020/12/31",
            "2020.12.31",
            "2020-Dec-31",
            "20201231",
            "12-31-2020",
            "12312020",
            "12/31/2020",
            "31.12.2020",
            "31.Dec.2020",
            "31-Dec-2020",
            "12/31/2020 12:00:00 AM",
            "2020-12-31 01:00:00+0100",
        ] {
            check_calculated("date", json!([text]), json!("2020-12-31T00:00:00.000Z"));
        }
        check_calculated("date", json!(["soon"]), json!(null));
        check_calculated("date", json!(["31", "dd", "2020-12-31"]), json!("1970-01-31T00:00:00.000Z"));
        check_calculated("date", json!([2020, 12, 31]), json!("2020-12-31"));
    }

    #[test]
    fn parts_are_read_and_set() {
        let at = "2024-11-09T15:44:05.250Z";
        for (part, expected) in [
            ("yyyy", 2024),
            ("quarter", 4),
            ("dy", 314),
            ("d", 9),
            ("week", 45),
            ("weekday", 6),
            ("hh24", 15),
            ("hh12", 3),
            ("mi", 44),
            ("ss", 5),
            ("SSS", 250),
        ] {
            check_calculated("date_part", json!([part, at]), json!(expected));
        }
        check_calculated("date_part", json!(["era", at]), json!(null));
        let set = |part: &str, value: i64, expected: serde_json::Value| {
            check_calculated("set_date_part", json!([part, value, at]), expected);
        };
        set("year", 2023, json!("2023-11-09T15:44:05.250Z"));
        set("day", 31, json!(null));
        set("hour", 0, json!("2024-11-09T00:44:05.250Z"));
        set("hour", 24, json!(null));
        set("second", i64::MIN, json!(null));
        set("week", 1, json!(null));
    }

    #[test]
    fn times_are_put_together_in_a_zone_and_shown_in_another() {
        let made = |zone: &str| json!([2019, 10, 17, 11, 55, 12, 999, zone]);
        check_calculated("make_date_time", made("UTC"), json!("2019-10-17T11:55:12.000Z"));
        check_calculated("make_timestamp", made("-07:00"), json!("2019-10-17T18:55:12.000Z"));
        check_calculated("make_date_time", made("America/Los_Angeles"), json!(null));
        let at = "2021-10-26T13:43:59Z";
        check_calculated("zone_date_to_zone", json!([at, "+02:00"]), json!("2021-10-26T15:43:59.000+02:00"));
        check_calculated("zone_date_to_zone", json!([at, "-3"]), json!("2021-10-26T10:43:59.000-03:00"));
        check_calculated("zone_date_to_zone", json!([at, "UTC"]), json!("2021-10-26T13:43:59.000Z"));
        check_calculated("zone_date_to_zone", json!([at, "Europe/Paris"]), json!(null));
    }
}
