//! JSON that clients send and no reader takes as it is: a mark of byte order before it, halves of characters (what
//! `JSON.stringify` writes of a text that was cut inside an emoji), and batches of which one message cannot be read. What
//! can be read is kept.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

const MARK: &[u8] = "\u{feff}".as_bytes();
/// Of the same length as what it stands for, so that places in the text stay.
const REPLACEMENT: &[u8] = br"\ufffd";

/// The text without a mark, and with U+FFFD for halves of characters.
pub(super) fn mended(mut text: Vec<u8>) -> Vec<u8> {
    if text.starts_with(MARK) {
        text.drain(..MARK.len());
    }
    let is_low = |unit: u32| (0xdc00..0xe000).contains(&unit);
    let mut place = 0;
    while let Some(found) = memchr::memchr(b'\\', text.get(place..).unwrap_or_default()) {
        place += found;
        place += match unit(&text, place) {
            Some(0xd800..0xdc00) if unit(&text, place + 6).is_some_and(is_low) => 12,
            Some(0xd800..0xe000) => {
                if let Some(half) = text.get_mut(place..place + 6) {
                    half.copy_from_slice(REPLACEMENT);
                }
                6
            }
            // Whatever is escaped is not the beginning of an escape.
            Some(_) | None => 2,
        };
    }
    text
}

/// The UTF-16 unit that is escaped there.
fn unit(text: &[u8], place: usize) -> Option<u32> {
    let digits = text.get(place..place.checked_add(6)?)?.strip_prefix(br"\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The body of a batch of which some messages cannot be read. Those are texts, which are no messages.
pub(super) fn batch(text: &[u8]) -> Option<Map<String, Value>> {
    let parts: BTreeMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
    let read = |(name, part): (String, &RawValue)| {
        let value = match name.as_str() {
            "batch" => {
                serde_json::from_str::<Vec<&RawValue>>(part.get()).ok()?.into_iter().map(message).collect()
            }
            _ => serde_json::from_str(part.get()).ok()?,
        };
        Some((name, value))
    };
    parts.into_iter().map(read).collect()
}

fn message(text: &RawValue) -> Value {
    serde_json::from_str(text.get()).unwrap_or_else(|_| text.get().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_whole_ones_stay() {
        let check = |text: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&mended(text.into())), expected);
        };
        check(r#"{"a":"Sale \ud83d"}"#, r#"{"a":"Sale \ufffd"}"#);
        check(
            r#"["\uD83C\udf89","\udf89\ud83c","\ud83c\ud83c\udf89"]"#,
            r#"["\uD83C\udf89","\ufffd\ufffd","\ufffd\ud83c\udf89"]"#,
        );
        check(r#"["\\ud83d","\\\ud83d","\u00e9","\"#, r#"["\\ud83d","\\\ufffd","\u00e9","\"#);
        check("\u{feff}{}", "{}");
    }

    #[test]
    fn what_of_a_batch_cannot_be_read_is_text() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let text = format!(r#" {{"sentAt": "x" , "batch":[{{"a":1}}, {deep},1e999 ,5],"context":{{}}}} "#);
        let read = batch(text.as_bytes()).unwrap();
        let expected = json!({"sentAt": "x", "batch": [{"a": 1}, deep, "1e999", 5], "context": {}});
        assert_eq!(Value::Object(read), expected);
        for bad in [
            "",
            "[]",
            "{",
            r#"{"batch":[1,]}"#,
            r#"{"batch":[1}"#,
            r#"{"batch":[{"a":}]}"#,
            r#"{"a":1e999}"#,
            "{} x",
        ] {
            assert_eq!(batch(bad.as_bytes()), None, "{bad}");
        }
    }
}
