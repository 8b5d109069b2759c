//! Reading a decimal as a double. By long division of whole numbers, not by `str::parse`, which gives the same and carries
//! tables of powers that no packer can shorten: they were a fortieth of the worker.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Digits beyond which no two doubles can be told apart: what lies exactly between two of them has at most 767.
const DIGITS_MAX: usize = 800;
/// Exponents beyond this are all the same: no number of digits that fits a record leads back from there.
const EXPONENT_MAX: i64 = 1 << 40;

/// The double that is nearest to a decimal (`-1.5`, `2e3`, `.5`), of two the even one; infinite if it is too large. `None`
/// if the text is not a decimal.
pub(super) fn double(text: &str) -> Option<f64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, self::exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut number = Whole::default();
    let mut digits = 0;
    let mut exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        if digits < DIGITS_MAX {
            number.extend(10, digit);
            digits += usize::from(!number.0.is_empty());
        } else {
            // What is left away only tells on which side of the middle the number lies.
            exponent += 1;
            if let Some(lowest) = number.0.first_mut().filter(|_| digit > 0) {
                *lowest |= 1;
            }
        }
    }
    let magnitude = i64::try_from(digits).ok()? + exponent;
    let bits = match () {
        () if digits == 0 || magnitude < -330 => 0,
        () if magnitude > 310 => f64::INFINITY.to_bits(),
        () => nearest(number, i32::try_from(exponent).ok()?),
    };
    Some(f64::from_bits(bits | u64::from(negative) << 63))
}

fn exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut exponent = 0_i64;
    for byte in digits.bytes() {
        let digit = i64::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        exponent = (exponent * 10 + digit).min(EXPONENT_MAX);
    }
    (!digits.is_empty()).then_some(if negative { -exponent } else { exponent })
}

/// The bits of the double nearest to `number * 10^exponent`, which is not 0.
fn nearest(number: Whole, exponent: i32) -> u64 {
    let (mut above, mut below) = (number, Whole(Vec::from([1])));
    let powered = if exponent < 0 { &mut below } else { &mut above };
    (0..exponent.unsigned_abs()).for_each(|_| powered.extend(10, 0));
    // above / below = quotient * 2^power, the quotient of 55 or 56 bits: two or three too many, or fewer below the normal.
    let power = (above.bits() - below.bits() - 55).max(-1_076);
    let shifted = if power < 0 { &mut above } else { &mut below };
    shifted.shift(power.unsigned_abs());
    below.shift(56);
    let mut quotient = 0_u64;
    for _ in 0..57 {
        quotient <<= 1;
        if above.compare(&below) != Ordering::Less {
            above.subtract(&below);
            quotient |= 1;
        }
        above.extend(2, 0);
    }
    let extra = (64 - quotient.leading_zeros()).saturating_sub(53).max(2);
    let (kept, rest, middle) = (quotient >> extra, quotient & ((1 << extra) - 1), 1 << (extra - 1));
    let exactly = above.0.iter().all(|limb| *limb == 0);
    let up = rest > middle || (rest == middle && (!exactly || kept & 1 == 1));
    // Added to the bits, one more carries into the exponent by itself. The lowest numbers have the exponent's 0.
    let normal = kept >> 52;
    let biased = u64::try_from(power + extra.cast_signed() + 1_075).unwrap_or_default() * normal;
    ((biased << 52 | kept & ((1 << 52) - 1)) + u64::from(up)).min(f64::INFINITY.to_bits())
}

/// A whole number, lowest limb first. That of 0 has none; what was subtracted from may have zeros on top.
#[derive(Default)]
struct Whole(Vec<u32>);

impl Whole {
    /// Times a factor, plus an amount.
    fn extend(&mut self, factor: u32, amount: u32) {
        let mut carry = u64::from(amount);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn shift(&mut self, bits: u32) {
        let mut limbs = alloc::vec![0; (bits / 32) as usize];
        limbs.append(&mut self.0);
        self.0 = limbs;
        self.extend(1 << (bits % 32), 0);
    }

    fn bits(&self) -> i32 {
        let bits =
            |(place, limb): (usize, &u32)| 32 * (place as i32 + 1) - limb.leading_zeros().cast_signed();
        self.0.iter().enumerate().next_back().map_or(0, bits)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let longer = self.0.len().max(other.0.len());
        let limb = |number: &Self, place| number.0.get(place).copied().unwrap_or_default();
        let mut orders = (0..longer).rev().map(|place| limb(self, place).cmp(&limb(other, place)));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Less what is not more.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        for (limb, less) in self.0.iter_mut().zip(other.0.iter().copied().chain(core::iter::repeat(0))) {
            let (once, first) = limb.overflowing_sub(less);
            let (twice, second) = once.overflowing_sub(borrow.into());
            *limb = twice;
            borrow = first || second;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    /// As the standard library reads it.
    fn check(text: &str) {
        let expected = text.parse::<f64>().ok();
        assert_eq!(double(text).map(f64::to_bits), expected.map(f64::to_bits), "{text}: {expected:?}");
    }

    #[test]
    fn what_lies_between_two_doubles_goes_to_the_nearer_one_and_from_the_middle_to_the_even_one() {
        let middle = "9007199254740993";
        let far = |digits: &str| format!("{middle}.{}{digits}", "0".repeat(900));
        for text in
            [middle, &far("0"), &far("1"), &format!("{middle}000e-3"), "9007199254740995", "0.1", "1e23"]
        {
            check(text);
        }
        // The exact middle of 0 and the lowest number, and one digit beside it.
        let exact = format!("{:.1100}", f64::from_bits(1));
        for text in ["2.4703282292062327e-324", "2.4703282292062328e-324", "5e-324", &exact] {
            check(text);
        }
    }

    #[test]
    fn the_ends_of_the_range_are_kept() {
        for text in [
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "1e310",
            "1e9999999999999999999999",
            "-1e-9999999999999999999999",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "4.9e-324",
            "1e-330",
            "0e999",
            "-0.0",
            "00000.000001",
        ] {
            check(text);
        }
        check(&format!("0.{}1e400", "0".repeat(400)));
        check(&format!("1{}e-400", "0".repeat(400)));
    }

    #[test]
    fn what_is_no_decimal_is_not_read() {
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "1e-", "1.2.3", "1e5.5", "1 ", "1x", "--1", "1,5", "0x1"]
        {
            check(text);
        }
        for text in ["1.", ".5", "-.5e-2", "1E+5", "007"] {
            check(text);
        }
    }

    proptest! {
        #[test]
        fn every_double_is_read_from_what_is_written_of_it(number in any::<f64>().prop_filter("a number", |n| n.is_finite())) {
            check(&format!("{number}"));
            check(&format!("{number:e}"));
        }

        #[test]
        fn any_digits_are_read_as_the_standard_library_reads_them(
            text in "-?[0-9]{0,30}(\\.[0-9]{0,30})?([eE][-+]?[0-9]{1,3})?"
        ) {
            check(&text);
        }

        #[test]
        fn the_middle_of_two_doubles_and_what_is_beside_it_is_told_apart(
            mantissa in 1_u128 << 52..1_u128 << 53,
            shift in 1_u32..70,
        ) {
            let middle: u128 = (2 * mantissa + 1) << shift;
            check(&format!("{middle}"));
            check(&format!("{middle}.{}1", "0".repeat(800)));
            check(&format!("{}.9", middle - 1));
            check(&format!("{middle}e-{shift}"));
        }
    }
}
