//! When does a test of time next come out differently? Both ends of its interval only ever move forwards, so a
//! timestamp enters once, when the end has passed it, and leaves once, when the start has.

use crate::time::{Interval, Occurs, calendar::DAY_MS};
use crate::value::Value;

/// The last instant looked at: the end of the year 9999. Nothing is said to change after it.
const LAST_MS: i64 = 253_402_300_799_999;

/// The first midnight after `now_ms` at which a value that depends on the day is another one, but no later than in a
/// year.
pub(crate) fn of_day(now_ms: i64, value: impl Fn(i64) -> Value) -> Option<i64> {
    const DAYS_MAX: i64 = 366;
    let before = value(now_ms);
    let first_ms = now_ms.div_euclid(DAY_MS).checked_add(1)?.checked_mul(DAY_MS)?;
    let last_ms = first_ms.checked_add(DAYS_MAX * DAY_MS)?;
    let mut midnights = (0..DAYS_MAX).map(|day| first_ms + day * DAY_MS);
    let at_ms = midnights.find(|at_ms| value(*at_ms) != before).unwrap_or(last_ms);
    (at_ms <= LAST_MS).then_some(at_ms)
}

/// The first instant after `now_ms` at which the test may come out differently for one of
/// the timestamps.
pub(crate) fn of_value(timestamps: &Value, test: &Occurs<Interval>, now_ms: i64) -> Option<i64> {
    let timestamps = timestamps.items().iter().filter_map(Value::as_instant_ms);
    timestamps.filter_map(|at_ms| test.next_change(at_ms, now_ms)).min()
}

/// The first instant after `now_ms` at which the timestamp enters or leaves what all tests contain.
pub(crate) fn of_timestamp(at_ms: i64, tests: &[Occurs<Interval>], now_ms: i64) -> Option<i64> {
    if leaves_by(at_ms, tests, now_ms) {
        None
    } else if enters_by(at_ms, tests, now_ms) {
        tests.iter().filter_map(|test| leaves_at(at_ms, test, now_ms)).min()
    } else {
        let outside = tests.iter().filter(|test| !has_passed_end(at_ms, test, now_ms));
        outside
            .map(|test| enters_at(at_ms, test, now_ms))
            .try_fold(now_ms, |latest, at| Some(latest.max(at?)))
    }
}

/// Whether the start of a test has passed the timestamp: it will never be inside again.
pub(crate) fn leaves_by(at_ms: i64, tests: &[Occurs<Interval>], now_ms: i64) -> bool {
    tests.iter().any(|test| has_passed_start(at_ms, test, now_ms))
}

/// Whether the ends of all tests have passed the timestamp: from now on it can only leave.
pub(crate) fn enters_by(at_ms: i64, tests: &[Occurs<Interval>], now_ms: i64) -> bool {
    tests.iter().all(|test| has_passed_end(at_ms, test, now_ms))
}

fn has_passed_start(at_ms: i64, test: &Occurs<Interval>, now_ms: i64) -> bool {
    test.interval(now_ms).start_ms > at_ms
}

fn has_passed_end(at_ms: i64, test: &Occurs<Interval>, now_ms: i64) -> bool {
    let end_ms = test.interval(now_ms).end_ms;
    at_ms < end_ms || end_ms == i64::MAX
}

fn leaves_at(at_ms: i64, test: &Occurs<Interval>, now_ms: i64) -> Option<i64> {
    let distance = at_ms.saturating_sub(test.interval(now_ms).start_ms).saturating_add(1);
    first(now_ms, distance, |now_ms| has_passed_start(at_ms, test, now_ms))
}

fn enters_at(at_ms: i64, test: &Occurs<Interval>, now_ms: i64) -> Option<i64> {
    let distance = at_ms.saturating_sub(test.interval(now_ms).end_ms).saturating_add(1);
    first(now_ms, distance, |now_ms| has_passed_end(at_ms, test, now_ms))
}

/// The first instant after `now_ms` at which `passed` is true, which it then stays. `distance_ms` is how far the end has
/// to move: where it moves as time does, or from midnight to midnight, that is the answer; else it is searched for.
fn first(now_ms: i64, distance_ms: i64, passed: impl Fn(i64) -> bool) -> Option<i64> {
    if now_ms >= LAST_MS || !passed(LAST_MS) {
        return None;
    }
    let guess_ms = now_ms.saturating_add(distance_ms).clamp(now_ms + 1, LAST_MS);
    let midnight_ms = guess_ms.saturating_add(DAY_MS - 1).div_euclid(DAY_MS).saturating_mul(DAY_MS);
    for guess_ms in [guess_ms, midnight_ms] {
        if guess_ms > now_ms && passed(guess_ms) && !passed(guess_ms - 1) {
            return Some(guess_ms);
        }
    }
    let (mut before, mut after) = (now_ms, LAST_MS);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if passed(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    Some(after)
}
