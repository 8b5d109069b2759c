//! A receiver that is a list (a projected array): predicates hold if they hold for any item, other functions give the
//! list of their values (design, decision 1).

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::COMPUTED_TEXT_BYTES_MAX;
use crate::value::Value;

/// `Null` for a missing receiver; for a list, true if `test` is true of any item.
pub(super) fn any(receiver: Option<&Value>, test: impl Fn(&Value) -> Option<bool>) -> Value {
    match receiver {
        None | Some(Value::Null) => Value::Null,
        Some(Value::List(items)) => Value::Boolean(items.iter().any(|item| test(item) == Some(true))),
        Some(single) => test(single).map_or(Value::Null, Value::Boolean),
    }
}

/// `Null` for a missing receiver; for a list, the values of its items, nulls left out.
pub(super) fn each(receiver: Option<&Value>, compute: impl Fn(&Value) -> Value) -> Value {
    match receiver {
        None | Some(Value::Null) => Value::Null,
        Some(Value::List(items)) => {
            Value::List(items.iter().map(compute).filter(|value| *value != Value::Null).collect::<Vec<_>>())
        }
        Some(single) => compute(single),
    }
}

/// [`each`] of texts; `Null` of anything else.
pub(super) fn each_text(receiver: Option<&Value>, compute: impl Fn(&str) -> Value) -> Value {
    each(receiver, |value| value.as_str().map_or(Value::Null, &compute))
}

/// [`each`] of instants; `Null` of what stands for none.
pub(super) fn each_instant(receiver: Option<&Value>, compute: impl Fn(i64) -> Value) -> Value {
    each(receiver, |value| value.as_instant_ms().map_or(Value::Null, &compute))
}

/// Text that a function made. A text made longer again and again would outgrow any memory: beyond a bound there is none.
pub(super) fn text(made: String) -> Value {
    if made.len() > COMPUTED_TEXT_BYTES_MAX { Value::Null } else { Value::String(made) }
}
