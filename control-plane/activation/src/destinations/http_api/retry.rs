//! Pure: from what the receiver answered to what comes of the message, and when it is tried again.

use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::xxh3_64;

use crate::destinations::Outcome;

/// The example schedule of Standard Webhooks: the wait before each attempt. It spans 75 h 35 min.
const WAITS_MS: [i64; 10] = [
    0,
    5_000,
    5 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    5 * 3_600_000,
    10 * 3_600_000,
    14 * 3_600_000,
    20 * 3_600_000,
    24 * 3_600_000,
];

/// Jitter: up to this part of the wait is added, so that what failed together does not return together.
const JITTER_DIVISOR: i64 = 10;

/// A longer `Retry-After` is cut to this.
const RETRY_AFTER_MS_MAX: i64 = 24 * 3_600_000;

/// Characters of the receiver's words that are kept.
pub(crate) const REASON_CHARACTERS_MAX: usize = 500;

/// How often a message is tried.
pub(crate) const ATTEMPTS_MAX: u32 = 10;

/// The wait after `attempts` failed attempts; `None` after the last. The same arguments give the same wait.
pub(crate) fn delay_ms(attempts: u32, message_id: &str, seed: u64) -> Option<i64> {
    let wait_ms = *WAITS_MS.get(usize::try_from(attempts).ok()?)?;
    let draw = xxh3_64(format!("{seed}.{attempts}.{message_id}").as_bytes());
    let jitter_ms_max = (wait_ms / JITTER_DIVISOR).max(1);
    Some(wait_ms.saturating_add(i64::try_from(draw % jitter_ms_max.unsigned_abs()).unwrap_or(0)))
}

/// What comes of a message that was answered with `status`.
pub(crate) fn classify(status: u16, retry_after_ms: Option<i64>, text: &str) -> Outcome {
    let reason = || bounded(&format!("answered {status}: {}", text.trim()));
    let retry = |in_doubt| Outcome::Retry { in_doubt, after_ms: retry_after_ms, reason: reason() };
    match status {
        200..=299 => Outcome::Acknowledged,
        410 => Outcome::Disable { reason: reason() },
        // Too early, too slow, too many: not taken, and worth another try.
        408 | 425 | 429 => retry(false),
        400..=499 => Outcome::Refused { reason: reason() },
        // It began to work on the message; nobody knows how far it came.
        500..=599 => retry(true),
        // Redirects are not followed: a receiver that has moved must say so to a person.
        _ => retry(false),
    }
}

/// `Retry-After` in milliseconds: seconds, or an HTTP date.
pub(crate) fn retry_after_ms(header: &str, now_ms: i64) -> Option<i64> {
    let header = header.trim();
    let wait_ms = match header.parse::<u32>() {
        Ok(seconds) => i64::from(seconds).saturating_mul(1_000),
        Err(_) => {
            let at = httpdate::parse_http_date(header).ok()?;
            let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
            i64::try_from(at.as_millis()).unwrap_or(i64::MAX).saturating_sub(now_ms)
        }
    };
    Some(wait_ms.clamp(0, RETRY_AFTER_MS_MAX))
}

/// Text for a person, cut to a bound.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARACTERS_MAX).collect()
}
