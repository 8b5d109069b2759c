//! The identity cookie: base64 of a small protobuf message that the Web SDK reads itself (`edge-api.md` section 4).
//! Only the fields used here are written; unknown ones are skipped.
//!
//! The page reads it, so it is not signed, and whoever knows an ECID can write it. What is promised is therefore: a
//! cookie that is not one is as good as none, never an error; one that is names exactly the ECID it holds, all 38 digits
//! of it; and who goes by somebody else's ECID learns that visitor's audiences as far as the datastream's destinations
//! may see them, and offers, but neither attributes nor events. ECIDs are random, so that they are not guessed.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::ecid;

/// The name of one of our cookies: `kndctr_<org>_<suffix>`.
pub fn name(org: &str, suffix: &str) -> String {
    format!("kndctr_{}_{suffix}", org.replacen('@', "_", 1))
}

/// What the identity cookie says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCookie {
    /// The visitor.
    pub ecid: String,
    /// When the ECID was made: milliseconds since the epoch, UTC.
    pub created_ms: i64,
    /// Whether this edge made it of randomness.
    pub is_new: bool,
    /// 0 random, 2 of an FPID, 3 received.
    pub source: u64,
    /// Where.
    pub region: String,
    /// When the cookie was written: milliseconds since the epoch, UTC.
    pub written_ms: i64,
}

const ECID: u64 = 1;
const METADATA: u64 = 10;
const CREATED: u64 = 1;
const IS_NEW: u64 = 2;
const DEVICE_TYPE: u64 = 3;
const REGION: u64 = 5;
const SOURCE: u64 = 6;
const WRITTEN: u64 = 30;
const BROWSER: u64 = 1;

/// Url-safe without padding, as the Edge Network writes it.
const WRITER: GeneralPurpose = base64::engine::general_purpose::URL_SAFE_NO_PAD;
/// Reads either padding.
const READER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl IdentityCookie {
    /// The cookie's value.
    pub fn encode(&self) -> String {
        let mut metadata = Vec::new();
        put_number(&mut metadata, CREATED, millis(self.created_ms));
        put_number(&mut metadata, IS_NEW, u64::from(self.is_new));
        put_number(&mut metadata, DEVICE_TYPE, BROWSER);
        put_bytes(&mut metadata, REGION, self.region.as_bytes());
        put_number(&mut metadata, SOURCE, self.source);
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, ECID, self.ecid.as_bytes());
        put_bytes(&mut bytes, METADATA, &metadata);
        put_number(&mut bytes, WRITTEN, millis(self.written_ms));
        WRITER.encode(bytes)
    }

    /// Reads a cookie; `None` if it is not one, or holds no ECID.
    pub fn decode(value: &str) -> Option<Self> {
        let url_safe: String = value
            .trim()
            .chars()
            .map(|letter| match letter {
                '+' => '-',
                '/' => '_',
                other => other,
            })
            .collect();
        let bytes = READER.decode(url_safe).ok()?;
        let mut cookie = Self {
            ecid: String::new(),
            created_ms: 0,
            is_new: false,
            source: 0,
            region: String::new(),
            written_ms: 0,
        };
        let mut reader = bytes.as_slice();
        while let Some((field, value)) = take_field(&mut reader)? {
            match (field, value) {
                (ECID, Wire::Bytes(text)) => cookie.ecid = String::from_utf8(text.into()).ok()?,
                (METADATA, Wire::Bytes(metadata)) => cookie.read_metadata(metadata)?,
                (WRITTEN, Wire::Number(number)) => cookie.written_ms = i64::try_from(number).ok()?,
                _ => {}
            }
        }
        ecid::is_ecid(&cookie.ecid).then_some(cookie)
    }

    fn read_metadata(&mut self, mut metadata: &[u8]) -> Option<()> {
        while let Some((field, value)) = take_field(&mut metadata)? {
            match (field, value) {
                (CREATED, Wire::Number(number)) => self.created_ms = i64::try_from(number).ok()?,
                (IS_NEW, Wire::Number(number)) => self.is_new = number != 0,
                (REGION, Wire::Bytes(text)) => self.region = String::from_utf8(text.into()).ok()?,
                (SOURCE, Wire::Number(number)) => self.source = number,
                _ => {}
            }
        }
        Some(())
    }
}

