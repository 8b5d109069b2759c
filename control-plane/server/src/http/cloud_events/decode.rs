//! The three ways of writing a CloudEvent in a request, to the one that the engine reads: structured JSON.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::http::body;
use crate::problem::Problem;

/// What stands before the name of an attribute in a header.
const PREFIX: &str = "ce-";

/// How the request holds its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Structured,
    Batch,
    Binary,
}

/// What was sent.
#[derive(Debug, PartialEq)]
pub(super) enum Sent {
    One(Value),
    Batch(Vec<Value>),
}

impl Mode {
    /// By the content type, and for binary mode by the headers.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let media_type = media_type(headers);
        match media_type.as_str() {
            "application/cloudevents+json" => Ok(Self::Structured),
            "application/cloudevents-batch+json" => Ok(Self::Batch),
            other if other.starts_with("application/cloudevents") => Err(unsupported(format!(
                "`{other}` is not one of `application/cloudevents+json`, `application/cloudevents-batch+json`"
            ))),
            other if headers.contains_key("ce-specversion") => match other.is_empty() || is_json(other) {
                true => Ok(Self::Binary),
                false => Err(unsupported(format!("data of the type `{other}` has no fields; JSON has"))),
            },
            _ => Err(unsupported(
                "neither the content type nor a `ce-specversion` says that this is a CloudEvent".into(),
            )),
        }
    }
}

fn unsupported(detail: String) -> Problem {
    let title = "the format of the event is not supported";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-format", title, detail)
}

/// The content type without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// Reads a body.
pub(super) fn events(mode: Mode, headers: &HeaderMap, sent: &[u8]) -> Result<Sent, Problem> {
    match mode {
        Mode::Structured => Ok(Sent::One(with_data(body::json(sent)?))),
        Mode::Batch => {
            let events: Vec<Value> = body::json(sent)?;
            Ok(Sent::Batch(events.into_iter().map(with_data).collect()))
        }
        Mode::Binary => {
            let mut event = attributes(headers)?;
            if !sent.is_empty() {
                event.insert("data".into(), body::json(sent)?);
            }
            Ok(Sent::One(Value::Object(event)))
        }
    }
}

/// Data that was sent as base64 although it is JSON; anything else stays, and is refused as what it is.
fn with_data(mut event: Value) -> Value {
    let Value::Object(fields) = &mut event else { return event };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let is_data_json = text("datacontenttype").is_none_or(|of| is_json(&of.to_ascii_lowercase()));
    let data = text("data_base64").filter(|_| is_data_json).and_then(|encoded| {
        let bytes = STANDARD.decode(encoded).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    if let Some(data) = data {
        fields.remove("data_base64");
        fields.insert("data".into(), data);
    }
    event
}

fn attributes(headers: &HeaderMap) -> Result<Map<String, Value>, Problem> {
    let mut event = Map::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(PREFIX) else { continue };
        let decoded = decoded(value.as_bytes()).ok_or_else(|| {
            let detail = format!("the header `{PREFIX}{name}` is not percent-encoded UTF-8");
            Problem::bad_request("bad-attribute", "an attribute cannot be read", detail)
        })?;
        event.insert(name.to_owned(), decoded.into());
    }
    Ok(event)
}

/// The value of an attribute in a header: perhaps quoted, and percent-encoded where it is not plain ASCII.
fn decoded(value: &[u8]) -> Option<String> {
    let value = unquoted(value);
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let hex = match (first, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match hex {
            Some((high, low)) => {
                bytes.push(high.wrapping_mul(16).wrapping_add(low));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn unquoted(value: &[u8]) -> Vec<u8> {
    let [b'"', inner @ .., b'"'] = value else { return value.to_vec() };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut inner = inner.iter();
    while let Some(byte) = inner.next() {
        let escaped = if *byte == b'\\' { inner.next() } else { None };
        bytes.push(*escaped.unwrap_or(byte));
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn mode(pairs: &[(&'static str, &str)]) -> Result<Mode, &'static str> {
        Mode::of(&headers(pairs)).map_err(|problem| problem.code())
    }

    #[test]
    fn the_content_type_says_how_events_are_written_and_a_header_that_there_is_one() {
        let of = |value: &str| mode(&[("content-type", value)]);
        assert_eq!(of("application/cloudevents+json; charset=UTF-8"), Ok(Mode::Structured));
        assert_eq!(of("Application/CloudEvents-Batch+JSON"), Ok(Mode::Batch));
        for other in
            ["application/cloudevents+xml", "application/cloudevents", "application/json", "text/plain"]
        {
            assert_eq!(of(other), Err("unsupported-format"), "{other}");
        }
        let binary = |value: &str| mode(&[("content-type", value), ("ce-specversion", "1.0")]);
        assert_eq!(binary("application/json"), Ok(Mode::Binary));
        assert_eq!(binary("application/vnd.shop+json;v=1"), Ok(Mode::Binary));
        assert_eq!(binary("text/xml"), Err("unsupported-format"));
        assert_eq!(mode(&[("ce-specversion", "1.0")]), Ok(Mode::Binary));
        assert_eq!(mode(&[]), Err("unsupported-format"));
    }

    #[test]
    fn headers_are_attributes_and_the_body_is_the_data() {
        let headers = headers(&[
            ("ce-id", "1"),
            ("ce-source", "/a%20b"),
            ("ce-subject", "\"Euro \\\" %E2%82%AC\""),
            ("x", "y"),
        ]);
        assert_eq!(
            events(Mode::Binary, &headers, b"{\"a\": 1}").unwrap(),
            Sent::One(json!({"id": "1", "source": "/a b", "subject": "Euro \" €", "data": {"a": 1}}))
        );
        assert_eq!(
            events(Mode::Binary, &headers, b"").unwrap(),
            Sent::One(json!({"id": "1", "source": "/a b", "subject": "Euro \" €"}))
        );
    }

    #[test]
    fn what_only_looks_percent_encoded_stays_and_what_is_not_utf_8_is_refused() {
        assert_eq!(decoded(b"100%").as_deref(), Some("100%"));
        assert_eq!(decoded(b"%zz%4").as_deref(), Some("%zz%4"));
        assert_eq!(decoded(b"%FF"), None);
        assert_eq!(attributes(&headers(&[("ce-id", "%FF")])).unwrap_err().code(), "bad-attribute");
    }

    #[test]
    fn json_in_base64_is_data_and_other_bytes_stay_what_they_are() {
        let check = |of: Option<&str>, expected: Value| {
            let sent = json!({"datacontenttype": of, "data_base64": STANDARD.encode("{\"a\":1}")});
            let Value::Object(found) = with_data(sent) else { panic!("an object") };
            assert_eq!(found.get("data").cloned().unwrap_or_default(), expected, "{of:?}");
        };
        check(None, json!({"a": 1}));
        check(Some("application/json"), json!({"a": 1}));
        check(Some("image/png"), json!(null));
        assert_eq!(with_data(json!({"data_base64": "?"})), json!({"data_base64": "?"}));
    }

    #[test]
    fn a_batch_is_a_list() {
        let headers = HeaderMap::new();
        assert_eq!(
            events(Mode::Batch, &headers, b"[{\"id\":\"1\"},5]").unwrap(),
            Sent::Batch(vec![json!({"id": "1"}), json!(5)])
        );
        assert_eq!(events(Mode::Batch, &headers, b"{}").unwrap_err().code(), "wrong-shape");
        assert_eq!(events(Mode::Structured, &headers, b"{").unwrap_err().code(), "bad-json");
    }
}
