//! Request bodies: read with a limit, inflated with a limit, parsed by what they hold rather than by what the
//! `Content-Type` says (`ingest-api.md` section 1: three content types carry the same JSON).

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;

use super::timed_body::TooSlow;
use crate::problem::Problem;

/// Values of one body: read, each takes many times the two bytes that it may take as text.
const VALUES_MAX: usize = 1_000_000;
/// What an object counts for: with a single field it already takes a node that has room for eleven.
const OBJECT_VALUES: usize = 4;
/// The code of a body that is not JSON.
pub(crate) const BAD_JSON: &str = "bad-json";
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Reads a whole body of at most `bytes_max` bytes, before and after inflating.
pub(crate) async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let bytes = read_raw(headers, body, bytes_max).await?;
    inflate(headers, bytes.to_vec(), bytes_max)
}

/// Reads a body as it was sent.
pub(crate) async fn read_raw(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bytes_max) {
        return Err(too_large(bytes_max));
    }
    axum::body::to_bytes(body, bytes_max).await.map_err(|error| not_read(&error, bytes_max))
}

fn not_read(error: &axum::Error, bytes_max: usize) -> Problem {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<http_body_util::LengthLimitError>() {
            return too_large(bytes_max);
        }
        if let Some(slow) = cause.downcast_ref::<TooSlow>() {
            let title = "the body came too slowly";
            return Problem::new(StatusCode::REQUEST_TIMEOUT, "slow-body", title, slow.to_string());
        }
        source = cause.source();
    }
    Problem::bad_request(
        "bad-body",
        "the body did not arrive whole",
        "the connection ended before the body did",
    )
}

/// The rest of it is not read, so nothing else can come on this connection: the client has to know.
fn too_large(bytes_max: usize) -> Problem {
    let problem = Problem::too_large("the body", bytes_max, "bytes");
    problem.header(header::CONNECTION, HeaderValue::from_static("close"))
}

fn inflate(headers: &HeaderMap, bytes: Vec<u8>, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let encoding =
        headers.get(header::CONTENT_ENCODING).map_or(Ok(""), |value| value.to_str()).unwrap_or("?");
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" if !bytes.starts_with(&GZIP_MAGIC) => Ok(bytes),
        "" | "identity" | "gzip" | "x-gzip" => gunzip(&bytes, bytes_max),
        other => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-encoding",
            "the content encoding is not supported",
            format!("`{other}` is not one of `gzip`, `identity`"),
        )),
    }
}

/// Stops reading at the limit, so that a small body cannot become a large one.
fn gunzip(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let read = flate2::read::MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut inflated);
    if let Err(error) = read {
        return Err(Problem::bad_request("bad-gzip", "the body is not gzip", error.to_string()));
    }
    if inflated.len() > bytes_max {
        return Err(Problem::too_large("the inflated body", bytes_max, "bytes"));
    }
    Ok(inflated)
}

/// Refuses JSON, or lines of it, that would become far larger than it is.
pub(crate) fn not_too_many_values(bytes: &[u8]) -> Result<(), Problem> {
    // `{},` is the least text for what counts most.
    if bytes.len() / 3 * (OBJECT_VALUES + 1) < VALUES_MAX {
        return Ok(());
    }
    let (mut in_text, mut escaped, mut values) = (false, false, 0_usize);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' if !in_text => values = values.saturating_add(1),
            b'{' if !in_text => values = values.saturating_add(OBJECT_VALUES),
            _ => {}
        }
    }
    match values > VALUES_MAX {
        true => Err(Problem::too_large("the body", VALUES_MAX, "values")),
        false => Ok(()),
    }
}

/// Parses JSON; a failure says at which line and column, and which field if it is about one.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    not_too_many_values(bytes)?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        not_json(error.inner(), Some(path).filter(|path| path != "."))
    })?;
    deserializer.end().map_err(|error| not_json(&error, None))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error, path: Option<String>) -> Problem {
    let (code, title) = match error.classify() {
        serde_json::error::Category::Data => ("wrong-shape", "the body does not have the expected shape"),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => (BAD_JSON, "the body is not JSON"),
    };
    let problem = Problem::bad_request(code, title, error.to_string())
        .with("line", error.line())
        .with("column", error.column());
    match path {
        Some(path) => problem.with("field", path),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_inflated_with_and_without_its_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(inflate(&headers, gzip(b"{}"), 10).unwrap(), b"{}");
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(inflate(&headers, gzip(b"{}"), 10).unwrap(), b"{}");
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&vec![b' '; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(inflate(&HeaderMap::new(), bomb, 100_000).unwrap_err().code(), "too-large");
    }

    #[test]
    fn a_cut_gzip_and_an_unknown_encoding_are_refused() {
        let mut cut = gzip(b"{\"a\":1}");
        cut.truncate(12);
        assert_eq!(inflate(&HeaderMap::new(), cut, 100).unwrap_err().code(), "bad-gzip");
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "br".parse().unwrap());
        assert_eq!(inflate(&headers, b"{}".to_vec(), 100).unwrap_err().code(), "unsupported-encoding");
    }

    #[test]
    fn bad_json_is_named_with_its_place() {
        let problem = json::<serde_json::Value>(b"{\n  \"a\": }").unwrap_err();
        assert_eq!(problem.code(), "bad-json");
        assert!(problem.detail().contains("line 2 column 8"), "{}", problem.detail());
    }

    #[test]
    fn values_are_counted_and_what_texts_say_is_not() {
        let check = |body: String, expected: Option<&str>| {
            let refused = not_too_many_values(body.as_bytes()).err();
            assert_eq!(refused.map(|problem| problem.code()), expected);
        };
        check(format!("[{}0]", "0,".repeat(VALUES_MAX)), Some("too-large"));
        check("[".repeat(2 * VALUES_MAX + 1), Some("too-large"));
        check(format!("[{}0]", "{\"a\":1},".repeat(VALUES_MAX / 4)), Some("too-large"));
        check(format!("[{}0]", "{\"a\":1},".repeat(VALUES_MAX / 5 - 1)), None);
        check(format!("[{}0]", "0, ".repeat(VALUES_MAX - 1)), None);
        check(format!("[\"\\\"{}\"]", ",".repeat(3 * VALUES_MAX)), None);
    }

    #[test]
    fn trailing_text_and_endless_nesting_are_refused() {
        assert_eq!(json::<serde_json::Value>(b"{} x").unwrap_err().code(), "bad-json");
        assert_eq!(json::<serde_json::Value>(&vec![b'['; 100_000]).unwrap_err().code(), "bad-json");
    }
}
