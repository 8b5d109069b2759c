//! Fragments, and the policy by which they become one profile (`pql.md` section 5).

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::id::DatasetId;
use crate::value::{Fields, fields};

/// The attributes that one dataset holds for one primary identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Where the attributes came from.
    pub dataset: DatasetId,
    /// The primary identity they were sent for.
    pub identity: Identity,
    /// When they were last written: milliseconds since the epoch, UTC.
    pub updated_ms: i64,
    /// The attributes.
    pub attributes: Fields,
}

/// How one value is chosen when fragments disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum AttributeMerge {
    /// The newest fragment that has the attribute wins; ties go to the later dataset id.
    TimestampOrdered,
    /// The first dataset of the list that has the attribute wins; unlisted datasets come last, newest first.
    DataSetPrecedence {
        /// Highest precedence first.
        order: Vec<DatasetId>,
    },
}

/// A merge policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MergePolicy {
    /// How attributes are merged.
    pub attribute_merge: AttributeMerge,
    /// Whether fragments of linked identities are joined (`pdg`) or not (`none`).
    pub stitch: bool,
}

impl Default for MergePolicy {
    /// Newest wins, identities are stitched.
    fn default() -> Self {
        Self { attribute_merge: AttributeMerge::TimestampOrdered, stitch: true }
    }
}

impl MergePolicy {
    /// The attributes of the profile that has these fragments. Objects are merged field by field; anything else is one
    /// value. A single fragment is lent as it is.
    pub fn merge<'a>(&self, fragments: &'a [Fragment]) -> Cow<'a, Fields> {
        match fragments {
            [] => Cow::Owned(Fields::new()),
            [only] => Cow::Borrowed(&only.attributes),
            several => Cow::Owned(self.merge_several(several)),
        }
    }

    fn merge_several(&self, fragments: &[Fragment]) -> Fields {
        let mut weakest_first: Vec<&Fragment> = fragments.iter().collect();
        weakest_first.sort_by_key(|fragment| {
            (self.rank(&fragment.dataset), fragment.updated_ms, &fragment.dataset, &fragment.identity)
        });
        let mut merged = Fields::new();
        for fragment in weakest_first {
            fields::merge_patch(&mut merged, fragment.attributes.clone());
        }
        merged
    }

    /// Larger is stronger; equal ranks are decided by time.
    fn rank(&self, dataset: &DatasetId) -> Reverse<usize> {
        match &self.attribute_merge {
            AttributeMerge::TimestampOrdered => Reverse(0),
            AttributeMerge::DataSetPrecedence { order } => {
                Reverse(order.iter().position(|listed| listed == dataset).unwrap_or(usize::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fragment(dataset: &str, updated_ms: i64, attributes: &serde_json::Value) -> Fragment {
        Fragment {
            dataset: dataset.into(),
            identity: Identity { namespace: "userId".into(), id: "1".into() },
            updated_ms,
            attributes: fields::from_json(attributes.as_object().unwrap(), 16).unwrap(),
        }
    }

    fn check(merge: AttributeMerge, fragments: &[Fragment], expected: &serde_json::Value) {
        let policy = MergePolicy { attribute_merge: merge, stitch: true };
        let mut reversed = fragments.to_vec();
        reversed.reverse();
        for fragments in [fragments, &reversed] {
            let merged = fields::to_json(&policy.merge(fragments));
            assert_eq!(serde_json::Value::Object(merged), *expected);
        }
    }

    #[test]
    fn the_newest_fragment_that_has_the_attribute_wins() {
        let fragments = [
            fragment("a", 2, &json!({"x": 1, "person": {"first": "Ada"}})),
            fragment("b", 1, &json!({"x": 2, "y": 3, "person": {"first": "A", "last": "L"}})),
        ];
        let expected = json!({"x": 1, "y": 3, "person": {"first": "Ada", "last": "L"}});
        check(AttributeMerge::TimestampOrdered, &fragments, &expected);
    }

    #[test]
    fn ties_go_to_the_later_dataset() {
        let fragments = [fragment("a", 1, &json!({"x": 1})), fragment("b", 1, &json!({"x": 2}))];
        check(AttributeMerge::TimestampOrdered, &fragments, &json!({"x": 2}));
    }

    #[test]
    fn listed_datasets_win_in_order_and_unlisted_ones_come_last() {
        let order = alloc::vec!["a".into(), "b".into()];
        let fragments = [
            fragment("a", 1, &json!({"x": "a"})),
            fragment("b", 2, &json!({"x": "b", "y": "b"})),
            fragment("c", 3, &json!({"x": "c", "y": "c", "z": "c"})),
            fragment("d", 4, &json!({"z": "d"})),
        ];
        let expected = json!({"x": "a", "y": "b", "z": "d"});
        check(AttributeMerge::DataSetPrecedence { order }, &fragments, &expected);
    }

    #[test]
    fn no_fragment_is_no_attribute() {
        check(AttributeMerge::TimestampOrdered, &[], &json!({}));
    }
}
