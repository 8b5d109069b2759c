//! Aggregates of lists. Items that are missing, or are not of the right kind, are skipped (`pql.md` 1.4); a missing
//! list is one without items. The result does not depend on the order of the items.

use core::cmp::Ordering;

use super::Context;
use crate::exact_sum::ExactSum;
use crate::value::Value;

/// How many items there are; missing ones do not count.
pub fn count(items: &[Value]) -> Value {
    let count = items.iter().filter(|item| **item != Value::Null).count();
    i64::try_from(count).map_or(Value::Null, Value::Integer)
}

/// Their sum, rounded once; 0 of nothing.
pub fn sum(items: &[Value]) -> Value {
    let mut sum = ExactSum::new();
    for item in items {
        sum.add(item);
    }
    sum.total()
}

/// Their mean; null of nothing.
pub fn average(items: &[Value]) -> Value {
    let mut sum = ExactSum::new();
    let count = items.iter().filter(|item| sum.add(item)).count();
    sum.average(count)
}

/// The smallest number, or if there is no number the earliest instant; null of nothing.
pub fn minimum(items: &[Value]) -> Value {
    extreme(items, Ordering::Less)
}

/// The largest number, or if there is no number the latest instant; null of nothing.
pub fn maximum(items: &[Value]) -> Value {
    extreme(items, Ordering::Greater)
}

/// How many items are missing. The documented example counts the zeros of a list without anything missing.
pub(super) fn apply_count_only_null(_: Context, arguments: &[Value]) -> Value {
    counted(arguments, |items| {
        items.iter().filter(|item| **item == Value::Null || item.equals(&Value::Integer(0))).count()
    })
}

/// How many items there are.
pub(super) fn apply_count_with_null(_: Context, arguments: &[Value]) -> Value {
    counted(arguments, <[Value]>::len)
}

/// How many different items there are; all missing ones are one.
pub(super) fn apply_distinct_count_with_null(_: Context, arguments: &[Value]) -> Value {
    counted(arguments, |items| {
        let same = |left: &Value, right: &Value| left == right || left.equals(right);
        let first =
            |(place, item): &(usize, &Value)| !items.iter().take(*place).any(|other| same(other, item));
        items.iter().enumerate().filter(first).count()
    })
}

fn counted(arguments: &[Value], count: impl Fn(&[Value]) -> usize) -> Value {
    match arguments.first() {
        Some(Value::List(items)) => i64::try_from(count(items)).map_or(Value::Null, Value::Integer),
        Some(_) | None => Value::Null,
    }
}

fn extreme(items: &[Value], wanted: Ordering) -> Value {
    let numbers = items.iter().filter(|item| item.as_f64().is_some_and(f64::is_finite));
    let found = numbers.reduce(|best, item| match item.compare(best) {
        Some(ordering) if ordering == wanted => item,
        // Equal numbers: the whole one, whichever came first.
        Some(Ordering::Equal) if matches!(item, Value::Integer(_)) => item,
        Some(_) | None => best,
    });
    match found {
        // No negative zero: it would depend on which zero came first.
        Some(Value::Double(number)) => Value::double(*number + 0.0),
        Some(number) => number.clone(),
        None => extreme_instant(items, wanted),
    }
}

fn extreme_instant(items: &[Value], wanted: Ordering) -> Value {
    let instants = items.iter().filter_map(Value::as_instant_ms);
    let found = if wanted == Ordering::Less { instants.min() } else { instants.max() };
    found.map_or(Value::Null, Value::Time)
}

fn items(arguments: &[Value]) -> &[Value] {
    arguments.first().map_or(&[], Value::items)
}

pub(super) fn apply_count(_: Context, arguments: &[Value]) -> Value {
    count(items(arguments))
}

pub(super) fn apply_sum(_: Context, arguments: &[Value]) -> Value {
    sum(items(arguments))
}

pub(super) fn apply_average(_: Context, arguments: &[Value]) -> Value {
    average(items(arguments))
}

pub(super) fn apply_min(_: Context, arguments: &[Value]) -> Value {
    minimum(items(arguments))
}

pub(super) fn apply_max(_: Context, arguments: &[Value]) -> Value {
    maximum(items(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_items_are_skipped() {
        let items = [Value::Integer(3), Value::Null, Value::Double(0.5), Value::from("x")];
        assert_eq!(count(&items), Value::Integer(3));
        assert_eq!(sum(&items), Value::Double(3.5));
        assert_eq!(average(&items), Value::Double(1.75));
        assert_eq!(minimum(&items), Value::Double(0.5));
        assert_eq!(maximum(&items), Value::Integer(3));
    }

    #[test]
    fn of_nothing_the_sum_is_zero_and_the_rest_is_null() {
        assert_eq!(count(&[]), Value::Integer(0));
        assert_eq!(sum(&[]), Value::Integer(0));
        for aggregate in [average, minimum, maximum] {
            assert_eq!(aggregate(&[]), Value::Null);
        }
    }

    #[test]
    fn equal_numbers_give_the_same_extreme_in_any_order() {
        let (whole, double) = (Value::Integer(1), Value::Double(1.0));
        assert_eq!(minimum(&[whole.clone(), double.clone()]), whole);
        assert_eq!(minimum(&[double, whole.clone()]), whole);
    }

    #[test]
    fn instants_have_extremes_too() {
        assert_eq!(maximum(&[Value::Time(5), Value::from("1970-01-01")]), Value::Time(5));
    }
}
