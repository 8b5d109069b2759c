//! A receiver that is a list (a projected array): predicates hold if they hold for any item, other functions give the
//! list of their values (design, decision 1).

use alloc::vec::Vec;

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
