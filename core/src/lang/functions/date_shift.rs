//! Times moved, cut and compared, all UTC. What would lie beyond the range of time stays at its end.

use super::{Context, lift};
use crate::time::Unit;
use crate::time::calendar::{Clamp, DAY_MS, add, civil, days_in_month, start_of, start_of_date};
use crate::value::Value;

macro_rules! per_unit {
    ($($add:ident $difference:ident $unit:ident;)*) => {$(
        pub(super) fn $add(_: Context, arguments: &[Value]) -> Value {
            shifted(arguments, Unit::$unit)
        }

        pub(super) fn $difference(_: Context, arguments: &[Value]) -> Value {
            difference(arguments, Unit::$unit)
        }
    )*};
}

per_unit! {
    add_seconds diff_seconds Second;
    add_minutes diff_minutes Minute;
    add_hours diff_hours Hour;
    add_days diff_days Day;
    add_months diff_months Month;
    add_years diff_years Year;
}

/// `(instant, count)`. Where a month is too short for the day, its last day.
fn shifted(arguments: &[Value], unit: Unit) -> Value {
    let Some(Value::Integer(count)) = arguments.get(1) else { return Value::Null };
    lift::each_instant(arguments.first(), |at_ms| Value::Time(add(at_ms, *count, unit, Clamp::Day)))
}

/// `(end, start)`: whole units from the start to the end.
fn difference(arguments: &[Value], unit: Unit) -> Value {
    let Some(start_ms) = arguments.get(1).and_then(Value::as_instant_ms) else { return Value::Null };
    lift::each_instant(arguments.first(), |end_ms| Value::Integer(whole_units(start_ms, end_ms, unit)))
}

/// How many whole units lie from one instant to another; negative if the other is earlier.
pub(super) fn whole_units(start_ms: i64, end_ms: i64, unit: Unit) -> i64 {
    let months_each = match unit {
        Unit::Month => 1,
        Unit::Year => 12,
        Unit::Millisecond
        | Unit::Second
        | Unit::Minute
        | Unit::Hour
        | Unit::Day
        | Unit::Week
        | Unit::Decade
        | Unit::Century
        | Unit::Millennium => {
            let length_ms = crate::time::calendar::fixed_length_ms(unit).unwrap_or(i64::MAX);
            return end_ms.saturating_sub(start_ms) / length_ms;
        }
    };
    let (start, end) = (civil(start_ms), civil(end_ms));
    let months = (end.year - start.year) * 12 + end.month - start.month;
    let reached_ms = add(start_ms, months, Unit::Month, Clamp::Day);
    let whole = if end_ms >= start_ms && reached_ms > end_ms {
        months - 1
    } else if end_ms < start_ms && reached_ms < end_ms {
        months + 1
    } else {
        months
    };
    whole / months_each
}

/// `(first, second)`: the whole days from the first to the second.
pub(super) fn date_difference(_: Context, arguments: &[Value]) -> Value {
    let [first, second] = arguments else { return Value::Null };
    match (first.as_instant_ms(), second.as_instant_ms()) {
        (Some(first), Some(second)) => Value::Integer(whole_units(first, second, Unit::Day)),
        (_, _) => Value::Null,
    }
}

pub(super) fn age_in_days(context: Context, arguments: &[Value]) -> Value {
    lift::each_instant(arguments.first(), |born_ms| {
        Value::Integer(whole_units(born_ms, context.now_ms, Unit::Day))
    })
}

pub(super) fn age_in_months(context: Context, arguments: &[Value]) -> Value {
    lift::each_instant(arguments.first(), |born_ms| {
        Value::Integer(whole_units(born_ms, context.now_ms, Unit::Month))
    })
}

/// -1, 0 or 1.
pub(super) fn compare(_: Context, arguments: &[Value]) -> Value {
    let Some(other_ms) = arguments.get(1).and_then(Value::as_instant_ms) else { return Value::Null };
    lift::each_instant(arguments.first(), |at_ms| Value::Integer(at_ms.cmp(&other_ms) as i64))
}

/// `(instant, start, end)`, both ends included.
pub(super) fn between(_: Context, arguments: &[Value]) -> Value {
    let bound = |index: usize| arguments.get(index).and_then(Value::as_instant_ms);
    let (Some(start_ms), Some(end_ms)) = (bound(1), bound(2)) else { return Value::Null };
    lift::any(arguments.first(), |value| Some((start_ms..=end_ms).contains(&value.as_instant_ms()?)))
}

pub(super) fn start_of_day(_: Context, arguments: &[Value]) -> Value {
    cut(arguments, |at_ms| start_of(at_ms, Unit::Day))
}

/// Weeks begin on Monday.
pub(super) fn start_of_week(_: Context, arguments: &[Value]) -> Value {
    cut(arguments, |at_ms| start_of(at_ms, Unit::Week))
}

pub(super) fn start_of_quarter(_: Context, arguments: &[Value]) -> Value {
    cut(arguments, |at_ms| {
        let months = (civil(at_ms).month - 1) % 3;
        start_of(add(start_of(at_ms, Unit::Month), -months, Unit::Month, Clamp::Day), Unit::Month)
    })
}

