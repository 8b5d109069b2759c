//! The policy by which fragments become one profile (`pql.md` section 5).

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Fragment;
use crate::id::DatasetId;
use crate::value::{Fields, Value, fields};

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

/// A merge policy. There is one for profiles; events are never in conflict, all of them are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergePolicy {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How attributes are merged.
    pub attribute_merge: AttributeMerge,
    /// How some attributes, by dotted path, are merged instead; the longer path decides for what is below it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, AttributeMerge>,
    /// Whether fragments of linked identities are joined (`pdg`) or not (`none`).
    #[serde(default = "yes")]
    pub stitch: bool,
    /// Whether audiences may be evaluated at the edge over profiles that were merged by it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub is_active_on_edge: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

impl Default for MergePolicy {
    /// Newest wins, identities are stitched.
    fn default() -> Self {
        Self {
            name: None,
            attribute_merge: AttributeMerge::TimestampOrdered,
            overrides: BTreeMap::new(),
            stitch: true,
            is_active_on_edge: true,
        }
    }
}

impl MergePolicy {
    /// Every way of merging it has, with the path it is for; the whole profile has none.
    pub fn merges(&self) -> impl Iterator<Item = (Option<&str>, &AttributeMerge)> {
        let overrides = self.overrides.iter().map(|(path, merge)| (Some(path.as_str()), merge));
        core::iter::once((None, &self.attribute_merge)).chain(overrides)
    }

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
        let mut merged = Fields::new();
        for fragment in self.attribute_merge.weakest_first(fragments) {
            fields::merge_patch(&mut merged, fragment.attributes.clone());
        }
        // A path comes before those below it.
        for (path, merge) in &self.overrides {
            override_at(&mut merged, path, merge, fragments);
        }
        merged
    }
}

/// Merges what is at a path anew.
fn override_at(merged: &mut Fields, path: &str, merge: &AttributeMerge, fragments: &[Fragment]) {
    let steps: Vec<&str> = path.split('.').collect();
    let mut at_path = Fields::new();
    for fragment in merge.weakest_first(fragments) {
        if let Some(value) = fields::get_path(&fragment.attributes, path) {
            let patch = Fields::from([(String::new(), value.clone())]);
            fields::merge_patch(&mut at_path, patch);
        }
    }
    fields::remove(merged, &steps);
    if let Some(value) = at_path.remove("").filter(|value| *value != Value::Null) {
        // Where a fragment that wins otherwise has no object on the way, there is nothing to put it into.
        let _no_object = fields::insert_path(merged, path, value);
    }
}

impl AttributeMerge {
    /// The fragments in the order in which each is laid over those before it.
    fn weakest_first<'a>(&self, fragments: &'a [Fragment]) -> Vec<&'a Fragment> {
        let mut weakest_first: Vec<&Fragment> = fragments.iter().collect();
        weakest_first.sort_by_key(|fragment| {
            (self.rank(&fragment.dataset), fragment.updated_ms, &fragment.dataset, &fragment.identity)
        });
        weakest_first
    }

    /// Larger is stronger; equal ranks are decided by time.
    fn rank(&self, dataset: &DatasetId) -> Reverse<usize> {
        match self {
            Self::TimestampOrdered => Reverse(0),
            Self::DataSetPrecedence { order } => {
                Reverse(order.iter().position(|listed| listed == dataset).unwrap_or(usize::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Identity;

    fn fragment(dataset: &str, updated_ms: i64, attributes: &serde_json::Value) -> Fragment {
        Fragment {
            dataset: dataset.into(),
            identity: Identity { namespace: "userId".into(), id: "1".into() },
            updated_ms,
            attributes: fields::from_json(attributes.as_object().unwrap(), 16).unwrap(),
        }
    }

    fn check(merge: AttributeMerge, fragments: &[Fragment], expected: &serde_json::Value) {
        check_policy(&MergePolicy { attribute_merge: merge, ..MergePolicy::default() }, fragments, expected);
    }

    fn check_policy(policy: &MergePolicy, fragments: &[Fragment], expected: &serde_json::Value) {
        let mut reversed = fragments.to_vec();
        reversed.reverse();
        for fragments in [fragments, &reversed] {
            let merged = fields::to_json(&policy.merge(fragments));
            assert_eq!(serde_json::Value::Object(merged), *expected);
        }
    }

    #[test]
    fn what_is_at_an_overridden_path_is_merged_its_own_way() {
        let policy = json!({
            "attributeMerge": {"type": "timestampOrdered"},
            "overrides": {
                "person": {"type": "dataSetPrecedence", "order": ["crm"]},
                "person.nick": {"type": "timestampOrdered"},
                "gone": {"type": "dataSetPrecedence", "order": ["crm"]},
            },
        });
        let policy: MergePolicy = serde_json::from_value(policy).unwrap();
        assert!(policy.stitch && policy.is_active_on_edge);
        let fragments = [
            fragment("crm", 1, &json!({"tier": "old", "person": {"name": "Ada", "nick": "A"}})),
            fragment("web", 2, &json!({"tier": "new", "person": {"name": "ada?", "nick": "Addy", "age": 3}})),
        ];
        let expected = json!({"tier": "new", "person": {"name": "Ada", "nick": "Addy", "age": 3}});
        check_policy(&policy, &fragments, &expected);
    }

    #[test]
    fn an_override_has_no_place_where_there_is_no_object() {
        let overrides = BTreeMap::from([(
            String::from("a.b"),
            AttributeMerge::DataSetPrecedence { order: alloc::vec!["x".into()] },
        )]);
        let policy = MergePolicy { overrides, ..MergePolicy::default() };
        let fragments = [fragment("x", 1, &json!({"a": {"b": 1}})), fragment("y", 2, &json!({"a": 7}))];
        check_policy(&policy, &fragments, &json!({"a": 7}));
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
