//! An experience event: something a person did, at an instant.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::limits::EVENT_ID_CHARACTERS_MAX;
use crate::time::{self, format_instant};
use crate::value::{Fields, Value, fields};

/// One event. `_id` and `timestamp` are kept beside the fields, never inside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The producer's id of the event: the key of deduplication, and the tie-break of equal timestamps.
    pub id: String,
    /// When it happened: milliseconds since the epoch, UTC.
    pub timestamp_ms: i64,
    /// Everything else, `eventType` included.
    pub fields: Fields,
}

/// Why fields are not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No `_id`, or not a text of 1 to [`EVENT_ID_CHARACTERS_MAX`] characters.
    #[error("`_id` should be a string of 1 to {EVENT_ID_CHARACTERS_MAX} characters")]
    Id,
    /// No `timestamp`, or none that can be read, or one that could not be read again from its text.
    #[error("`timestamp` should be a date-time (ISO 8601) or milliseconds since the epoch, found {found}")]
    Timestamp {
        /// What is there.
        found: &'static str,
    },
}

impl Event {
    /// Takes `_id` and `timestamp` out of XDM fields.
    pub fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let id = match fields.remove("_id") {
            Some(Value::String(id)) if (1..=EVENT_ID_CHARACTERS_MAX).contains(&id.chars().count()) => id,
            Some(_) | None => return Err(Error::Id),
        };
        let timestamp = fields.remove("timestamp").unwrap_or_default();
        let timestamp_ms = timestamp.as_instant_ms().ok_or(Error::Timestamp { found: timestamp.kind() })?;
        if !time::has_text(timestamp_ms) {
            return Err(Error::Timestamp { found: "an instant beyond the year 9999" });
        }
        Ok(Self { id, timestamp_ms, fields })
    }

    /// `eventType`
    pub fn event_type(&self) -> Option<&str> {
        self.fields.get("eventType").and_then(Value::as_str)
    }

    /// The key by which events of one profile are ordered: time, then id.
    pub fn order(&self) -> (i64, &str) {
        (self.timestamp_ms, &self.id)
    }

    /// XDM JSON, with `_id` and `timestamp`.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut json = fields::to_json(&self.fields);
        json.insert("_id".into(), self.id.as_str().into());
        json.insert("timestamp".into(), format_instant(self.timestamp_ms).into());
        json
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &serde_json::Value) -> Result<Event, Error> {
        Event::from_fields(fields::from_json(json.as_object().unwrap(), 16).unwrap())
    }

    #[test]
    fn an_event_is_read_and_written() {
        let json =
            json!({"_id": "e1", "timestamp": "2024-05-08T13:14:15.000Z", "eventType": "x", "a": {"b": 1}});
        let event = read(&json).unwrap();
        assert_eq!(event.event_type(), Some("x"));
        assert_eq!(serde_json::Value::Object(event.to_json()), json);
        assert_eq!(read(&json!({"_id": "e1", "timestamp": 5})).unwrap().timestamp_ms, 5);
    }

    #[test]
    fn an_event_without_id_or_time_is_refused() {
        assert_eq!(read(&json!({"timestamp": 5})), Err(Error::Id));
        assert_eq!(read(&json!({"_id": "", "timestamp": 5})), Err(Error::Id));
        assert_eq!(read(&json!({"_id": "x".repeat(1_000), "timestamp": 5})), Err(Error::Id));
        assert_eq!(read(&json!({"_id": "e"})), Err(Error::Timestamp { found: "null" }));
        assert_eq!(
            read(&json!({"_id": "e", "timestamp": "soon"})),
            Err(Error::Timestamp { found: "a string" })
        );
        assert_eq!(read(&json!({"_id": "e", "timestamp": 1.5})), Err(Error::Timestamp { found: "a number" }));
    }

    #[test]
    fn an_event_whose_time_could_not_be_read_again_is_refused() {
        let beyond = Err(Error::Timestamp { found: "an instant beyond the year 9999" });
        assert_eq!(read(&json!({"_id": "e", "timestamp": 8_888_888_888_888_888_877_i64})), beyond);
        assert_eq!(read(&json!({"_id": "e", "timestamp": 253_402_300_800_000_i64})), beyond);
        let last = read(&json!({"_id": "e", "timestamp": "9999-12-31T23:59:59.999Z"})).unwrap();
        assert_eq!(Event::from_fields(fields::from_json(&last.to_json(), 16).unwrap()), Ok(last));
    }
}
