//! Fragments: what one dataset knows of one identity (`pql.md` section 5).

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::id::DatasetId;
use crate::value::{Fields, fields};

/// The field by which a record says when its source last changed it.
pub const LAST_UPDATED_PATH: &str = "extSourceSystemAudit.lastUpdatedDate";

/// The attributes that one dataset holds for one primary identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Where the attributes came from.
    pub dataset: DatasetId,
    /// The primary identity they were sent for.
    pub identity: Identity,
    /// When they were last updated: milliseconds since the epoch, UTC. At the source, where records say so.
    pub updated_ms: i64,
    /// The attributes.
    pub attributes: Fields,
}

impl Fragment {
    /// What one record says. It was updated when it came in, or earlier if it says so itself
    /// ([`LAST_UPDATED_PATH`]); nobody can have updated it later.
    pub fn of_record(dataset: DatasetId, identity: Identity, attributes: Fields, received_ms: i64) -> Self {
        let said_ms = fields::get_path(&attributes, LAST_UPDATED_PATH).and_then(|said| said.as_instant_ms());
        let updated_ms = said_ms.map_or(received_ms, |said_ms| said_ms.min(received_ms));
        Self { dataset, identity, updated_ms, attributes }
    }

    /// Whether another fragment is of the same dataset and identity.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.dataset == other.dataset && self.identity == other.identity
    }

    /// Takes in a further record of the same dataset and identity. A newer one is laid over what is known (`Null` removes);
    /// one that was updated before that only adds what is not known.
    pub fn take_in(&mut self, record: Self) {
        if record.updated_ms < self.updated_ms {
            fields::add_missing(&mut self.attributes, record.attributes);
            return;
        }
        self.updated_ms = record.updated_ms;
        fields::merge_patch(&mut self.attributes, record.attributes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn record(received_ms: i64, attributes: &Json) -> Fragment {
        let identity = Identity { namespace: "crm".into(), id: "1".into() };
        let attributes = fields::patch_from_json(attributes.as_object().unwrap(), 16).unwrap();
        Fragment::of_record("people".into(), identity, attributes, received_ms)
    }

    fn check(records: &[(i64, Json)], updated_ms: i64, expected: &Json) {
        let mut fragment = record(i64::MIN, &json!({}));
        for (received_ms, attributes) in records {
            fragment.take_in(record(*received_ms, attributes));
        }
        let mut attributes = fields::to_json(&fragment.attributes);
        attributes.remove("extSourceSystemAudit");
        assert_eq!((fragment.updated_ms, Json::Object(attributes)), (updated_ms, expected.clone()));
    }

    fn said(at: &str, mut attributes: Json) -> Json {
        attributes["extSourceSystemAudit"] = json!({"lastUpdatedDate": at});
        attributes
    }

    #[test]
    fn a_newer_record_is_laid_over_what_is_known() {
        check(&[(5, json!({"x": 1, "y": 2})), (6, json!({"x": 3, "y": null}))], 6, &json!({"x": 3}));
    }

    #[test]
    fn a_record_that_its_source_updated_earlier_only_adds_what_is_not_known() {
        let newer = said("1970-01-01T00:00:08Z", json!({"x": 1, "person": {"first": "Ada"}}));
        let older =
            said("1970-01-01T00:00:03Z", json!({"x": 2, "y": 3, "person": {"first": "A", "last": "L"}}));
        let expected = json!({"x": 1, "y": 3, "person": {"first": "Ada", "last": "L"}});
        check(&[(9_000, newer), (9_001, older)], 8_000, &expected);
    }

    #[test]
    fn nothing_was_updated_after_it_came_in() {
        check(&[(5, said("9999-01-01T00:00:00Z", json!({"x": 1})))], 5, &json!({"x": 1}));
        check(
            &[(5, json!({"x": 1, "extSourceSystemAudit": {"lastUpdatedDate": "soon"}}))],
            5,
            &json!({"x": 1}),
        );
    }
}
