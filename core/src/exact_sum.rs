//! Sums that do not depend on the order of their terms: rounded once, at the end (J. Shewchuk, "Adaptive precision
//! floating-point arithmetic and fast robust geometric predicates", 1997; the method of Python's `math.fsum`).

use alloc::vec::Vec;

use crate::value::Value;

/// Terms at or above this (2^960) are summed at a scale at which partial sums cannot overflow.
const LARGE: f64 = f64::from_bits((960 + 1_023) << 52);
/// 2^-128 and back.
const SCALE: f64 = f64::from_bits((1_023 - 128) << 52);
const UNSCALE: f64 = f64::from_bits((1_023 + 128) << 52);

/// A running sum.
#[derive(Clone, Debug, Default)]
pub struct ExactSum {
    whole: i128,
    has_doubles: bool,
    partials: Partials,
    large: Partials,
}

impl ExactSum {
    /// Nothing yet: 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a whole number.
    pub fn add_integer(&mut self, number: i64) {
        // 2^64 terms would be needed to reach the end of the range.
        self.whole = self.whole.saturating_add(i128::from(number));
    }

    /// Adds a number; NaN and infinities are left out.
    pub fn add_double(&mut self, number: f64) {
        if !number.is_finite() {
            return;
        }
        self.has_doubles = true;
        if number.abs() >= LARGE {
            self.large.add(number * SCALE);
        } else {
            self.partials.add(number);
        }
    }

    /// Adds a value if it is a number; tells whether it was.
    pub fn add(&mut self, value: &Value) -> bool {
        match value {
            Value::Integer(number) => self.add_integer(*number),
            Value::Double(number) if number.is_finite() => self.add_double(*number),
            Value::Double(_)
            | Value::Null
            | Value::Boolean(_)
            | Value::Time(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Object(_) => return false,
        }
        true
    }

    /// The sum: an integer if every term was one and it fits, else floating point; `Null` if it is beyond that too.
    pub fn total(&self) -> Value {
        match i64::try_from(self.whole) {
            Ok(number) if !self.has_doubles => Value::Integer(number),
            Ok(_) | Err(_) => Value::double(self.total_f64()),
        }
    }

    /// The sum divided by how many terms there were; `Null` of none.
    pub fn average(&self, count: usize) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let count = count as f64;
        if count == 0.0 { Value::Null } else { Value::double(self.total_f64() / count) }
    }

    fn total_f64(&self) -> f64 {
        if !self.has_doubles {
            #[expect(clippy::cast_precision_loss, reason = "rounded once, to the nearest")]
            return self.whole as f64;
        }
        let mut partials = self.partials.clone();
        let mut rest = self.whole;
        let mut scale = 1.0;
        while rest != 0 {
            // 2^48 at a time, each exact.
            #[expect(clippy::cast_precision_loss, reason = "below 2^48")]
            partials.add((rest % (1 << 48)) as f64 * scale);
            rest /= 1 << 48;
            scale *= 281_474_976_710_656.0;
        }
        if self.large.total() == 0.0 {
            return partials.total();
        }
        let mut large = self.large.clone();
        for partial in &partials.0 {
            large.add(partial * SCALE);
        }
        large.total() * UNSCALE
    }
}

/// Numbers that do not overlap, smallest first, whose exact sum is the sum so far.
#[derive(Clone, Debug, Default)]
struct Partials(Vec<f64>);

impl Partials {
    fn add(&mut self, term: f64) {
        let mut carried = term;
        self.0.retain_mut(|partial| {
            let (larger, smaller) =
                if carried.abs() < partial.abs() { (*partial, carried) } else { (carried, *partial) };
            let sum = larger + smaller;
            *partial = smaller - (sum - larger);
            carried = sum;
            *partial != 0.0
        });
        self.0.push(carried);
    }

    fn total(&self) -> f64 {
        let mut rest = self.0.iter().rev().copied();
        let mut high = rest.next().unwrap_or(0.0);
        let mut low = 0.0;
        for partial in rest.by_ref() {
            let sum = high + partial;
            low = partial - (sum - high);
            high = sum;
            if low != 0.0 {
                break;
            }
        }
        // Half-way cases round by what lies further below.
        if let Some(next) = rest.next()
            && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
        {
            let doubled = low * 2.0;
            let rounded = high + doubled;
            if rounded - high == doubled {
                return rounded;
            }
        }
        high
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(terms: &[Value]) -> Value {
        let mut sum = ExactSum::new();
        for term in terms {
            sum.add(term);
        }
        sum.total()
    }

    fn doubles(terms: &[f64]) -> Value {
        sum(&terms.iter().map(|term| Value::Double(*term)).collect::<Vec<_>>())
    }

    #[test]
    fn sums_are_rounded_once() {
        assert_eq!(doubles(&[0.1; 10]), Value::Double(1.0));
        assert_eq!(doubles(&[1e100, 1.0, -1e100]), Value::Double(1.0));
        assert_eq!(doubles(&[1e308, 1e308, -1e308]), Value::Double(1e308));
        assert_eq!(doubles(&[1e308, 1e308]), Value::Null);
        assert_eq!(doubles(&[1e-16, 1.0, 1e16]), Value::Double(10_000_000_000_000_002.0));
        assert_eq!(doubles(&[1.7e308, -1.7e308, 5e-324]), Value::Double(5e-324));
    }

    #[test]
    fn whole_sums_stay_whole_until_they_overflow() {
        assert_eq!(sum(&[]), Value::Integer(0));
        assert_eq!(sum(&[Value::Integer(1), Value::Integer(2)]), Value::Integer(3));
        assert_eq!(
            sum(&[Value::Integer(i64::MAX), Value::Integer(1)]),
            Value::Double(9_223_372_036_854_775_808.0)
        );
        assert_eq!(
            sum(&[Value::Integer(i64::MAX), Value::Integer(i64::MAX), Value::Integer(-i64::MAX)]),
            Value::Integer(i64::MAX)
        );
        assert_eq!(
            sum(&[Value::Integer(i64::MAX), Value::Double(0.5), Value::Integer(-i64::MAX)]),
            Value::Double(0.5)
        );
        assert_eq!(sum(&[Value::Double(f64::NAN), Value::Integer(1)]), Value::Integer(1));
    }

    #[test]
    fn the_average_of_nothing_is_null() {
        assert_eq!(ExactSum::new().average(0), Value::Null);
    }

    fn terms() -> impl Strategy<Value = Vec<Value>> {
        let term = prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<f64>()
                .prop_filter_map("finite", |number| number.is_finite().then_some(Value::Double(number))),
            (-1e6..1e6_f64).prop_map(Value::Double),
        ];
        prop::collection::vec(term, 0..40)
    }

    proptest! {
        #[test]
        fn the_order_of_terms_does_not_matter((terms, shuffled) in terms().prop_flat_map(|terms| {
            (Just(terms.clone()), Just(terms).prop_shuffle())
        })) {
            prop_assert_eq!(sum(&terms), sum(&shuffled));
        }

        #[test]
        fn a_sum_of_two_is_their_sum(left in any::<f64>(), right in any::<f64>()) {
            prop_assume!(left.is_finite() && right.is_finite());
            prop_assert_eq!(doubles(&[left, right]), Value::double(left + right));
        }
    }
}
