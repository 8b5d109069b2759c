//! The function library: one table. Adding a function is adding a row of [`table`].

pub mod aggregate;
mod array;
mod convert;
mod date;
mod digest;
mod lift;
mod map;
pub mod pattern;
mod string;
mod table;
mod template;

use serde::{Deserialize, Serialize};

pub use pattern::validate_regex;
pub use table::TABLE;

use crate::value::Value;

/// A row of the table, by its stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Function(pub u16);

/// What a function may know besides its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The instant of evaluation.
    pub now_ms: i64,
}

/// One function. The receiver (`s` of `s.contains(t)`) is the first argument.
#[derive(Debug)]
pub struct Row {
    /// Stable: stored in programs. Never given to another function.
    pub code: u16,
    /// Its name in text.
    pub name: &'static str,
    /// Its parameters, receiver first.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub result: ResultType,
    /// Whether the answer depends on the instant of evaluation. It may then only depend on its day: whoever looks for
    /// the next change looks at midnights.
    pub needs_now: bool,
    /// Computes it. Total: any arguments of any types in any number give a value, `Null` if nothing else.
    pub apply: fn(Context, &[Value]) -> Value,
    /// What it means, for people.
    pub doc: &'static str,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, for messages.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterType,
    /// Whether it must be there.
    pub presence: Presence,
}

/// Whether an argument must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// Any number of them, none included; only last.
    Repeated,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Anything.
    Any,
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text, or a list of texts (a projected array), of which any may match.
    String,
    /// Text that is a regular expression; a literal one is checked with [`validate_regex`].
    Regex,
    /// A date, a date-time, or a list of them.
    Instant,
    /// A list of anything.
    List,
    /// A map or object.
    Map,
    /// Something comparable with the items of the list that is the given argument.
    ItemOf(usize),
    /// An expression over one item of argument 0. The function is given the list of its values, one for every item
    /// and in the same order, nulls included (`Map { source: argument 0, .. }`), at this place.
    PerItem,
    /// An expression over one item of argument 0. The list of its values takes the place of argument 0, and this
    /// argument is dropped: `A.sum(e)` is `A.map(e).sum()`.
    PerItemInstead,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    String,
    /// A day.
    Date,
    /// The type of the given argument.
    SameAs(usize),
    /// The type of the items of the list that is the given argument.
    ItemOf(usize),
    /// The type of the values of the map that is the given argument.
    ValueOf(usize),
    /// A list of text.
    ListOfStrings,
    /// A list of the values of the map that is the given argument.
    ListOfValuesOf(usize),
    /// A list of the entries of the map that is the given argument, each an object with `key` and `value`.
    ListOfEntriesOf(usize),
    /// A map from text to values of the type of the given argument.
    MapOf(usize),
}

impl Row {
    /// The function of this row.
    pub fn function(&self) -> Function {
        Function(self.code)
    }

    /// The fewest and the most arguments it takes, receiver and per-item expressions included.
    pub fn arity(&self) -> (usize, usize) {
        let required =
            self.parameters.iter().filter(|parameter| parameter.presence == Presence::Required).count();
        let repeated = self.parameters.iter().any(|parameter| parameter.presence == Presence::Repeated);
        (required, if repeated { usize::MAX } else { self.parameters.len() })
    }

    /// The parameter that takes the argument at an index.
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        self.parameters
            .get(index)
            .or_else(|| self.parameters.last().filter(|last| last.presence == Presence::Repeated))
    }
}

impl Function {
    /// Its row; `None` for a code this version does not know.
    pub fn row(self) -> Option<&'static Row> {
        TABLE.binary_search_by_key(&self.0, |row| row.code).ok().and_then(|index| TABLE.get(index))
    }

    /// Applies it; `Null` for a code this version does not know.
    pub fn apply(self, context: Context, arguments: &[Value]) -> Value {
        self.row().map_or(Value::Null, |row| (row.apply)(context, arguments))
    }
}

/// The row of a name.
pub fn find(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::value::Fields;

    #[test]
    fn codes_ascend_and_names_are_unique() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} {}", pair[0].name, pair[1].name);
        }
        for row in TABLE {
            assert_eq!(find(row.name).unwrap().code, row.code, "{}", row.name);
            assert_eq!(row.function().row().unwrap().name, row.name);
        }
        assert!(Function(u16::MAX).row().is_none());
        assert!(find("modelInstances").is_none());
    }

    #[test]
    fn only_the_last_parameter_repeats_and_optional_ones_follow_required_ones() {
        for row in TABLE {
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
            for row in TABLE {
                (row.apply)(Context { now_ms }, &arguments);
            }
        }
    }

    #[test]
    fn a_null_receiver_gives_null_or_what_is_said_of_nothing() {
        for row in TABLE {
            let arguments: Vec<Value> = vec![Value::Null; row.parameters.len()];
            let expected = match row.name {
                "isNull" | "isEmpty" => Value::Boolean(true),
                "isNotNull" | "isNotEmpty" => Value::Boolean(false),
                "count" | "sum" => Value::Integer(0),
                "currentMonth" | "currentDayOfMonth" => Value::Integer(1),
                "currentYear" => Value::Integer(1970),
                _ => Value::Null,
            };
            assert_eq!((row.apply)(Context { now_ms: 0 }, &arguments), expected, "{}", row.name);
        }
    }
}
