//! The event that says that a person was in an arm of an experiment: what a control plane counts arms by.

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};
use acquaint_core::wire::Offer;
use serde_json::json;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::proposition::{arm, scope_details};

/// Its `eventType`. The arm is in `_experience.decisioning.propositions[0].scopeDetails`, where displays have it too.
pub const EXPOSURE: &str = "decisioning.experimentExposure";

/// An exposure, and the arm by which it is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// A hash of the arm.
    pub arm: u64,
    /// The event.
    pub event: Event,
}

/// The exposure that proposing an offer is; absent if it is in no experiment. The event's id is of the arm, the person and
/// the bundle's version, so that it counts once wherever it is recorded.
pub fn exposure(offer: &Offer, person: &Identity, version: u64, now_ms: i64) -> Option<Exposure> {
    let arm = arm(offer.split.as_ref()?);
    let of = format!("{arm}\0{version}\0{}\0{}", person.namespace, person.id);
    let proposition =
        json!({ "id": offer.id, "scope": offer.scope, "scopeDetails": scope_details(offer, 1) });
    let decisioning = json!({ "decisioning": { "propositions": [proposition] } });
    // Made here, and so of no depth that could be refused.
    let decisioning = Value::from_json(&decisioning, VALUE_DEPTH_MAX).ok()?;
    let fields: Fields =
        [("eventType".to_owned(), Value::from(EXPOSURE)), ("_experience".to_owned(), decisioning)].into();
    let id = format!("exposure-{:032x}", xxh3_128(of.as_bytes()));
    Some(Exposure { arm: xxh3_64(arm.as_bytes()), event: Event { id, timestamp_ms: now_ms, fields } })
}
