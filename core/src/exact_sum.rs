//! Sums that are exact until the one rounding at the end, so that they do not depend on the order of the terms and
//! every evaluator agrees on every bit.
//!
//! The sum is held as a fixed-point number wide enough for every finite floating point number (a small
//! superaccumulator, after Neal, "Fast exact summation using small and large superaccumulators", 2015). Unlike
//! partial sums (Shewchuk), it cannot overflow on the way to a finite total.

use crate::value::Value;

/// Bits of one limb.
const LIMB_BITS: u32 = 32;
/// The weight of bit 0 of limb 0 is 2^-WEIGHT; smaller than the smallest floating point number, 2^-1074.
const WEIGHT: i32 = 1_088;
/// From 2^-1088 to beyond 2^1024, with room for 2^63 terms.
const LIMBS: usize = 70;
/// After so many additions limbs may be full and carries are passed on.
const ADDITIONS_MAX: u32 = 1 << 30;

/// A running sum.
#[derive(Clone, Debug)]
pub struct ExactSum {
    /// The sum of the whole numbers.
    whole: i128,
    /// The sum of the others; absent while there are none.
    limbs: Option<Limbs>,
}

#[derive(Clone, Debug)]
struct Limbs {
    digits: [i64; LIMBS],
    additions: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self::new()
    }
}

impl ExactSum {
    /// Nothing yet: 0.
    pub const fn new() -> Self {
        Self { whole: 0, limbs: None }
    }

    /// Adds a whole number.
    pub fn add_integer(&mut self, number: i64) {
        // 2^64 terms would be needed to reach the end of the range.
        self.whole = self.whole.saturating_add(i128::from(number));
    }

    /// Adds a number; NaN and infinities are left out.
    pub fn add_double(&mut self, number: f64) {
        if number.is_finite() {
            self.limbs.get_or_insert_with(Limbs::new).add_double(number);
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

    /// The total: an integer if all terms were and it fits, else floating point; null if it is too large for that.
    pub fn total(&self) -> Value {
        match (&self.limbs, i64::try_from(self.whole)) {
            (None, Ok(whole)) => Value::Integer(whole),
            (None | Some(_), _) => Value::double(self.nearest()),
        }
    }

    /// The total divided by how many terms there were; null of none.
    pub fn average(&self, count: usize) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let divisor = count as f64;
        if count == 0 { Value::Null } else { Value::double(self.nearest() / divisor) }
    }

    fn nearest(&self) -> f64 {
        let mut limbs = self.limbs.clone().unwrap_or_else(Limbs::new);
        limbs.add_whole(self.whole);
        limbs.nearest()
    }
}

impl Limbs {
    const fn new() -> Self {
        Self { digits: [0; LIMBS], additions: 0 }
    }

    fn add_double(&mut self, number: f64) {
        let bits = number.to_bits();
        let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if biased == 0 { (fraction, -1_074) } else { (fraction | (1 << 52), biased - 1_075) };
        self.add_scaled(u128::from(mantissa), exponent, number.is_sign_negative());
    }

    fn add_whole(&mut self, number: i128) {
        let magnitude = number.unsigned_abs();
        self.add_scaled(magnitude & u128::from(u64::MAX), 0, number < 0);
        self.add_scaled(magnitude >> 64, 64, number < 0);
    }

    /// Adds `magnitude * 2^exponent`; the magnitude is below 2^64.
    fn add_scaled(&mut self, magnitude: u128, exponent: i32, negative: bool) {
        let offset = u32::try_from(exponent + WEIGHT).unwrap_or(0);
        let mut rest = magnitude << (offset % LIMB_BITS);
        let first = (offset / LIMB_BITS) as usize;
        for digit in self.digits.iter_mut().skip(first).take(4) {
            let part = i64::try_from(rest & 0xffff_ffff).unwrap_or(0);
            *digit += if negative { -part } else { part };
            rest >>= LIMB_BITS;
        }
        self.additions += 1;
        if self.additions >= ADDITIONS_MAX {
            let _ = self.carry();
            self.additions = 0;
        }
    }

    /// Passes carries on, so that every limb but the last is in 0..2^32; true if the number is negative.
    fn carry(&mut self) -> bool {
        let mut carry = 0_i64;
        let last = LIMBS - 1;
        for (place, digit) in self.digits.iter_mut().enumerate() {
            let sum = *digit + carry;
            if place == last {
                *digit = sum;
                return sum < 0;
            }
            *digit = sum & 0xffff_ffff;
            carry = sum >> LIMB_BITS;
        }
        false
    }

    /// The nearest floating point number, ties to even.
    fn nearest(mut self) -> f64 {
        let negative = self.carry();
        if negative {
            for digit in &mut self.digits {
                *digit = -*digit;
            }
            let _ = self.carry();
        }
        let Some(top) = self.digits.iter().rposition(|digit| *digit != 0) else { return 0.0 };
        let limb = |place: usize| self.digits.get(place).copied().unwrap_or(0).unsigned_abs();
        let below = |count: usize| top.checked_sub(count).map_or(0, limb);
        // 96 bits, of which at least 65 count; whatever lies below them only decides ties.
        let window = (u128::from(limb(top)) << 64) | (u128::from(below(1)) << 32) | u128::from(below(2));
        let sticky = self.digits.iter().take(top.saturating_sub(2)).any(|digit| *digit != 0);
        let excess = (128 - window.leading_zeros()).saturating_sub(64);
        let dropped = window & ((1_u128 << excess) - 1);
        let kept = u64::try_from(window >> excess).unwrap_or(u64::MAX);
        let kept = kept | u64::from(sticky || dropped != 0);
        #[expect(clippy::cast_precision_loss, reason = "this is the one rounding")]
        let rounded = kept as f64;
        let place = i32::try_from(top).unwrap_or(0) * 32 - 64 - WEIGHT + i32::try_from(excess).unwrap_or(0);
        let scaled = rounded * power_of_two(place / 2) * power_of_two(place - place / 2);
        if negative { -scaled } else { scaled }
    }
}

/// 2^exponent, for exponents of normal numbers.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::try_from(exponent + 1_023).unwrap_or(0) << 52)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

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
    fn ties_round_to_even_and_by_whatever_lies_below() {
        let half = 2.0_f64.powi(-53);
        assert_eq!(doubles(&[1.0, half]), Value::Double(1.0));
        assert_eq!(doubles(&[1.0, half, 5e-324]), Value::Double(1.0 + f64::EPSILON));
        assert_eq!(doubles(&[1.0 + f64::EPSILON, half]), Value::Double(1.0 + 2.0 * f64::EPSILON));
        let ulp = 2.0_f64.powi(971);
        assert_eq!(
            doubles(&[2.0_f64.powi(1_023), ulp / 2.0, 5e-324]),
            Value::Double(2.0_f64.powi(1_023) + ulp)
        );
        assert_eq!(doubles(&[-5e-324, -5e-324]), Value::Double(-1e-323));
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
        let mut sum = ExactSum::new();
        sum.add_integer(3);
        assert_eq!(sum.average(2), Value::Double(1.5));
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
