//! Events that come one after another: what `chain` of several steps becomes.

use alloc::vec::Vec;

use super::Context;
use crate::value::Value;

/// The place of an event: its instant, and its id among those of the same instant (design, decision 9).
type Place<'v> = (i64, &'v str);

/// `(count, places, count, places, ...)`: for every step so many events at least, all of them after those of the step
/// before. Taking the earliest that will do leaves most to the steps that follow, so one pass finds it out.
pub(super) fn follow(_: Context, arguments: &[Value]) -> Value {
    if arguments.is_empty() || arguments.first() == Some(&Value::Null) {
        return Value::Null;
    }
    let mut last: Option<Place<'_>> = None;
    for step in arguments.chunks(2) {
        let [Value::Integer(count), Value::List(places)] = step else { return Value::Boolean(false) };
        let mut places: Vec<Place<'_>> = places.iter().filter_map(place).collect();
        places.sort_unstable();
        let mut after = places.into_iter().filter(|place| last.is_none_or(|last| *place > last));
        let Ok(count) = usize::try_from(*count) else { return Value::Boolean(false) };
        if let Some(skipped) = count.checked_sub(1) {
            match after.nth(skipped) {
                Some(place) => last = Some(place),
                None => return Value::Boolean(false),
            }
        }
    }
    Value::Boolean(true)
}

fn place(pair: &Value) -> Option<Place<'_>> {
    match pair.items() {
        [instant, Value::String(id)] => Some((instant.as_instant_ms()?, id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(arguments: &Json, expected: bool) {
        let values: Vec<Value> =
            arguments.as_array().unwrap().iter().map(|json| Value::from_json(json, 8).unwrap()).collect();
        assert_eq!(follow(Context { now_ms: 0 }, &values), Value::Boolean(expected), "{arguments}");
    }

    #[test]
    fn steps_match_different_events_in_order() {
        check(&json!([1, [[10, "a"]], 1, [[20, "b"]]]), true);
        check(&json!([1, [[20, "b"]], 1, [[10, "a"]]]), false);
        check(&json!([1, [[10, "a"]], 1, [[10, "a"]]]), false);
        check(&json!([1, [[10, "a"], [5, "b"]], 1, [[10, "a"]]]), true);
    }

    #[test]
    fn events_of_the_same_instant_are_in_the_order_of_their_ids() {
        check(&json!([1, [[10, "a"]], 1, [[10, "b"]]]), true);
        check(&json!([1, [[10, "b"]], 1, [[10, "a"]]]), false);
    }

    #[test]
    fn the_next_step_follows_as_many_events_as_were_asked_for() {
        check(&json!([2, [[1, "a"], [2, "b"], [9, "c"]], 1, [[5, "d"]]]), true);
        check(&json!([3, [[1, "a"], [2, "b"], [9, "c"]], 1, [[5, "d"]]]), false);
        check(&json!([0, [], 1, [[5, "d"]]]), true);
    }

    #[test]
    fn what_has_no_instant_takes_no_part() {
        check(&json!([1, [[null, "a"], "x"], 1, [[5, "d"]]]), false);
        check(&json!([1]), false);
    }
}
