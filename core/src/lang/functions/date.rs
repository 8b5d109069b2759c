//! Functions of time, all UTC.

use super::{Context, lift};
use crate::time::calendar::{Civil, DAY_MS, civil, start_of, start_of_date};
use crate::time::{Unit, format_date, has_text};
use crate::value::Value;

pub(super) fn get_month(_: Context, arguments: &[Value]) -> Value {
    part(arguments, |civil| civil.month)
}

pub(super) fn get_year(_: Context, arguments: &[Value]) -> Value {
    part(arguments, |civil| civil.year)
}

pub(super) fn get_day_of_month(_: Context, arguments: &[Value]) -> Value {
    part(arguments, |civil| civil.day)
}

/// 1 to 366.
pub(super) fn day_of_year(_: Context, arguments: &[Value]) -> Value {
    lift::each_instant(arguments.first(), |at_ms| Value::Integer(ordinal_day(at_ms)))
}

/// The day of its year, from 1.
pub(super) fn ordinal_day(at_ms: i64) -> i64 {
    at_ms.saturating_sub(start_of(at_ms, Unit::Year)) / DAY_MS + 1
}

/// 1 for Monday to 7 (design, decision 7).
pub(super) fn day_of_week(_: Context, arguments: &[Value]) -> Value {
    lift::each_instant(arguments.first(), |at_ms| Value::Integer(weekday(at_ms)))
}

/// 1 for Monday to 7. The first day of the epoch was a Thursday.
pub(super) fn weekday(at_ms: i64) -> i64 {
    (at_ms.div_euclid(DAY_MS) + 3).rem_euclid(7) + 1
}

/// By ISO 8601: weeks begin on Monday, and the first has the year's first Thursday.
pub(super) fn week_of_year(_: Context, arguments: &[Value]) -> Value {
    lift::each_instant(arguments.first(), |at_ms| {
        let thursday_ms = start_of(at_ms, Unit::Week).saturating_add(3 * DAY_MS);
        Value::Integer((ordinal_day(thursday_ms) - 1) / 7 + 1)
    })
}

/// Year and week where weeks begin on Sunday and the first has 1 January, as in the documented example of `Y`.
pub(super) fn week_of_sundays(at_ms: i64) -> (i64, i64) {
    let until_saturday = 6 - weekday(at_ms).rem_euclid(7);
    let saturday_ms = at_ms.saturating_add(until_saturday * DAY_MS);
    (civil(saturday_ms).year, (ordinal_day(saturday_ms) - 1) / 7 + 1)
}

pub(super) fn hour(_: Context, arguments: &[Value]) -> Value {
    clock(arguments, 3_600_000, 24)
}

pub(super) fn minute(_: Context, arguments: &[Value]) -> Value {
    clock(arguments, 60_000, 60)
}

pub(super) fn second(_: Context, arguments: &[Value]) -> Value {
    clock(arguments, 1_000, 60)
}

fn clock(arguments: &[Value], length_ms: i64, count: i64) -> Value {
    lift::each_instant(arguments.first(), |at_ms| {
        Value::Integer(at_ms.div_euclid(length_ms).rem_euclid(count))
    })
}

/// Whole years; null of a day to come. Who was born on 29 February has the birthday on 1 March in other years.
pub(super) fn age(context: Context, arguments: &[Value]) -> Value {
    let today = civil(context.now_ms);
    lift::each(arguments.first(), |value| {
        let Some(born) = value.as_instant_ms().map(civil) else { return Value::Null };
        let before_birthday = (today.month, today.day) < (born.month, born.day);
        let years = today.year - born.year - i64::from(before_birthday);
        if years < 0 { Value::Null } else { Value::Integer(years) }
    })
}

/// What the text or the number of an instant stands for.
pub(super) fn instant(_: Context, arguments: &[Value]) -> Value {
    lift::each(arguments.first(), |value| value.as_instant_ms().map_or(Value::Null, Value::Time))
}

pub(super) fn current_month(context: Context, _: &[Value]) -> Value {
    Value::Integer(civil(context.now_ms).month)
}

pub(super) fn current_year(context: Context, _: &[Value]) -> Value {
    Value::Integer(civil(context.now_ms).year)
}

