//! A request and a reply without a host: what the rest of this crate knows of HTTP.

use acquaint_core::wire::Region;
use subtle::ConstantTimeEq;

use crate::limits;

/// What came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Without port.
    pub host: String,
    /// As it was sent, with the leading slash.
    pub path: String,
    /// Decoded names and values of the query, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without its body: method, URL, and then the names and values of headers, each on a line.
    pub fn of_text(head: &str) -> Self {
        let mut lines = head.split('\n');
        let method = lines.next().unwrap_or_default().to_owned();
        let (host, path, query) = split_url(lines.next().unwrap_or_default());
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            headers.push((name.to_owned(), value.to_owned()));
        }
        Self { method, host, path, query, headers, body: Vec::new() }
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first of several names of a query parameter, whatever its case.
    pub fn parameter(&self, names: &[&str]) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| !value.is_empty() && names.iter().any(|name| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value.as_str())
    }

    /// The bearer token.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The cookies, in order.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.header("cookie")
            .unwrap_or_default()
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
    }
}

/// The parts of an absolute URL that matter here: host without port, path as it stands, decoded query. Hosts normalise
/// URLs before we see them, so this reads what is normal and takes nothing else for an error.
pub fn split_url(url: &str) -> (String, String, Vec<(String, String)>) {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let without_fragment = after_scheme.split('#').next().unwrap_or_default();
    let (before_query, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
    let (authority, path) = before_query.split_once('/').unwrap_or((before_query, ""));
    let address = authority.rsplit('@').next().unwrap_or_default();
    let host = match address.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => address.split(':').next().unwrap_or_default(),
    };
    let query = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    (host.to_owned(), format!("/{path}"), query)
}

/// `application/x-www-form-urlencoded`; what is not well formed stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.split_at_checked(2).and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        rest = match (first, escaped) {
            (b'%', Some((byte, after))) => {
                bytes.push(byte);
                after
            }
            (b'+', _) => {
                bytes.push(b' ');
                after
            }
            (other, _) => {
                bytes.push(*other);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Headers whose values are hardly ever the same in two replies.
const OWN_HEADERS: [&str; 5] = ["etag", "retry-after", "set-cookie", "x-acquaint-bundle", "x-request-id"];

/// What goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names in lower case; a name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: String,
}

impl Reply {
    /// A reply without headers or body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Status, and how many headers are common to many replies and how many are this one's own; names and values of both,
    /// each on a line; the body.
    pub fn to_text(&self) -> String {
        let (own, common): (Vec<_>, Vec<_>) =
            self.headers.iter().partition(|(name, _)| OWN_HEADERS.contains(&name.as_str()));
        let mut text = format!("{} {} {}\n", self.status, common.len(), own.len());
        for line in common.iter().chain(&own).flat_map(|(name, value)| [name, value]) {
            text.extend(line.split('\n'));
            text.push('\n');
        }
        text.push_str(&self.body);
        text
    }

    /// With one header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What an operator sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// First segment of the public paths (`edgeBasePath` of the Web SDK).
    pub base_path: String,
    /// Where this edge is.
    pub region: Region,
    /// The token of servers that may see attributes (v2); without one nobody is authenticated.
    pub api_token: Option<String>,
    /// Makes new visitors of repeated requests the same ones; without it every request makes its own.
    pub visitor_key: String,
    /// How many visitors may come for the first time each second.
    pub new_visitors_per_second: u32,
    /// The IAB vendor that needs consent; 565 is the one that pages with an unmodified Web SDK ask for.
    pub tcf_vendor: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_path: "ee".into(),
            region: Region { hint: "edge1".into(), id: 1 },
            api_token: None,
            visitor_key: String::new(),
            new_visitors_per_second: limits::NEW_VISITORS_PER_SECOND,
            tcf_vendor: 565,
        }
    }
}

/// Whether a presented secret is the expected one, in time that does not depend on where they differ. An empty
/// expectation matches nothing.
pub fn same_secret(presented: &str, expected: &str) -> bool {
    !expected.is_empty() && bool::from(presented.as_bytes().ct_eq(expected.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_compared_whole_and_an_empty_secret_matches_nothing() {
        let request =
            Request { headers: vec![("authorization".into(), "bearer  abc ".into())], ..Request::default() };
        assert_eq!(request.bearer(), Some("abc"));
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("ab", "abc"));
        assert!(!same_secret("", ""));
    }

    fn check_url(url: &str, host: &str, path: &str, query: &[(&str, &str)]) {
        let (found_host, found_path, found_query) = split_url(url);
        let found: Vec<_> = found_query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            (found_host.as_str(), found_path.as_str(), found.as_slice()),
            (host, path, query),
            "{url}"
        );
    }

    #[test]
    fn addresses_come_apart() {
        check_url(
            "https://a.test/ee/v1/x?b=1&c=d%3Ae+f#g",
            "a.test",
            "/ee/v1/x",
            &[("b", "1"), ("c", "d:e f")],
        );
        check_url("http://127.0.0.1:8080/", "127.0.0.1", "/", &[]);
        check_url("http://[::1]:8080/p?", "::1", "/p", &[]);
        check_url("http://a.test", "a.test", "/", &[]);
        check_url("http://a.test/?x&=y&%zz=%f", "a.test", "/", &[("x", ""), ("", "y"), ("%zz", "%f")]);
        check_url("http://a.test/?x=%+1%FF", "a.test", "/", &[("x", "% 1\u{fffd}")]);
    }

    #[test]
    fn a_head_comes_apart_by_lines() {
        let request = Request::of_text("POST\nhttp://a.test/p?q=1\norigin\nhttps://b.test\nx-api-key\n");
        assert_eq!(
            (&*request.method, &*request.host, &*request.path, request.parameter(&["q"])),
            ("POST", "a.test", "/p", Some("1"))
        );
        assert_eq!(request.header("origin"), Some("https://b.test"));
        assert_eq!(request.header("x-api-key"), Some(""));
        assert_eq!(request.header("cookie"), None);
    }

    #[test]
    fn no_header_of_a_reply_begins_another_line() {
        let reply = Reply::status(200).with("x", "1\n\n2").with("set-cookie", "c").with("y", "");
        let reply = Reply { body: "a\n\nb".into(), ..reply };
        assert_eq!(reply.to_text(), "200 2 1\nx\n12\ny\n\nset-cookie\nc\na\n\nb");
    }

    #[test]
    fn parameters_are_found_whatever_their_case() {
        let request = Request {
            query: vec![("datastreamId".into(), "x:dev".into()), ("requestId".into(), String::new())],
            ..Request::default()
        };
        assert_eq!(request.parameter(&["configId", "dataStreamId"]), Some("x:dev"));
        assert_eq!(request.parameter(&["requestId"]), None);
    }
}
