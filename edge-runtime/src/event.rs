//! From the XDM that a client sent to an event that can be folded and forwarded.

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::Event;
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, Value, fields};
use serde_json::Map;

use crate::limits;
use crate::problem::Problem;

/// Where and when an event was received.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The request it came in.
    pub request_id: &'a str,
    /// Its place there.
    pub index: usize,
    /// The instant: milliseconds since the epoch, UTC.
    pub now_ms: i64,
    /// `meta.queueTimeMillis`, if the client says it.
    pub queue_time_ms: Option<i64>,
}

/// Reads one event. `None` if it says nothing but who it is about: a look-up, not an event. `data` beside `xdm` is not
/// part of an event.
pub fn read(xdm: &Map<String, serde_json::Value>, receipt: Receipt<'_>) -> Result<Option<Event>, Problem> {
    let index = receipt.index;
    let mut fields: Fields = fields::from_json(xdm, VALUE_DEPTH_MAX).map_err(|error| Problem::Invalid {
        field: format!("events[{index}].xdm"),
        detail: error.to_string(),
    })?;
    let id = match fields.remove("_id") {
        Some(Value::String(id)) if !id.is_empty() => id,
        Some(Value::String(_)) | None => format!("{}:{index}", receipt.request_id),
        Some(other) => {
            return Err(Problem::Field(format!(
                "`events[{index}].xdm._id` is {} and not a string",
                other.kind()
            )));
        }
    };
    if id.chars().count() > limits::EVENT_ID_CHARACTERS_MAX {
        return Err(Problem::Invalid {
            field: format!("events[{index}].xdm._id"),
            detail: format!("longer than the {} characters allowed", limits::EVENT_ID_CHARACTERS_MAX),
        });
    }
    let sent_ms = match fields.remove("timestamp") {
        Some(Value::String(text)) => Some(parse_instant(&text).ok_or_else(|| Problem::Invalid {
            field: format!("events[{index}].xdm.timestamp"),
            detail: format!("`{}` is not a date-time", text.chars().take(60).collect::<String>()),
        })?),
        Some(other) => {
            let detail = format!("`events[{index}].xdm.timestamp` is {} and not a string", other.kind());
            return Err(Problem::Field(detail));
        }
        None => None,
    };
    if fields.is_empty() {
        return Ok(None);
    }
    if let Some(other) = fields.get("eventType").filter(|value| value.as_str().is_none()) {
        return Err(Problem::Field(format!(
            "`events[{index}].xdm.eventType` is {} and not a string",
            other.kind()
        )));
    }
    Ok(Some(Event { id, timestamp_ms: timestamp(sent_ms, receipt), fields }))
}

/// When it happened. A client that says how long the event waited has a clock we can correct: if it is off by more
/// than the tolerance, the event happened that long before it arrived. A timestamp without that (a server's) stands,
/// unless it is in the future.
fn timestamp(sent_ms: Option<i64>, receipt: Receipt<'_>) -> i64 {
    let waited_ms = receipt.queue_time_ms.unwrap_or(0).clamp(0, limits::QUEUE_TIME_MS_MAX);
    let arrived_ms = receipt.now_ms.saturating_sub(waited_ms);
    match sent_ms {
        None => arrived_ms,
        Some(sent_ms) => {
            let skew_ms = sent_ms.saturating_sub(arrived_ms).saturating_abs();
            let corrected = receipt.queue_time_ms.is_some() && skew_ms > limits::CLOCK_SKEW_MS_MAX;
            if corrected || sent_ms > receipt.now_ms { arrived_ms } else { sent_ms }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000_000; // 2023-11-14T22:13:20Z

    fn read_json(json: &serde_json::Value, queue_time_ms: Option<i64>) -> Result<Option<Event>, Problem> {
        let receipt = Receipt { request_id: "r", index: 2, now_ms: NOW, queue_time_ms };
        read(json.as_object().unwrap(), receipt)
    }

    fn check_time(timestamp: Option<&str>, queue_time_ms: Option<i64>, expected_before_now_ms: i64) {
        let json = json!({"eventType": "x", "timestamp": timestamp});
        let event = read_json(&json, queue_time_ms).unwrap().unwrap();
        assert_eq!(NOW - event.timestamp_ms, expected_before_now_ms, "{timestamp:?} {queue_time_ms:?}");
    }

    #[test]
    fn a_clock_that_is_off_is_corrected_by_the_time_of_arrival() {
        check_time(None, Some(1_500), 1_500);
        check_time(Some("2023-11-14T22:13:18Z"), Some(1_500), 2_000);
        check_time(Some("2023-11-14T21:13:18Z"), Some(1_500), 1_500);
        check_time(Some("2026-11-14T21:13:18Z"), Some(1_500), 1_500);
        check_time(Some("2026-11-14T21:13:18Z"), Some(-5), 0);
        check_time(Some("2026-11-14T21:13:18Z"), Some(i64::MAX), 300_000);
    }

    #[test]
    fn a_server_may_send_the_past_and_not_the_future() {
        check_time(Some("2023-11-13T22:13:20Z"), None, 24 * 3_600_000);
        check_time(Some("2023-11-15T22:13:20Z"), None, 0);
    }

    #[test]
    fn the_id_is_the_clients_or_that_of_the_request_and_its_place() {
        let event = read_json(&json!({"_id": "mine", "eventType": "x", "n": null}), None).unwrap().unwrap();
        assert_eq!(event.id, "mine");
        assert_eq!(event.fields.keys().collect::<Vec<_>>(), ["eventType"]);
        assert_eq!(read_json(&json!({"eventType": "x"}), None).unwrap().unwrap().id, "r:2");
    }

    #[test]
    fn an_event_that_says_nothing_is_a_look_up() {
        assert_eq!(read_json(&json!({"timestamp": "2023-11-14"}), None), Ok(None));
    }

    #[test]
    fn wrong_types_say_where() {
        let problem = |json: serde_json::Value| read_json(&json, None).unwrap_err().to_string();
        assert!(problem(json!({"_id": 5})).contains("`events[2].xdm._id` is an integer"));
        assert!(problem(json!({"timestamp": "yesterday"})).contains("`yesterday` is not a date-time"));
        assert!(problem(json!({"eventType": {}})).contains("eventType"));
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!([deep]);
        }
        assert!(problem(json!({"a": deep})).contains("nested deeper"));
    }
}