pub(super) fn current_day_of_month(context: Context, _: &[Value]) -> Value {
    Value::Integer(civil(context.now_ms).day)
}

/// A day, as text (`2020-03-14`), so that it goes on to be a whole day wherever it is used as an anchor. `Null` if
/// there is no such day, or its year does not have four digits.
pub(super) fn date(_: Context, arguments: &[Value]) -> Value {
    let [Value::Integer(year), Value::Integer(month), Value::Integer(day)] = arguments else {
        return Value::Null;
    };
    match start_of_date(*year, *month, *day) {
        Some(start_ms) if has_text(start_ms) => Value::String(format_date(start_ms)),
        Some(_) | None => Value::Null,
    }
}

fn part(arguments: &[Value], part: impl Fn(Civil) -> i64) -> Value {
    lift::each(arguments.first(), |value| {
        value.as_instant_ms().map_or(Value::Null, |timestamp_ms| Value::Integer(part(civil(timestamp_ms))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    const ANY: Context = Context { now_ms: 0 };

    fn check_date(year: i64, month: i64, day: i64, expected: Value) {
        let arguments = [Value::Integer(year), Value::Integer(month), Value::Integer(day)];
        assert_eq!(date(ANY, &arguments), expected);
    }

    #[test]
    fn dates_are_days() {
        check_date(2020, 3, 14, Value::from("2020-03-14"));
        check_date(2020, 2, 30, Value::Null);
        check_date(i64::MAX, i64::MIN, 0, Value::Null);
        assert_eq!(date(ANY, &[Value::Null, Value::Integer(1), Value::Integer(1)]), Value::Null);
    }

    #[test]
    fn parts_are_read_from_any_form_of_instant() {
        let time = Value::Time(parse_instant("2024-12-31T23:59:59Z").unwrap());
        assert_eq!(get_month(ANY, core::slice::from_ref(&time)), Value::Integer(12));
        assert_eq!(get_year(ANY, &[time]), Value::Integer(2024));
        assert_eq!(get_day_of_month(ANY, &[Value::from("2024-12-31T23:30:00-01:00")]), Value::Integer(1));
        assert_eq!(get_month(ANY, &[Value::from("1990-07-05")]), Value::Integer(7));
        assert_eq!(get_month(ANY, &[Value::from("July")]), Value::Null);
        assert_eq!(day_of_year(ANY, &[Value::from("2024-12-31T23:59:59Z")]), Value::Integer(366));
        assert_eq!(day_of_year(ANY, &[Value::from("2023-01-01")]), Value::Integer(1));
    }

    #[test]
    fn days_are_counted() {
        let now = Context { now_ms: parse_instant("2024-02-28T00:00:00Z").unwrap() };
        let day = |text: &str| Value::from(text);
        assert_eq!(day_of_week(now, &[day("2024-11-01T15:00:00Z")]), Value::Integer(5));
        assert_eq!(day_of_week(now, &[day("1969-12-28")]), Value::Integer(7));
        assert_eq!(week_of_year(now, &[day("2024-11-01T17:19:51Z")]), Value::Integer(44));
        assert_eq!(week_of_year(now, &[day("2023-01-01")]), Value::Integer(52));
        assert_eq!(week_of_year(now, &[day("2020-12-31")]), Value::Integer(53));
        assert_eq!(hour(now, &[day("1969-12-31T23:59:58Z")]), Value::Integer(23));
        assert_eq!(minute(now, &[day("1969-12-31T23:59:58Z")]), Value::Integer(59));
        assert_eq!(second(now, &[day("1969-12-31T23:59:58Z")]), Value::Integer(58));
        assert_eq!(age(now, &[day("2000-02-28")]), Value::Integer(24));
        assert_eq!(age(now, &[day("2000-02-29")]), Value::Integer(23));
        assert_eq!(age(now, &[day("2024-02-29")]), Value::Null);
    }

    #[test]
    fn the_current_day_is_that_of_the_evaluation() {
        let now = Context { now_ms: parse_instant("2024-02-29T00:00:00Z").unwrap() };
        assert_eq!(current_day_of_month(now, &[]), Value::Integer(29));
        assert_eq!(current_month(now, &[]), Value::Integer(2));
        assert_eq!(current_year(now, &[]), Value::Integer(2024));
    }
}
