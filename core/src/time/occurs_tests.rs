//! Examples of `pql.md` 1.7 and properties of the ends.

use alloc::string::{String, ToString};

use proptest::prelude::*;

use super::*;
use crate::time::{format_instant, parse_instant};
use crate::value::Value;

type Test = Occurs<Interval>;

/// Wednesday 28 August 2024, 10:30.
const NOW: &str = "2024-08-28T10:30:00Z";

fn at(text: &str) -> i64 {
    parse_instant(text).unwrap()
}

fn offset(bound: Bound, count: u32, unit: Unit, direction: Direction, anchor: Anchor<Interval>) -> Test {
    Occurs::Offset { bound, count, unit, direction, anchor }
}

fn exact(text: &str) -> Anchor<Interval> {
    Anchor::Exact(Value::from(text).as_interval().unwrap())
}

fn show(timestamp_ms: i64) -> String {
    match timestamp_ms {
        i64::MIN | i64::MAX => "-".to_string(),
        other => format_instant(other).replace("T00:00:00.000Z", ""),
    }
}

fn check(test: &Test, start: &str, end: &str) {
    let interval = test.interval(at(NOW));
    assert_eq!((show(interval.start_ms).as_str(), show(interval.end_ms).as_str()), (start, end), "{test:?}");
}

#[test]
fn rolling_windows_include_now_and_at_most_includes_the_edge() {
    use Direction::{After, Before, From};
    check(
        &offset(Bound::AtMost, 24, Unit::Hour, Before, Anchor::Now),
        "2024-08-27T10:30:00.000Z",
        "2024-08-28T10:30:00.001Z",
    );
    check(
        &offset(Bound::Less, 24, Unit::Hour, Before, Anchor::Now),
        "2024-08-27T10:30:00.001Z",
        "2024-08-28T10:30:00.001Z",
    );
    check(&offset(Bound::More, 7, Unit::Day, Before, Anchor::Now), "-", "2024-08-21T10:30:00.000Z");
    check(&offset(Bound::AtLeast, 7, Unit::Day, Before, Anchor::Now), "-", "2024-08-21T10:30:00.001Z");
    check(
        &offset(Bound::AtMost, 1, Unit::Hour, After, Anchor::Now),
        "2024-08-28T10:30:00.000Z",
        "2024-08-28T11:30:00.001Z",
    );
    check(&offset(Bound::More, 1, Unit::Hour, After, Anchor::Now), "2024-08-28T11:30:00.001Z", "-");
    check(
        &offset(Bound::AtMost, 1, Unit::Hour, From, Anchor::Now),
        "2024-08-28T09:30:00.000Z",
        "2024-08-28T11:30:00.001Z",
    );
}

#[test]
fn windows_from_a_day_exclude_the_day() {
    use Direction::{After, Before};
    check(&offset(Bound::AtMost, 1, Unit::Month, Before, Anchor::Today), "2024-07-28", "2024-08-28");
    check(&offset(Bound::AtMost, 1, Unit::Month, After, Anchor::Today), "2024-08-29", "2024-09-29");
    check(&offset(Bound::AtMost, 2, Unit::Day, After, exact("2020-03-14")), "2020-03-15", "2020-03-17");
    check(&offset(Bound::AtMost, 2, Unit::Day, Before, exact("2020-03-14")), "2020-03-12", "2020-03-14");
}

#[test]
fn exactly_compares_whole_units() {
    use Direction::{After, Before};
    check(
        &offset(Bound::Exactly, 3, Unit::Hour, Before, Anchor::Now),
        "2024-08-28T07:00:00.000Z",
        "2024-08-28T08:00:00.000Z",
    );
    check(&offset(Bound::Exactly, 1, Unit::Day, Before, Anchor::Now), "2024-08-27", "2024-08-28");
    check(&offset(Bound::Exactly, 2, Unit::Month, After, Anchor::Now), "2024-10-01", "2024-11-01");
    check(&offset(Bound::Exactly, 1, Unit::Week, Before, Anchor::Now), "2024-08-19", "2024-08-26");
}

#[test]
fn sides_and_units_and_ranges() {
    check(&Occurs::Side { direction: Direction::Before, anchor: Anchor::Today }, "-", "2024-08-28");
    check(&Occurs::Side { direction: Direction::After, anchor: Anchor::Today }, "2024-08-29", "-");
    check(&Occurs::On(Anchor::Today), "2024-08-28", "2024-08-29");
    check(&Occurs::On(Anchor::Yesterday), "2024-08-27", "2024-08-28");
    check(&Occurs::On(Anchor::Tomorrow), "2024-08-29", "2024-08-30");
    check(&Occurs::On(Anchor::Last(Unit::Month)), "2024-07-01", "2024-08-01");
    check(&Occurs::On(Anchor::This(Unit::Week)), "2024-08-26", "2024-09-02");
    check(&Occurs::On(Anchor::Next(Unit::Year)), "2025-01-01", "2026-01-01");
    check(&Occurs::On(exact("2020-03-14")), "2020-03-14", "2020-03-15");
    check(&Occurs::Between(exact("2020-03-14"), exact("2020-03-16")), "2020-03-14", "2020-03-17");
    check(
        &Occurs::Between(exact("2020-03-14T12:00:00Z"), Anchor::Now),
        "2020-03-14T12:00:00.000Z",
        "2024-08-28T10:30:00.001Z",
    );
}

