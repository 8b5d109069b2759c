//! Who sent bytes, and when: `t=<milliseconds>,sha256=<digest of the body as it travels>,v1=<code>`, where the code is the
//! HMAC-SHA256, under the secret that edge and control plane share, of `<milliseconds>.<path>.<digest>`. The secret
//! itself never travels; and because the code is of the digest, a body is not even read for somebody who does not know
//! the secret. Digest and code are 64 hexadecimal digits in lower case.

use alloc::format;
use alloc::string::String;

use hmac::digest::common::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::limits::SIGNATURE_AGE_MS_MAX;

/// The header that carries it.
pub const HEADER: &str = "x-acquaint-signature";

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not written as the module says.
    #[error("the signature is not of the form `t=...,sha256=...,v1=...`")]
    Form,
    /// It was made too long ago, or by a clock that is too far ahead.
    #[error("the signature is of {made_ms}, more than {SIGNATURE_AGE_MS_MAX} ms from {now_ms}")]
    Age {
        /// When it says it was made.
        made_ms: i64,
        /// The time here.
        now_ms: i64,
    },
    /// It was made for another path or digest, or with another secret.
    #[error("the signature does not match")]
    Mismatch,
}

/// The digest that a body must have: what a signature that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(String);

impl Signed {
    /// Whether this is the body that was signed.
    pub fn is(&self, body: &[u8]) -> bool {
        self.0 == digits(&Sha256::digest(body))
    }
}

/// Signs a body for a path at an instant of the real clock: milliseconds since the epoch, UTC.
pub fn sign(secret: &str, path: &str, body: &[u8], now_ms: i64) -> String {
    let digest = digits(&Sha256::digest(body));
    let code = digits(&code(secret, path, &digest, now_ms).finalize().into_bytes());
    format!("t={now_ms},sha256={digest},v1={code}")
}

/// Checks a signature before the body is read. Codes are compared in constant time.
pub fn verify(secret: &str, path: &str, signature: &str, now_ms: i64) -> Result<Signed, Error> {
    let rest = signature.strip_prefix("t=").ok_or(Error::Form)?;
    let (made, rest) = rest.split_once(",sha256=").ok_or(Error::Form)?;
    let (digest, found) = rest.split_once(",v1=").ok_or(Error::Form)?;
    let made_ms: i64 = made.parse().map_err(|_| Error::Form)?;
    let (Some(_), Some(found)) = (bytes(digest), bytes(found)) else { return Err(Error::Form) };
    if now_ms.abs_diff(made_ms) > SIGNATURE_AGE_MS_MAX {
        return Err(Error::Age { made_ms, now_ms });
    }
    let code = code(secret, path, digest, made_ms);
    code.verify_slice(&found).map(|()| Signed(digest.into())).map_err(|_| Error::Mismatch)
}

/// As [`verify`], by any of several secrets: while one takes over from another, both are believed.
pub fn verify_any<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    path: &str,
    signature: &str,
    now_ms: i64,
) -> Result<Signed, Error> {
    let mut result = Err(Error::Mismatch);
    for secret in secrets {
        result = verify(secret, path, signature, now_ms);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn code(secret: &str, path: &str, digest: &str, made_ms: i64) -> Hmac<Sha256> {
    // As HMAC has it: a secret longer than a block is hashed, a shorter one is followed by zeros.
    let mut block = Key::<Hmac<Sha256>>::default();
    let hashed = Sha256::digest(secret);
    let secret = if secret.len() > block.len() { hashed.as_slice() } else { secret.as_bytes() };
    block.iter_mut().zip(secret).for_each(|(byte, of)| *byte = *of);
    let mut code = Hmac::<Sha256>::new(&block);
    code.update(format!("{made_ms}.{path}.{digest}").as_bytes());
    code
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of 64 hexadecimal digits.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;
    const PATH: &str = "/edge/v1/events";

    #[test]
    fn what_is_signed_is_verified() {
        let signed = verify("secret", PATH, &sign("secret", PATH, b"body", NOW), NOW).unwrap();
        assert!(signed.is(b"body") && !signed.is(b"bodY") && !signed.is(b""));
        assert!(verify("", PATH, &sign("", PATH, b"", 0), 0).unwrap().is(b""));
    }

    #[test]
    fn it_is_what_other_programs_compute_also_of_a_secret_longer_than_a_block() {
        // printf body | openssl dgst -sha256; printf '1700000000000./edge/v1/events.<digest>' | openssl dgst -sha256 -hmac <secret>
        let digest = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
        let check = |secret: &str, code: &str| {
            assert_eq!(sign(secret, PATH, b"body", NOW), format!("t={NOW},sha256={digest},v1={code}"));
        };
        check("secret", "9c7b1de2c604fc04644df10cda56251d42728397aa3b3fe61bbaba8edf28f7b9");
        check(&"s".repeat(100), "52030af6a00f760accde8f3c44f7a2ae81d9e93a9653e7c2f970c935433626b6");
    }

    #[test]
    fn another_secret_path_digest_or_instant_does_not_match() {
        let signature = sign("secret", PATH, b"body", NOW);
        let check = |secret: &str, path: &str, signature: &str| {
            assert_eq!(verify(secret, path, signature, NOW), Err(Error::Mismatch));
        };
        check("other", PATH, &signature);
        check("secret", "/_acquaint/v1/bundle", &signature);
        check("secret", PATH, &signature.replace("00000,", "00001,"));
        let code = signature.split_once(",v1=").unwrap().1;
        let other = sign("secret", PATH, b"bodY", NOW);
        check("secret", PATH, &format!("{},v1={code}", other.split_once(",v1=").unwrap().0));
    }

    #[test]
    fn while_one_secret_takes_over_from_another_both_are_believed() {
        let check = |secrets: &[&str], signed_by: &str, expected: bool| {
            let signature = sign(signed_by, PATH, b"body", NOW);
            let found = verify_any(secrets.iter().copied(), PATH, &signature, NOW);
            assert_eq!(found.is_ok(), expected, "{secrets:?} {signed_by}");
        };
        check(&["new", "old"], "old", true);
        check(&["new", "old"], "new", true);
        check(&["new"], "old", false);
        check(&[], "", false);
    }

    #[test]
    fn an_old_signature_and_one_of_the_future_are_refused() {
        let limit = i64::try_from(SIGNATURE_AGE_MS_MAX).unwrap();
        let check = |made_ms: i64, expected: Result<(), Error>| {
            assert_eq!(verify("s", PATH, &sign("s", PATH, b"", made_ms), NOW).map(|_| ()), expected);
        };
        check(NOW - limit, Ok(()));
        check(NOW + limit, Ok(()));
        check(NOW - limit - 1, Err(Error::Age { made_ms: NOW - limit - 1, now_ms: NOW }));
        check(NOW + limit + 1, Err(Error::Age { made_ms: NOW + limit + 1, now_ms: NOW }));
        check(i64::MIN, Err(Error::Age { made_ms: i64::MIN, now_ms: NOW }));
    }

    #[test]
    fn what_is_no_signature_is_said_to_be_none() {
        let signature = sign("s", PATH, b"", NOW);
        for length in 0..signature.len() {
            assert_eq!(
                verify("s", PATH, signature.get(..length).unwrap(), NOW),
                Err(Error::Form),
                "{length}"
            );
        }
        for other in [format!("{signature}0"), signature.replace("t=", "t=x"), signature.to_uppercase()] {
            assert_eq!(verify("s", PATH, &other, NOW), Err(Error::Form), "{other}");
        }
    }
}
