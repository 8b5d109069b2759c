//! Laws of the whole table: codes, names, and what every function does with any argument.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::value::Fields;

/// What a function of PQL gives.
pub(super) fn check(name: &str, arguments: serde_json::Value, expected: serde_json::Value) {
    check_in(Dialect::Pql, name, arguments, expected);
}

/// What a function of calculated fields gives.
pub(super) fn check_calculated(name: &str, arguments: serde_json::Value, expected: serde_json::Value) {
    check_in(Dialect::CalculatedField, name, arguments, expected);
}

fn check_in(dialect: Dialect, name: &str, arguments: serde_json::Value, expected: serde_json::Value) {
    let values: Vec<Value> =
        arguments.as_array().unwrap().iter().map(|json| Value::from_json(json, 8).unwrap()).collect();
    let found = (find_in(dialect, name).unwrap().apply)(Context { now_ms: 0 }, &values);
    assert_eq!(found.to_json(), expected, "{name} {arguments}");
}

#[test]
fn codes_ascend_and_names_are_unique_in_a_dialect() {
    let rows: Vec<&Row> = rows().collect();
    for pair in rows.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} {}", pair[0].name, pair[1].name);
    }
    for row in rows {
        for dialect in [Dialect::Pql, Dialect::CalculatedField] {
            let named = names_in(dialect).filter(|name| *name == row.name).count();
            assert!(named <= 1 && (named == 1 || !row.is_in(dialect)), "{}", row.name);
        }
        assert_eq!(row.function().row().unwrap().name, row.name);
    }
    assert!(Function(u16::MAX).row().is_none());
    assert!(find("modelInstances").is_none());
}

#[test]
fn only_the_last_parameter_repeats_and_optional_ones_follow_required_ones() {
    for row in rows() {
        let mut optional = false;
        for (index, parameter) in row.parameters.iter().enumerate() {
            match parameter.presence {
                Presence::Required => assert!(!optional, "{}", row.name),
                Presence::Optional => optional = true,
                Presence::Repeated => assert_eq!(index + 1, row.parameters.len(), "{}", row.name),
            }
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Double),
        any::<i64>().prop_map(Value::Time),
        ".{0,6}".prop_map(Value::String),
        Just(Value::from("2020-02-29")),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Fields>())),
        ]
    })
}

proptest! {
    #[test]
    fn any_arguments_are_survived(arguments in prop::collection::vec(values(), 0..5), now_ms in any::<i64>()) {
        for row in rows() {
            (row.apply)(Context { now_ms }, &arguments);
        }
    }
}

#[test]
fn a_null_receiver_gives_null_or_what_is_said_of_nothing() {
    for row in rows() {
        let arguments: Vec<Value> = vec![Value::Null; row.parameters.len()];
        let expected = match row.name {
            "isNull" | "isEmpty" => Value::Boolean(true),
            "isNotNull" | "isNotEmpty" => Value::Boolean(false),
            "count" | "sum" => Value::Integer(0),
            "is_empty" => Value::Boolean(true),
            "add_to_array" => Value::List(vec![Value::Null]),
            "currentTimeInMillis" | "timestamp" => Value::Integer(0),
            "getCurrentZonedDateTime" | "now" => Value::Time(0),
            "join_arrays" => Value::List(Vec::new()),
            "random" => continue,
            "currentMonth" | "currentDayOfMonth" => Value::Integer(1),
            "currentYear" => Value::Integer(1970),
            _ => Value::Null,
        };
        assert_eq!((row.apply)(Context { now_ms: 0 }, &arguments), expected, "{}", row.name);
    }
}