#[test]
fn from_with_a_lower_bound_holds_on_either_side() {
    let test = offset(Bound::More, 3, Unit::Day, Direction::From, Anchor::Now);
    assert!(test.is_two_sided());
    for (timestamp, expected) in [
        ("2024-08-25T10:29:59.999Z", true),
        ("2024-08-25T10:30:00Z", false),
        ("2024-08-28", false),
        ("2024-08-31T10:30:00Z", false),
        ("2024-08-31T10:30:00.001Z", true),
    ] {
        assert_eq!(test.contains(at(timestamp), at(NOW)), expected, "{timestamp}");
    }
}

#[test]
fn an_anchor_that_is_missing_leaves_no_test() {
    let test: Occurs<Option<i64>> = Occurs::Between(Anchor::Exact(None), Anchor::Now);
    assert_eq!(test.resolve(|at| at.map(Interval::instant)), None);
}

#[test]
fn the_exit_is_the_first_millisecond_outside() {
    let day = offset(Bound::AtMost, 24, Unit::Hour, Direction::Before, Anchor::Now);
    let timestamp_ms = at("2024-08-28T10:00:00Z");
    let exit = day.next_change(timestamp_ms, at(NOW)).unwrap();
    assert_eq!(format_instant(exit), "2024-08-29T10:00:00.001Z");
    assert_eq!(day.next_change(timestamp_ms, exit), None);
    let future = day.next_change(at("2024-09-01"), at(NOW)).unwrap();
    assert_eq!(format_instant(future), "2024-09-01T00:00:00.000Z");
    let last_month = Occurs::On(Anchor::Last(Unit::Month));
    let enters = last_month.next_change(timestamp_ms, at(NOW)).unwrap();
    assert_eq!(format_instant(enters), "2024-09-01T00:00:00.000Z");
    let leaves = last_month.next_change(timestamp_ms, enters).unwrap();
    assert_eq!(format_instant(leaves), "2024-10-01T00:00:00.000Z");
    let old = Occurs::Side { direction: Direction::Before, anchor: exact("2020-01-01") };
    assert_eq!(old.next_change(timestamp_ms, at(NOW)), None);
}

fn units() -> impl Strategy<Value = Unit> {
    prop::sample::select(std::vec![
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
    ])
}

fn anchors() -> impl Strategy<Value = Anchor<Interval>> {
    prop_oneof![
        Just(Anchor::Now),
        Just(Anchor::Today),
        Just(Anchor::Yesterday),
        Just(Anchor::Tomorrow),
        units().prop_map(Anchor::This),
        units().prop_map(Anchor::Last),
        units().prop_map(Anchor::Next),
        any::<i64>().prop_map(|at| Anchor::Exact(Interval::instant(at))),
        (-20_000_i64..40_000).prop_map(|day| Anchor::Exact(Interval::day(day * 86_400_000))),
    ]
}

fn tests() -> impl Strategy<Value = Test> {
    let bounds = prop::sample::select(std::vec![
        Bound::More,
        Bound::AtLeast,
        Bound::Less,
        Bound::AtMost,
        Bound::Exactly
    ]);
    let directions = prop::sample::select(std::vec![Direction::Before, Direction::After, Direction::From]);
    let counts = prop_oneof![0..70_u32, any::<u32>()];
    prop_oneof![
        3 => (bounds, counts, units(), directions.clone(), anchors())
            .prop_map(|(bound, count, unit, direction, anchor)| offset(bound, count, unit, direction, anchor)),
        1 => (directions, anchors()).prop_map(|(direction, anchor)| Occurs::Side { direction, anchor }),
        1 => anchors().prop_map(Occurs::On),
        1 => (anchors(), anchors()).prop_map(|(first, last)| Occurs::Between(first, last)),
    ]
}

/// Instants between 1900 and 2100, which is where calendars are used.
fn instants() -> impl Strategy<Value = i64> {
    -2_208_988_800_000_i64..4_102_444_800_000
}

proptest! {
    #[test]
    fn both_ends_are_monotone_in_now(test in tests(), now in instants(), later in 0..400_000_000_i64) {
        let (first, second) = (test.interval(now), test.interval(now + later));
        prop_assert!(first.start_ms <= second.start_ms, "{test:?} {now} {later}");
        prop_assert!(first.end_ms <= second.end_ms, "{test:?} {now} {later}");
    }

    #[test]
    fn the_next_change_is_a_change_and_nothing_changes_before_it(
        test in tests(),
        now in instants(),
        distance in -5_000_000_000_i64..5_000_000_000,
        probes in prop::collection::vec(0.0..1.0_f64, 8),
    ) {
        let timestamp = now + distance;
        let holds = test.contains(timestamp, now);
        match test.next_change(timestamp, now) {
            Some(change) => {
                prop_assert!(change > now);
                prop_assert_ne!(test.contains(timestamp, change), holds);
                prop_assert_eq!(test.contains(timestamp, change - 1), holds);
                for probe in probes {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any instant")]
                    let probe = now + ((change - now) as f64 * probe) as i64;
                    prop_assert_eq!(test.contains(timestamp, probe.clamp(now, change - 1)), holds);
                }
            }
            None => {
                for probe in probes {
                    #[expect(clippy::cast_possible_truncation, reason = "any instant")]
                    let probe = now + (probe * 1e13) as i64;
                    prop_assert_eq!(test.contains(timestamp, probe), holds);
                }
            }
        }
    }

    #[test]
    fn extreme_instants_are_survived(test in tests(), now in any::<i64>(), timestamp in any::<i64>()) {
        for now in [now, i64::MIN, i64::MAX] {
            test.interval(now);
            test.next_change(timestamp, now);
        }
    }
}
