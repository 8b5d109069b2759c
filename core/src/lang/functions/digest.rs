//! Texts as other systems want them: digests and encodings.

use alloc::format;
use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::{Context, lift};
use crate::value::Value;

/// In hexadecimal, small letters. Known to be weak: for receivers that match on it, not for secrets.
pub(super) fn md5(_: Context, arguments: &[Value]) -> Value {
    each_text(arguments, |text| Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Base64 of the bytes of the text.
pub(super) fn encode64(_: Context, arguments: &[Value]) -> Value {
    each_text(arguments, |text| STANDARD.encode(text))
}

fn each_text(arguments: &[Value], compute: impl Fn(&str) -> String) -> Value {
    lift::each(arguments.first(), |value| {
        value.as_str().map_or(Value::Null, |text| Value::String(compute(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Context = Context { now_ms: 0 };

    #[test]
    fn digests_and_encodings_are_those_of_the_standards() {
        assert_eq!(md5(ANY, &[Value::from("")]), Value::from("d41d8cd98f00b204e9800998ecf8427e"));
        assert_eq!(md5(ANY, &[Value::from("abc")]), Value::from("900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(encode64(ANY, &[Value::from("foobar")]), Value::from("Zm9vYmFy"));
        assert_eq!(encode64(ANY, &[Value::from("é")]), Value::from("w6k="));
        assert_eq!(md5(ANY, &[Value::Integer(1)]), Value::Null);
    }
}