pub(super) fn start_of_year(_: Context, arguments: &[Value]) -> Value {
    cut(arguments, |at_ms| start_of(at_ms, Unit::Year))
}

fn cut(arguments: &[Value], cut: impl Fn(i64) -> i64) -> Value {
    lift::each_instant(arguments.first(), |at_ms| Value::Time(cut(at_ms)))
}

/// `(instant, day)`: the same time of that day of the month.
pub(super) fn set_day(_: Context, arguments: &[Value]) -> Value {
    let Some(Value::Integer(day)) = arguments.get(1) else { return Value::Null };
    lift::each_instant(arguments.first(), |at_ms| {
        let at = civil(at_ms);
        if !(1..=days_in_month(at.year, at.month)).contains(day) {
            return Value::Null;
        }
        let start_ms = start_of_date(at.year, at.month, *day);
        let moved_ms = start_ms.and_then(|start_ms| start_ms.checked_add(at_ms.rem_euclid(DAY_MS)));
        moved_ms.map_or(Value::Null, Value::Time)
    })
}

/// `(instant, hour)`: the same minute of that hour of the day.
pub(super) fn set_hour(_: Context, arguments: &[Value]) -> Value {
    const HOUR_MS: i64 = 3_600_000;
    let Some(Value::Integer(hour @ 0..=23)) = arguments.get(1) else { return Value::Null };
    lift::each_instant(arguments.first(), |at_ms| {
        let day_ms = at_ms.saturating_sub(at_ms.rem_euclid(DAY_MS));
        Value::Time(day_ms.saturating_add(hour * HOUR_MS + at_ms.rem_euclid(HOUR_MS)))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    const AT: &str = "2024-11-01T17:19:51Z";

    fn check_moved(name: &str, at: &str, count: i64, expected: &str) {
        check(name, json!([at, count]), json!(expected));
    }

    #[test]
    fn times_are_moved_by_units_and_by_the_calendar() {
        check_moved("addDays", AT, 10, "2024-11-11T17:19:51.000Z");
        check_moved("addHours", AT, 1, "2024-11-01T18:19:51.000Z");
        check_moved("addMinutes", "2024-11-01T17:59:51Z", 10, "2024-11-01T18:09:51.000Z");
        check_moved("addMonths", AT, 2, "2025-01-01T17:19:51.000Z");
        check_moved("addMonths", "2024-01-31", 1, "2024-02-29T00:00:00.000Z");
        check_moved("addSeconds", AT, 10, "2024-11-01T17:20:01.000Z");
        check_moved("addYears", AT, -2, "2022-11-01T17:19:51.000Z");
        check_moved("setDays", "2024-11-15T17:19:51Z", 1, "2024-11-01T17:19:51.000Z");
        check("setDays", json!([AT, 31]), json!(null));
        check_moved("setHours", AT, 0, "2024-11-01T00:19:51.000Z");
        check("setHours", json!([AT, 24]), json!(null));
        check("addDays", json!(["soon", 1]), json!(null));
    }

    #[test]
    fn times_are_cut_to_the_start_of_a_unit() {
        check("truncateToStartOfDay", json!([AT]), json!("2024-11-01T00:00:00.000Z"));
        check("truncateToStartOfWeek", json!(["2024-11-19T17:19:51Z"]), json!("2024-11-18T00:00:00.000Z"));
        check("truncateToStartOfQuarter", json!([AT]), json!("2024-10-01T00:00:00.000Z"));
        check("truncateToStartOfQuarter", json!(["2024-03-31"]), json!("2024-01-01T00:00:00.000Z"));
        check("truncateToStartOfYear", json!([AT]), json!("2024-01-01T00:00:00.000Z"));
    }

    #[test]
    fn differences_are_whole_units_with_a_sign() {
        check("diffInSeconds", json!([AT, "2024-11-01T17:19:01Z"]), json!(50));
        check("diffInMinutes", json!([AT, "2024-11-01T16:19:51Z"]), json!(60));
        check("diffInHours", json!([AT, "2024-11-01T07:19:51Z"]), json!(10));
        check("diffInMonths", json!([AT, "2024-08-01T17:19:51Z"]), json!(3));
        check("diffInMonths", json!([AT, "2024-08-01T17:19:52Z"]), json!(2));
        check("diffInMonths", json!(["2024-08-01T17:19:52Z", AT]), json!(-2));
        check("diffInYears", json!([AT, "2019-10-01T17:19:51Z"]), json!(5));
        check("dateDiff", json!(["2024-03-01", "2024-03-08"]), json!(7));
        check("dateDiff", json!(["2024-03-08", "2024-03-01"]), json!(-7));
        check("dateDiff", json!(["2024-02-28T23:00:00Z", "2024-03-01"]), json!(1));
        check("compareDates", json!(["2024-12-02", "2024-12-03T00:00:00Z"]), json!(-1));
        check("dateBetween", json!(["2024-06-15", "2024-06-01", "2024-06-15"]), json!(true));
        check("dateBetween", json!(["2024-06-15", "2024-06-16", "2024-06-30"]), json!(false));
    }
}
