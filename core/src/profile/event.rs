//! An experience event: something a person did, at an instant.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::value::Fields;

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
