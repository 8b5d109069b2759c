//! What the instant of evaluation says. There is no other clock and no chance in the core: evaluated again at the same
//! instant, everything has the same value.

use super::Context;
use crate::value::Value;

/// The instant, in milliseconds.
pub(super) fn milliseconds(context: Context, _: &[Value]) -> Value {
    Value::Integer(context.now_ms)
}

/// The instant.
pub(super) fn instant(context: Context, _: &[Value]) -> Value {
    Value::Time(context.now_ms)
}

/// From 0 up to, but not, 1; the same wherever it stands in what is evaluated at one instant.
pub(super) fn random(context: Context, _: &[Value]) -> Value {
    let mixed = xxhash_rust::xxh3::xxh3_64(&context.now_ms.to_le_bytes());
    // As many bits as a number of floating point holds exactly.
    const BITS: u32 = 53;
    #[expect(clippy::cast_precision_loss, reason = "both numbers have at most 53 bits")]
    let share = (mixed >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64;
    Value::double(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_same_at_the_same_instant_and_spread_over_many() {
        let at = |now_ms: i64| random(Context { now_ms }, &[]).as_f64().unwrap();
        assert_eq!(at(5), at(5));
        let low = (0..1_000).filter(|now_ms| at(*now_ms) < 0.25).count();
        assert!((200..300).contains(&low), "{low}");
        assert!((0..1_000).all(|now_ms| (0.0..1.0).contains(&at(now_ms))));
    }
}