fn millis(timestamp_ms: i64) -> u64 {
    u64::try_from(timestamp_ms).unwrap_or(0)
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7F).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Zero is the default and is not written.
fn put_number(bytes: &mut Vec<u8>, field: u64, number: u64) {
    if number != 0 {
        put_varint(bytes, field << 3);
        put_varint(bytes, number);
    }
}

fn put_bytes(bytes: &mut Vec<u8>, field: u64, content: &[u8]) {
    put_varint(bytes, (field << 3) | 2);
    put_varint(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}

fn take_varint(reader: &mut &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_bytes(reader, 1)?.first().copied()?;
        number |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_bytes<'a>(reader: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = reader.split_at_checked(length)?;
    *reader = rest;
    Some(taken)
}

/// `None`: not a message. `Some(None)`: its end.
#[expect(clippy::option_option, reason = "malformed and ended are different things")]
fn take_field<'a>(reader: &mut &'a [u8]) -> Option<Option<(u64, Wire<'a>)>> {
    if reader.is_empty() {
        return Some(None);
    }
    let key = take_varint(reader)?;
    let value = match key & 7 {
        0 => Wire::Number(take_varint(reader)?),
        1 => Wire::Bytes(take_bytes(reader, 8)?),
        2 => {
            let length = usize::try_from(take_varint(reader)?).ok()?;
            Wire::Bytes(take_bytes(reader, length)?)
        }
        5 => Wire::Bytes(take_bytes(reader, 4)?),
        _ => return None,
    };
    Some(Some((key >> 3, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(ecid: &str, created_ms: i64, is_new: bool, source: u64) -> IdentityCookie {
        IdentityCookie {
            ecid: ecid.into(),
            created_ms,
            is_new,
            source,
            region: "OR2".into(),
            written_ms: created_ms,
        }
    }

    #[test]
    fn recorded_cookies_are_read_and_written_to_the_letter() {
        let recorded =
            "CiY4MTcwMjEyNDc4MzgzNDk0MzQ3MTM4MzQyMzc0NTYxOTMwMTA0M1IQCIvVgMegNBABGAEqA09SMvABi9WAx6A0";
        let decoded = IdentityCookie::decode(recorded).unwrap();
        assert_eq!(decoded, cookie("81702124783834943471383423745619301043", decoded.created_ms, true, 0));
        assert_eq!(decoded.encode(), recorded);

        let of_fpid =
            "CiY0MjI4ODE0NTEyNjAxNjQ4MDI2MzA4MDU0NTg5MDY2MzcwNTc2NFIQCKb7gsegNBgBKgNPUjIwAvABpvuCx6A0";
        let decoded = IdentityCookie::decode(of_fpid).unwrap();
        assert_eq!(decoded, cookie("42288145126016480263080545890663705764", decoded.created_ms, false, 2));
        assert_eq!(decoded.encode(), of_fpid);
    }

    #[test]
    fn padding_and_the_other_alphabet_are_read_too() {
        let value = cookie(&"1".repeat(38), 1_700_000_000_123, true, 0).encode();
        let other = value.replace('-', "+").replace('_', "/");
        let padded = format!("{other}{}", "=".repeat((4 - other.len() % 4) % 4));
        assert!(IdentityCookie::decode(&padded).is_some());
    }

    #[test]
    fn what_is_not_a_cookie_is_none_and_not_a_crash() {
        for bad in ["", "%%%", "AAAA", "CiY4MTcw", "/////////////////////w==", "CgExUgD_"] {
            assert_eq!(IdentityCookie::decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_name_replaces_the_first_at_sign() {
        assert_eq!(name("5BFE@AdobeOrg", "identity"), "kndctr_5BFE_AdobeOrg_identity");
    }
}
