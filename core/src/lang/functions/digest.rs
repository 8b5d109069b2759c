//! Texts as other systems want them: digests and encodings.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{Context, lift};
use crate::value::Value;

/// In hexadecimal, small letters. Known to be weak, as SHA-1 is: for receivers that match on it, not for secrets.
pub(super) fn md5(_: Context, arguments: &[Value]) -> Value {
    each_digest(arguments, 0, digest::<Md5>)
}

pub(super) fn sha1(_: Context, arguments: &[Value]) -> Value {
    each_digest(arguments, 0, digest::<Sha1>)
}

pub(super) fn sha256(_: Context, arguments: &[Value]) -> Value {
    each_digest(arguments, 0, digest::<Sha256>)
}

pub(super) fn sha512(_: Context, arguments: &[Value]) -> Value {
    each_digest(arguments, 0, digest::<Sha512>)
}

pub(super) fn crc32(_: Context, arguments: &[Value]) -> Value {
    each_digest(arguments, 0, checksum)
}

/// `(algorithm, text [, charset])`; null of an algorithm that is not known.
pub(super) fn hash(_: Context, arguments: &[Value]) -> Value {
    let Some(name) = arguments.first().and_then(Value::as_str) else { return Value::Null };
    let name: String = name.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    let digest = match name.as_str() {
        "md5" => digest::<Md5>,
        "sha1" => digest::<Sha1>,
        "sha256" => digest::<Sha256>,
        "sha512" => digest::<Sha512>,
        "crc32" => checksum,
        _ => return Value::Null,
    };
    each_digest(arguments, 1, digest)
}

/// Base64 of the bytes of the text.
pub(super) fn encode64(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| lift::text(STANDARD.encode(text)))
}

/// The text itself if it is not Base64 of a text, as documented.
pub(super) fn decode64(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| {
        let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Value::String(decoded.unwrap_or_else(|| text.into()))
    })
}

/// Of the text at a place; the character set may follow it.
fn each_digest(arguments: &[Value], place: usize, compute: fn(&[u8]) -> String) -> Value {
    let charset = match arguments.get(place + 1) {
        None => "UTF-8",
        Some(charset) => charset.as_str().unwrap_or_default(),
    };
    lift::each_text(arguments.get(place), |text| {
        bytes_in(text, charset).map_or(Value::Null, |bytes| Value::String(compute(&bytes)))
    })
}

/// What a character set cannot write is a question mark; none of a set that is not known.
fn bytes_in(text: &str, charset: &str) -> Option<Vec<u8>> {
    let up_to = |last: u32| {
        text.chars()
            .map(move |c| u8::try_from(u32::from(c)).ok().filter(|_| u32::from(c) <= last).unwrap_or(b'?'))
    };
    let is = |name: &str| charset.eq_ignore_ascii_case(name);
    if is("UTF-8") {
        Some(text.as_bytes().to_vec())
    } else if is("US-ASCII") {
        Some(up_to(0x7f).collect())
    } else if is("ISO-8859-1") {
        Some(up_to(0xff).collect())
    } else if is("UTF-16") {
        // The most significant byte first, and the mark that says so.
        Some([0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect())
    } else {
        None
    }
}

fn digest<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// CRC-32 as in ZIP files, written with its lowest byte first, as the documented example is. Bit by bit: a table would be
/// larger than anything that is ever checked with it.
fn checksum(bytes: &[u8]) -> String {
    let mut state = u32::MAX;
    for byte in bytes {
        state ^= u32::from(*byte);
        for _ in 0..8 {
            state = if state & 1 == 1 { (state >> 1) ^ 0xedb8_8320 } else { state >> 1 };
        }
    }
    (!state).to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{check, check_calculated};

    #[test]
    fn digests_and_encodings_are_those_of_the_standards() {
        check("md5", json!([""]), json!("d41d8cd98f00b204e9800998ecf8427e"));
        check("md5", json!(["abc"]), json!("900150983cd24fb0d6963f7d28e17f72"));
        check("md5", json!([1]), json!(null));
        check("encode64", json!(["foobar"]), json!("Zm9vYmFy"));
        check("encode64", json!(["é"]), json!("w6k="));
        check("decode64", json!(["aGVsbG8="]), json!("hello"));
        check("decode64", json!(["not Base64"]), json!("not Base64"));
        check("decode64", json!(["/w=="]), json!("/w=="));
    }

    #[test]
    fn documented_digests_of_calculated_fields() {
        let digests = [
            ("md5", "d3b96ce8c9fb4e9bd0198d03ba6852c7"),
            ("sha1", "c3599c11e47719df18a2448690840c5dfcce3c80"),
            ("sha256", "7330d2b39ca35eaf4cb95fc846c21ee6a39af698154a83a586ee270a0d372104"),
            ("crc32", "8df92e80"),
        ];
        for (name, expected) in digests {
            check_calculated(name, json!(["my text", "UTF-8"]), json!(expected));
            check_calculated(name, json!(["my text"]), json!(expected));
            check_calculated("hash", json!([name, "my text"]), json!(expected));
        }
        check_calculated(
            "hash",
            json!(["SHA-1", "my text"]),
            json!("c3599c11e47719df18a2448690840c5dfcce3c80"),
        );
        check_calculated("hash", json!(["whirlpool", "my text"]), json!(null));
    }

    #[test]
    fn character_sets_change_the_bytes() {
        // Of é as the one byte e9, as the two bytes c3 a9, and as ?.
        check_calculated("crc32", json!(["é", "ISO-8859-1"]), json!("51b5d40b"));
        check_calculated("crc32", json!(["é", "US-ASCII"]), json!("b0c26464"));
        check_calculated("crc32", json!(["é", "KOI8-R"]), json!(null));
    }
}
