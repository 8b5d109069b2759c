//! Functions of maps and objects.

use super::Context;
use crate::value::Value;

pub(super) fn get(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields), Value::String(key)] => fields.get(key).cloned().unwrap_or_default(),
        _ => Value::Null,
    }
}

pub(super) fn keys(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields)] => Value::List(fields.keys().map(|key| Value::from(key.as_str())).collect()),
        _ => Value::Null,
    }
}

pub(super) fn values(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::Object(fields)] => Value::List(fields.values().cloned().collect()),
        _ => Value::Null,
    }
}

pub(super) fn is_null(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(matches!(arguments.first(), None | Some(Value::Null)))
}

pub(super) fn is_not_null(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(!matches!(arguments.first(), None | Some(Value::Null)))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::value::Fields;

    const ANY: Context = Context { now_ms: 0 };

    #[test]
    fn maps_are_read() {
        let map = Value::Object(Fields::from([(String::from("a"), Value::Integer(1))]));
        assert_eq!(get(ANY, &[map.clone(), Value::from("a")]), Value::Integer(1));
        assert_eq!(get(ANY, &[map.clone(), Value::from("b")]), Value::Null);
        assert_eq!(keys(ANY, core::slice::from_ref(&map)), Value::List([Value::from("a")].into()));
        assert_eq!(values(ANY, &[map]), Value::List([Value::Integer(1)].into()));
        assert_eq!(get(ANY, &[Value::from("a"), Value::from("a")]), Value::Null);
    }

    #[test]
    fn null_is_the_only_thing_that_is_null() {
        assert_eq!(is_null(ANY, &[Value::Null]), Value::Boolean(true));
        assert_eq!(is_not_null(ANY, &[Value::Boolean(false)]), Value::Boolean(true));
    }
}
