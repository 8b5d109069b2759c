//! Web addresses and e-mail addresses: their parts, and how text is written in them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{Context, lift};
use crate::value::Value;

/// What stands before the `://` of an address.
pub(super) fn protocol(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| Some(url.protocol))
}

/// The host of an address, without user and port.
pub(super) fn host(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| Some(url.host))
}

/// What stands behind the host, without query and fragment.
pub(super) fn path(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| Some(url.path))
}

/// What stands behind the `#`; null if there is none.
pub(super) fn fragment(_: Context, arguments: &[Value]) -> Value {
    each_url(arguments, |url| url.fragment)
}

/// An address, taken apart.
pub(super) struct Url<'t> {
    pub(super) protocol: &'t str,
    host: &'t str,
    pub(super) port: Option<&'t str>,
    pub(super) path: &'t str,
    pub(super) query: Option<&'t str>,
    pub(super) fragment: Option<&'t str>,
}

impl<'t> Url<'t> {
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let (protocol, rest) = text.split_once("://")?;
        let (rest, fragment) =
            rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(slash)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match host.rsplit_once(':') {
            // Not inside the brackets of an IPv6 address.
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
            Some(_) | None => (host, None),
        };
        (!protocol.is_empty() && !host.is_empty()).then_some(Self {
            protocol,
            host,
            port,
            path,
            query,
            fragment,
        })
    }
}

fn each_url(arguments: &[Value], part: impl for<'t> Fn(Url<'t>) -> Option<&'t str>) -> Value {
    lift::each_text(arguments.first(), |text| {
        Url::read(text).and_then(&part).map_or(Value::Null, Value::from)
    })
}

/// `(url, key, value)`: before the fragment; a parameter of that key is replaced where it stands.
pub(super) fn append_query_parameter(_: Context, arguments: &[Value]) -> Value {
    let part = |index: usize| arguments.get(index).and_then(Value::as_str);
    let (Some(key), Some(value)) = (part(1).filter(|key| !key.is_empty()), part(2)) else {
        return Value::Null;
    };
    let (key, value) = (encoded(key), encoded(value));
    lift::each_text(arguments.first(), |text| {
        if Url::read(text).is_none() {
            return Value::Null;
        }
        let (address, fragment) =
            text.find('#').and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let mut parameters: Vec<&str> = query.split('&').filter(|it| !it.is_empty()).collect();
        let assigned = alloc::format!("{key}={value}");
        let mut has_key = parameters.iter_mut().filter(|it| it.split('=').next() == Some(&key));
        match has_key.next() {
            Some(found) => *found = &assigned,
            None => parameters.push(&assigned),
        }
        lift::text(alloc::format!("{address}?{}{fragment}", parameters.join("&")))
    })
}

/// As in the query of an address: letters, digits and `.-*_` stay, a space is `+`, the rest is `%` and its bytes.
pub(super) fn encode(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| lift::text(encoded(text)))
}

fn encoded(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                found.push(char::from(byte))
            }
            b' ' => found.push('+'),
            other => {
                let _ = write!(found, "%{other:02X}");
            }
        }
    }
    found
}

/// The other way round; null if a `%` is not followed by two digits, or if the bytes are no text.
pub(super) fn decode(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| decoded(text, true).map_or(Value::Null, Value::String))
}

/// With or without a space for `+`.
pub(super) fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = text.bytes();
    let mut found = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        found.push(match byte {
            b'%' => digit(bytes.next()?)? * 16 + digit(bytes.next()?)?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(found).ok()
}

/// What stands after the last `@`.
pub(super) fn email_domain(_: Context, arguments: &[Value]) -> Value {
    lift::each_text(arguments.first(), |text| match text.rsplit_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => Value::from(domain),
        Some(_) | None => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    #[test]
    fn addresses_are_taken_apart() {
        check("getUrlHost", json!(["https://me@www.example.com:8443/a?b#c"]), json!("www.example.com"));
        check("getUrlHost", json!(["http://[::1]/"]), json!("[::1]"));
        check("getUrlPath", json!(["https://www.example.com/a/b.html?c=/d"]), json!("/a/b.html"));
        check("getUrlPath", json!(["https://www.example.com"]), json!(""));
        check("getUrlProtocol", json!(["https://www.example.com"]), json!("https"));
        check("getUrlHost", json!(["www.example.com"]), json!(null));
        check("getUrlFragment", json!(["https://www.example.com/contact.html#faq"]), json!("faq"));
        check("getUrlFragment", json!(["https://www.example.com/#a?b"]), json!("a?b"));
        check("getUrlFragment", json!(["https://www.example.com/"]), json!(null));
        check("extractEmailDomain", json!(["ada@example.com"]), json!("example.com"));
        check("extractEmailDomain", json!(["ada"]), json!(null));
    }

    #[test]
    fn parameters_are_added_before_the_fragment_or_replaced() {
        let append = |url: &str, key: &str, value: &str, expected: &str| {
            check("appendQueryParams", json!([url, key, value]), json!(expected));
        };
        append("https://example.com/page", "a", "b", "https://example.com/page?a=b");
        append("https://example.com/?x=1#top", "a", "b c", "https://example.com/?x=1&a=b+c#top");
        append("https://example.com/?a=1&x=2", "a", "2", "https://example.com/?a=2&x=2");
        check("appendQueryParams", json!(["example.com", "a", "b"]), json!(null));
        check("appendQueryParams", json!(["https://example.com", "", "b"]), json!(null));
    }

    #[test]
    fn text_is_written_as_in_a_query_and_read_back() {
        check("urlEncode", json!(["a b&c=é*"]), json!("a+b%26c%3D%C3%A9*"));
        check("urlDecode", json!(["a+b%26c%3d%C3%A9*"]), json!("a b&c=é*"));
        for bad in ["%", "%4", "%zz", "%FF"] {
            check("urlDecode", json!([bad]), json!(null));
        }
    }
}
