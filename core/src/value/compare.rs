//! Equality and order of values as expressions see them (`pql.md` 1.4; design, decisions 11 and 13).

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::Value;

/// 2^63, the first number beyond `i64`.
const INTEGER_END: f64 = 9_223_372_036_854_775_808.0;

impl Value {
    /// Whether two values are equal. `Null` equals nothing, itself included; numbers by value, whether whole or not;
    /// a time equals the text or number of the same instant; lists and objects part by part.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => false,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
            }
            (Self::Object(left), Self::Object(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && left.1.equals(right.1))
            }
            (left, right) => left.compare(right) == Some(Ordering::Equal),
        }
    }

    /// The order of two values that have one: numbers with numbers; times with what stands for an instant; two texts
    /// only if both are dates or date-times. Everything else has none.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(right)),
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(right),
            (Self::Integer(left), Self::Double(right)) => compare_exactly(*left, *right),
            (Self::Double(left), Self::Integer(right)) => {
                compare_exactly(*right, *left).map(Ordering::reverse)
            }
            (Self::Time(_) | Self::String(_), Self::Time(_) | Self::String(_) | Self::Integer(_))
            | (Self::Integer(_), Self::Time(_) | Self::String(_)) => {
                Some(self.as_instant_ms()?.cmp(&other.as_instant_ms()?))
            }
            (Self::Null | Self::Boolean(_) | Self::List(_) | Self::Object(_), _)
            | (_, Self::Null | Self::Boolean(_) | Self::List(_) | Self::Object(_))
            | (Self::Double(_), Self::Time(_) | Self::String(_))
            | (Self::Time(_) | Self::String(_), Self::Double(_)) => None,
        }
    }

    /// The items: those of a list, none of `Null`, the value itself of anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Null => &[],
            Self::List(items) => items,
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Double(_)
            | Self::Time(_)
            | Self::String(_)
            | Self::Object(_) => core::slice::from_ref(self),
        }
    }

    /// A field: of an object, that field; of a list, the list of that field of every item, lists within it flattened,
    /// missing ones left out (design, decision 1); `Null` of anything else.
    pub fn field(&self, name: &str) -> Self {
        match self {
            Self::Object(fields) => fields.get(name).cloned().unwrap_or_default(),
            Self::List(items) => {
                let mut found = Vec::new();
                for item in items {
                    match item.field(name) {
                        Self::Null => {}
                        Self::List(inner) => found.extend(inner),
                        other => found.push(other),
                    }
                }
                Self::List(found)
            }
            Self::Null
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Double(_)
            | Self::Time(_)
            | Self::String(_) => Self::Null,
        }
    }
}

/// Without rounding: 2^53 + 1 is not equal to 2^53 as floating point.
fn compare_exactly(left: i64, right: f64) -> Option<Ordering> {
    if right.is_nan() {
        None
    } else if right >= INTEGER_END {
        Some(Ordering::Less)
    } else if right < -INTEGER_END {
        Some(Ordering::Greater)
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within the range of i64; the fraction is looked at below"
        )]
        let whole = right as i64;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a whole part that came from floating point goes back exactly"
        )]
        let fraction = right - whole as f64;
        Some(left.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&fraction).unwrap_or(Ordering::Equal)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn check(left: impl Into<Value>, right: impl Into<Value>, expected: Option<Ordering>) {
        let (left, right) = (left.into(), right.into());
        assert_eq!(left.compare(&right), expected, "{left:?} {right:?}");
        assert_eq!(right.compare(&left), expected.map(Ordering::reverse), "{right:?} {left:?}");
    }

    #[test]
    fn numbers_compare_by_value_without_rounding() {
        check(1, Value::Double(1.0), Some(Ordering::Equal));
        check(1, Value::Double(1.5), Some(Ordering::Less));
        check(-1, Value::Double(-1.5), Some(Ordering::Greater));
        check(i64::MAX, Value::Double(INTEGER_END), Some(Ordering::Less));
        check(i64::MIN, Value::Double(-INTEGER_END), Some(Ordering::Equal));
        check((1 << 53) + 1, Value::Double(9_007_199_254_740_992.0), Some(Ordering::Greater));
        check(1, Value::Double(f64::NAN), None);
        check(1, Value::Double(f64::INFINITY), Some(Ordering::Less));
    }

    #[test]
    fn texts_have_an_order_only_as_dates() {
        check("2020-01-01", "2020-01-02T00:00:00Z", Some(Ordering::Less));
        check(Value::Time(0), "1970-01-01", Some(Ordering::Equal));
        check("apple", "pear", None);
        check("5", 5, None);
    }

    #[test]
    fn null_equals_nothing() {
        assert!(!Value::Null.equals(&Value::Null));
        assert!(!Value::List(vec![Value::Null]).equals(&Value::List(vec![Value::Null])));
        assert!(Value::from("a").equals(&Value::from("a")));
        assert!(!Value::from("a").equals(&Value::from("A")));
    }
}
