//! Aggregates of values and of kept entries: one meaning for the function table, the evaluators and the state.

use crate::exact_sum::ExactSum;
use crate::state::Number;
use crate::value::Value;

/// The exact sum; 0 of nothing.
pub fn sum(numbers: impl Iterator<Item = Number>) -> Value {
    let mut sum = ExactSum::new();
    numbers.for_each(|number| {
        add(&mut sum, number);
    });
    sum.total()
}

/// The mean, as floating point; null of nothing.
pub fn average(numbers: impl Iterator<Item = Number>) -> Value {
    let mut sum = ExactSum::new();
    let count = numbers.filter(|number| add(&mut sum, *number)).count();
    sum.average(count)
}

/// Tells whether it was a number that can be added.
fn add(sum: &mut ExactSum, number: Number) -> bool {
    match number {
        Number::Integer(number) => sum.add_integer(number),
        Number::Double(number) if number.is_finite() => sum.add_double(number),
        Number::Double(_) | Number::Instant(_) => return false,
    }
    true
}

impl Number {
    /// The number or instant that a value stands for, if it does.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Double(number) => Some(Self::Double(*number)),
            Value::Time(_) | Value::String(_) => value.as_instant_ms().map(Self::Instant),
            Value::Null | Value::Boolean(_) | Value::List(_) | Value::Object(_) => None,
        }
    }

    /// The value that it is.
    pub fn value(self) -> Value {
        match self {
            Self::Integer(number) => Value::Integer(number),
            Self::Double(number) => Value::Double(number),
            Self::Instant(timestamp_ms) => Value::Time(timestamp_ms),
        }
    }
}
