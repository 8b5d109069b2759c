//! Spans as OTLP/JSON, version 1 of the protocol: ids in hexadecimal, times in nanoseconds as text. The whole of it is
//! this one message, a twentieth of what the SDK brings.

use serde_json::{Value, json};

use super::{Span, Stage};

/// `SpanKind` of the protocol.
const KIND_INTERNAL: u8 = 1;
const KIND_SERVER: u8 = 2;
const KIND_CLIENT: u8 = 3;
/// `Status.code` of the protocol.
const STATUS_OK: u8 = 1;
const STATUS_ERROR: u8 = 2;

/// An `ExportTraceServiceRequest`.
pub(super) fn request(spans: &[Span]) -> Value {
    let resource = json!({"attributes": [attribute("service.name", "acquaint"),
        attribute("service.version", env!("CARGO_PKG_VERSION"))]});
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "acquaint"}, "spans": spans}]}]})
}

fn span(span: &Span) -> Value {
    let kind = match span.stage {
        Stage::Accept => KIND_SERVER,
        Stage::Decide => KIND_INTERNAL,
        Stage::Deliver => KIND_CLIENT,
    };
    let position = attribute("acquaint.position", &span.position.to_string());
    let attributes = span.attributes.iter().map(|(name, value)| attribute(name, value));
    json!({
        "traceId": format!("{:032x}", span.trace()),
        "spanId": format!("{:016x}", span.id()),
        "parentSpanId": span.parent().map_or_else(String::new, |parent| format!("{parent:016x}")),
        "name": span.stage.name(),
        "kind": kind,
        "startTimeUnixNano": nanoseconds(span.start_ms),
        "endTimeUnixNano": nanoseconds(span.end_ms.max(span.start_ms)),
        "attributes": std::iter::once(position).chain(attributes).collect::<Vec<_>>(),
        "status": {"code": if span.failed { STATUS_ERROR } else { STATUS_OK }},
    })
}

fn attribute(name: &str, value: &str) -> Value {
    json!({"key": name, "value": {"stringValue": value}})
}

fn nanoseconds(ms: i64) -> String {
    (i128::from(ms) * 1_000_000).max(0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_the_protocol_wants_it() {
        let span = Span {
            position: 7,
            stage: Stage::Decide,
            which: String::new(),
            failed: false,
            start_ms: 1_514_764_800_000,
            end_ms: 1_514_764_800_002,
            attributes: vec![("acquaint.source", "web".into())],
        };
        let request = request(std::slice::from_ref(&span));
        let written = &request["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(written["traceId"].as_str().unwrap().len(), 32);
        assert_eq!(written["spanId"].as_str().unwrap().len(), 16);
        assert_eq!(written["startTimeUnixNano"], "1514764800000000000");
        assert_eq!(written["endTimeUnixNano"], "1514764800002000000");
        assert_eq!(
            written["attributes"][1],
            json!({"key": "acquaint.source", "value": {"stringValue": "web"}})
        );
        assert_eq!((&written["kind"], &written["status"]["code"]), (&json!(1), &json!(1)));
    }
}
