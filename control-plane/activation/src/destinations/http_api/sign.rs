//! The `v1` signature of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a secret: at least, at most.
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;

/// A symmetric secret. Never printed.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads `whsec_<base64>`. The message never holds the secret.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let encoded = text.strip_prefix("whsec_").ok_or("`secret` does not begin with `whsec_`")?;
        let key = STANDARD.decode(encoded).map_err(|_| "`secret` is not base64 after `whsec_`")?;
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&key.len()) {
            return Err(format!(
                "`secret` has {} bytes; {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} are needed",
                key.len()
            ));
        }
        Ok(Self(key))
    }

    fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The value of `webhook-signature`: one entry for each secret.
pub(crate) fn signatures(secrets: &[Secret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let entries: Vec<_> = secrets.iter().filter_map(|secret| secret.sign(id, timestamp_s, body)).collect();
    entries.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = Secret::parse(SECRET).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = signatures(&[secret], id, 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let both = [
            Secret::parse(SECRET).unwrap(),
            Secret::parse(&format!("whsec_{}", STANDARD.encode([7; 24]))).unwrap(),
        ];
        let signed = signatures(&both, "a", 1, b"{}");
        assert_eq!(signed.split(' ').count(), 2);
        assert!(signed.split(' ').all(|entry| entry.starts_with("v1,")));
    }

    #[test]
    fn a_secret_that_is_too_short_or_not_base64_is_refused_without_being_shown() {
        for text in ["", "MfKQ9r8G", "whsec_!!", "whsec_AAAA"] {
            let message = Secret::parse(text).unwrap_err();
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
        assert_eq!(format!("{:?}", Secret::parse(SECRET).unwrap()), "Secret(..)");
    }
}
