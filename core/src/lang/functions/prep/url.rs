//! Parts of addresses, and addresses as text within another.

use alloc::string::String;
use core::fmt::Write as _;

use super::super::address::{Url, decoded};
use super::super::{Context, lift};
use super::text_at;
use crate::value::{Fields, Value};

/// `(url)`: the port that is said, or that of the protocol.
pub(in super::super) fn port(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| {
        let Some(url) = Url::read(text) else { return Value::Null };
        let said = url.port.and_then(|port| port.parse().ok());
        said.or_else(|| port_of(url.protocol)).map_or(Value::Null, Value::Integer)
    })
}

fn port_of(protocol: &str) -> Option<i64> {
    let known = [
        ("http", 80),
        ("https", 443),
        ("ftp", 21),
        ("ftps", 990),
        ("sftp", 22),
        ("ssh", 22),
        ("ws", 80),
        ("wss", 443),
    ];
    known.into_iter().find(|(name, _)| protocol.eq_ignore_ascii_case(name)).map(|(_, port)| port)
}

/// `(url [, whole])`: the path; not whole, what stands behind its last slash.
pub(in super::super) fn path(_: Context, arguments: &[Value]) -> Value {
    let whole = match arguments.get(1) {
        None => true,
        Some(Value::Boolean(whole)) => *whole,
        Some(_) => return Value::Null,
    };
    lift::each_text(arguments.first(), |text| {
        let Some(url) = Url::read(text) else { return Value::Null };
        let end = url.path.rsplit('/').next().unwrap_or_default();
        Value::from(if whole { url.path } else { end })
    })
}

/// `(url, anchor)`: the parameters of the query by name. The anchor stays with the last value (`retain`), goes (`remove`) or
/// is an entry of its own (`append`).
pub(in super::super) fn query(_: Context, arguments: &[Value]) -> Value {
    let (Some(text), Some(anchor)) = (text_at(arguments, 0), text_at(arguments, 1)) else {
        return Value::Null;
    };
    let Some(url) = Url::read(text) else { return Value::Null };
    let Some(query) = url.query else { return Value::Null };
    let mut fields = Fields::new();
    let fragment = url.fragment.unwrap_or_default();
    let retained = match (anchor, url.fragment) {
        ("retain", Some(fragment)) => alloc::format!("{query}#{fragment}"),
        ("retain", None) | ("remove" | "append", _) => String::from(query),
        (_, _) => return Value::Null,
    };
    for parameter in retained.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        fields.entry(String::from(name)).or_insert_with(|| Value::from(value));
    }
    if anchor == "append" && url.fragment.is_some() {
        fields.insert("_anchor_".into(), Value::from(fragment));
    }
    Value::Object(fields)
}

/// All but letters, digits, `-`, `.` and `_` as `%` and the byte.
pub(in super::super) fn encode(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| {
        let mut found = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
                found.push(char::from(byte));
            } else {
                let _ = write!(found, "%{byte:02X}");
            }
        }
        lift::text(found)
    })
}

/// The other way round; null if a `%` is not followed by two digits, or if the bytes are no text.
pub(in super::super) fn decode(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| decoded(text, false).map_or(Value::Null, Value::String))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        let file = "sftp://example.com//home/joe/employee.csv";
        check_calculated("get_url_protocol", json!(["https://platform.adobe.com/home"]), json!("https"));
        check_calculated(
            "get_url_host",
            json!(["https://platform.adobe.com/home"]),
            json!("platform.adobe.com"),
        );
        check_calculated("get_url_port", json!([file]), json!(22));
        check_calculated("get_url_path", json!([file]), json!("//home/joe/employee.csv"));
        let query = |anchor: &str, expected: serde_json::Value| {
            let url = "foo://example.com:8042/over/there?name=ferret#nose";
            check_calculated("get_url_query_str", json!([url, anchor]), expected);
        };
        query("retain", json!({"name": "ferret#nose"}));
        query("remove", json!({"name": "ferret"}));
        query("append", json!({"name": "ferret", "_anchor_": "nose"}));
        let (plain, encoded) = (
            "https://example.com/partneralliance_asia-pacific_2022",
            "https%3A%2F%2Fexample.com%2Fpartneralliance_asia-pacific_2022",
        );
        check_calculated("get_url_encoded", json!([plain]), json!(encoded));
        check_calculated("get_url_decoded", json!([encoded]), json!(plain));
    }

    #[test]
    fn what_is_no_address_has_no_parts() {
        check_calculated("get_url_port", json!(["example.com:80"]), json!(null));
        check_calculated("get_url_port", json!(["foo://example.com:8042/"]), json!(8042));
        check_calculated("get_url_port", json!(["foo://example.com/"]), json!(null));
        check_calculated("get_url_path", json!(["https://example.com/a/b?c", false]), json!("b"));
        check_calculated("get_url_query_str", json!(["https://example.com/", "remove"]), json!(null));
        check_calculated("get_url_query_str", json!(["https://example.com/?a=b&c", "other"]), json!(null));
        check_calculated(
            "get_url_query_str",
            json!(["https://e.com/?a=1&b&a=2", "retain"]),
            json!({"a": "1", "b": ""}),
        );
        check_calculated("get_url_encoded", json!(["a b~é"]), json!("a%20b%7E%C3%A9"));
        check_calculated("get_url_decoded", json!(["a+b%20c"]), json!("a+b c"));
        check_calculated("get_url_decoded", json!(["%4"]), json!(null));
    }
}
