//! Functions of lists. Items are equal as in expressions: numbers by value, text with case, null to nothing.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Context, lift, map};
use crate::gather::gather;
use crate::value::Value;

/// The arguments at 0 and 1, unless one is missing.
fn both(arguments: &[Value]) -> Option<(&Value, &Value)> {
    let (first, second) = (arguments.first()?, arguments.get(1)?);
    (*first != Value::Null && *second != Value::Null).then_some((first, second))
}

fn holds(list: &Value, wanted: &Value) -> bool {
    list.items().iter().any(|item| item.equals(wanted))
}

pub(super) fn is_in(_: Context, arguments: &[Value]) -> Value {
    let Some((value, list)) = both(arguments) else { return Value::Null };
    lift::any(Some(value), |value| Some(holds(list, value)))
}

/// Not the negation of `in`: false of a missing value.
pub(super) fn not_in(_: Context, arguments: &[Value]) -> Value {
    let Some((value, list)) = both(arguments) else { return Value::Null };
    lift::any(Some(value), |value| Some(*value != Value::Null && !holds(list, value)))
}

pub(super) fn includes(_: Context, arguments: &[Value]) -> Value {
    let Some((list, value)) = both(arguments) else { return Value::Null };
    Value::Boolean(holds(list, value))
}

pub(super) fn intersects(_: Context, arguments: &[Value]) -> Value {
    let Some((left, right)) = both(arguments) else { return Value::Null };
    Value::Boolean(left.items().iter().any(|item| holds(right, item)))
}

/// The items of the first that are in the second, each once; null if there are none.
pub(super) fn intersection(_: Context, arguments: &[Value]) -> Value {
    let Some((left, right)) = both(arguments) else { return Value::Null };
    let common = unique(left.items().iter().filter(|item| holds(right, item)));
    if common.is_empty() { Value::Null } else { Value::List(common) }
}

pub(super) fn subset_of(_: Context, arguments: &[Value]) -> Value {
    let Some((left, right)) = both(arguments) else { return Value::Null };
    Value::Boolean(left.items().iter().all(|item| holds(right, item)))
}

pub(super) fn superset_of(_: Context, arguments: &[Value]) -> Value {
    let Some((left, right)) = both(arguments) else { return Value::Null };
    Value::Boolean(right.items().iter().all(|item| holds(left, item)))
}

/// The first of each group of equal items, in order; missing ones left out.
pub(super) fn distinct(_: Context, arguments: &[Value]) -> Value {
    match arguments.first() {
        None | Some(Value::Null) => Value::Null,
        Some(list) => Value::List(unique(list.items().iter().filter(|item| **item != Value::Null))),
    }
}

pub(super) fn head(_: Context, arguments: &[Value]) -> Value {
    arguments.first().and_then(|list| list.items().first()).cloned().unwrap_or_default()
}

pub(super) fn top_n(_: Context, arguments: &[Value]) -> Value {
    first_by_key(arguments, Ordering::reverse)
}

pub(super) fn bottom_n(_: Context, arguments: &[Value]) -> Value {
    first_by_key(arguments, |ordering| ordering)
}

/// `(list, keys, n)`: the items by key, equal keys in their order, items without a key left out.
fn first_by_key(arguments: &[Value], direction: fn(Ordering) -> Ordering) -> Value {
    let [list @ Value::List(_), Value::List(keys), Value::Integer(count)] = arguments else {
        return Value::Null;
    };
    let mut keyed: Vec<(SortKey<'_>, &Value)> =
        keys.iter().zip(list.items()).filter_map(|(key, item)| Some((SortKey::of(key)?, item))).collect();
    keyed.sort_by(|left, right| direction(left.0.compare(&right.0)));
    let count = usize::try_from(*count).unwrap_or(0);
    Value::List(keyed.into_iter().take(count).map(|(_, item)| item.clone()).collect())
}

/// `(list, keys)`: from the text of a key to the items that have it.
pub(super) fn group_by(_: Context, arguments: &[Value]) -> Value {
    let [list @ Value::List(_), Value::List(keys)] = arguments else { return Value::Null };
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, item) in keys.iter().zip(list.items()) {
        if let Some(name) = map::key_of(key) {
            groups.entry(name).or_default().push(item.clone());
        }
    }
    Value::Object(gather(groups.into_iter().map(|(name, items)| (name, Value::List(items)))))
}

fn unique<'a>(items: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for item in items {
        if !found.iter().any(|earlier| earlier.equals(item)) {
            found.push(item.clone());
        }
    }
    found
}

/// Keys of different kinds have an order too, so that sorting is always well defined.
enum SortKey<'a> {
    Boolean(bool),
    Number(&'a Value),
    Time(i64),
    Text(&'a str),
}

impl<'a> SortKey<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Boolean(value) => Some(Self::Boolean(*value)),
            Value::Integer(_) => Some(Self::Number(value)),
            Value::Double(number) => number.is_finite().then_some(Self::Number(value)),
            Value::Time(timestamp_ms) => Some(Self::Time(*timestamp_ms)),
            Value::String(text) => Some(Self::Text(text)),
            Value::Null | Value::List(_) | Value::Object(_) => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.compare(right).unwrap_or(Ordering::Equal),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    #[test]
    fn membership_of_a_list() {
        check("in", json!(["a", ["a", "b"]]), json!(true));
        check("in", json!(["A", ["a", "b"]]), json!(false));
        check("in", json!([2.0, [1, 2]]), json!(true));
        check("notIn", json!(["c", ["a", "b"]]), json!(true));
        check("notIn", json!([null, ["a"]]), json!(null));
        check("in", json!([["x", "a"], ["a"]]), json!(true));
        check("includes", json!([["a", "b"], "b"]), json!(true));
        check("includes", json!([null, "b"]), json!(null));
    }

    #[test]
    fn lists_are_compared_as_sets() {
        check("intersects", json!([["a", "b"], ["b", "c"]]), json!(true));
        check("intersection", json!([["a", "b", "b"], ["b", "c"]]), json!(["b"]));
        check("intersection", json!([["a"], ["b"]]), json!(null));
        check("subsetOf", json!([["a"], ["a", "b"]]), json!(true));
        check("subsetOf", json!([[], ["a"]]), json!(true));
        check("supersetOf", json!([["a"], ["a", "b"]]), json!(false));
        check("distinct", json!([["a", "b", "a", null, 1, 1.0]]), json!(["a", "b", 1]));
    }

    #[test]
    fn items_are_picked() {
        check("head", json!([["a", "b"]]), json!("a"));
        check("head", json!([[]]), json!(null));
        check("topN", json!([["a", "b", "c", "d"], [1, 3, null, 2], 2]), json!(["b", "d"]));
        check("bottomN", json!([["a", "b", "c"], [1, 3, 1], 2]), json!(["a", "c"]));
        check("topN", json!([["a"], [1], -1]), json!([]));
        check("topN", json!([["a", "b"], ["x", 1], i64::MAX]), json!(["a", "b"]));
        check("groupBy", json!([["a", "b", "c"], ["x", "y", "x"]]), json!({"x": ["a", "c"], "y": ["b"]}));
    }
}
