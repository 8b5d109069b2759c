//! What policies say of a marketing action beforehand: of labels, or of datasets and fields of theirs.

use std::collections::BTreeSet;

use acquaint_store::catalog::governance::{ActionRef, PolicyStatus};
use acquaint_store::catalog::{Catalog, Policy};
use serde::Deserialize;
use serde_json::{Value, json};

use super::labels::{Labelled, LabelledDataset, steps_of};
use crate::problem::Problem;

/// Where the routes are, and where references point.
pub(crate) const PATH: &str = "/data/foundation/dulepolicy";
/// What an entity can be.
const DATASET: &str = "dataSet";
const ENTITIES_MAX: usize = 1_000;
const LABELS_MAX: usize = 1_000;

/// One question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub catalog: &'a Catalog,
    pub action: &'a ActionRef,
    /// Whether policies that are not kept yet are asked as well.
    pub include_draft: bool,
    pub now_ms: i64,
}

/// A dataset, and perhaps only some fields of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entity {
    entity_type: String,
    entity_id: String,
    #[serde(default)]
    entity_meta: Meta,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    #[serde(default)]
    fields: Option<Vec<String>>,
}

impl Question<'_> {
    /// What is violated where these labels are.
    pub(crate) fn of_labels(&self, labels: &[String]) -> Result<Value, Problem> {
        self.known_action()?;
        not_too_many("labels", labels.len(), LABELS_MAX)?;
        if let Some(unknown) = labels.iter().find(|label| !self.catalog.has_label(label)) {
            return Err(Problem::bad_request(
                "unknown-label",
                "there is no such label",
                format!("there is no label `{unknown}`"),
            ));
        }
        Ok(self.answer(labels.iter().map(String::as_str).collect(), None))
    }

    /// What is violated by the labels of these datasets.
    pub(crate) fn of_entities(&self, entities: &[Entity]) -> Result<Value, Problem> {
        self.known_action()?;
        not_too_many("the list", entities.len(), ENTITIES_MAX)?;
        let labelled = Labelled::of(self.catalog);
        let found = entities.iter().map(|entity| discover(&labelled, entity));
        let found = found.collect::<Result<Vec<Discovered>, Problem>>()?;
        let labels = found.iter().flat_map(Discovered::labels).collect();
        Ok(self.answer(labels, Some(found.iter().map(Discovered::shown).collect())))
    }

    fn known_action(&self) -> Result<(), Problem> {
        match self.catalog.has_action(self.action) {
            true => Ok(()),
            false => Err(Problem::not_found("marketing action", &self.action.to_string())),
        }
    }

    fn answer(&self, labels: BTreeSet<&str>, discovered: Option<Vec<Value>>) -> Value {
        let asked = self.catalog.policies.values().filter(|policy| match policy.status {
            PolicyStatus::Enabled => true,
            PolicyStatus::Draft => self.include_draft,
            PolicyStatus::Disabled => false,
        });
        let violated = asked.filter(|policy| {
            policy.marketing_action_refs.contains(self.action) && policy.deny.holds(&labels)
        });
        let mut answer = json!({
            "timestamp": self.now_ms,
            "marketingActionRef": reference(self.action),
            "duleLabels": labels,
            "violatedPolicies": violated.map(shown).collect::<Vec<_>>(),
        });
        if let (Some(discovered), Value::Object(answer)) = (discovered, &mut answer) {
            answer.insert("discoveredLabels".into(), Value::Array(discovered));
        }
        answer
    }
}

fn not_too_many(what: &str, count: usize, max: usize) -> Result<(), Problem> {
    match count > max {
        true => Err(Problem::too_large(what, max, "items")),
        false => Ok(()),
    }
}

/// The address of an action.
pub(crate) fn reference(action: &ActionRef) -> String {
    format!("{PATH}/marketingActions/{action}")
}

/// A policy as it is answered.
pub(crate) fn shown(policy: &Policy) -> Value {
    let mut shown = json!(policy);
    if let Value::Object(fields) = &mut shown {
        let references: Vec<String> = policy.marketing_action_refs.iter().map(reference).collect();
        fields.insert("marketingActionRefs".into(), json!(references));
        let href = format!("{PATH}/policies/custom/{}", policy.id);
        fields.insert("_links".into(), json!({"self": {"href": href}}));
    }
    shown
}

/// The labels of a dataset, or of the fields of it that were asked for.
struct Discovered<'a> {
    dataset: &'a LabelledDataset,
    fields: Vec<(Vec<String>, BTreeSet<&'a str>)>,
}

fn discover<'a>(labelled: &'a Labelled, entity: &Entity) -> Result<Discovered<'a>, Problem> {
    let Entity { entity_type, entity_id, entity_meta } = entity;
    if !entity_type.eq_ignore_ascii_case(DATASET) {
        let detail = format!("an entity is a `{DATASET}`, not `{entity_type}`");
        return Err(Problem::bad_request("unsupported", "this entity has no labels", detail)
            .with("field", "entityType"));
    }
    let dataset = labelled.datasets.iter().find(|dataset| dataset.id == *entity_id);
    let dataset = dataset.ok_or_else(|| Problem::not_found("dataset", entity_id))?;
    let own = |labels: &'a [String]| labels.iter().map(String::as_str);
    let fields = match &entity_meta.fields {
        None => dataset.fields.iter().map(|(path, labels)| (path.clone(), own(labels).collect())).collect(),
        Some(wanted) => {
            not_too_many("fields", wanted.len(), ENTITIES_MAX)?;
            let mut found = Vec::new();
            for path in wanted {
                let steps = steps_of(path);
                if !dataset.has(&steps) {
                    let detail = format!("dataset `{entity_id}` has no field `{path}`");
                    return Err(Problem::bad_request("unknown-field", "there is no such field", detail));
                }
                let with = dataset
                    .fields
                    .iter()
                    .filter(|(at, _)| steps.starts_with(at) || at.starts_with(&steps))
                    .flat_map(|(_, labels)| own(labels));
                found.push((steps.clone(), with.collect()));
            }
            found
        }
    };
    Ok(Discovered { dataset, fields })
}

impl<'a> Discovered<'a> {
    fn labels(&self) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter().flat_map(|(_, labels)| labels.iter().copied());
        self.dataset.labels.iter().map(String::as_str).chain(fields)
    }

    fn shown(&self) -> Value {
        let field = |(path, labels): &(Vec<String>, BTreeSet<&str>)| {
            let pointer: String = path.iter().map(|step| format!("/properties/{}", escaped(step))).collect();
            json!({"path": pointer, "labels": labels})
        };
        json!({
            "entityType": DATASET,
            "entityId": self.dataset.id,
            "dataSetLabels": {
                // A connection has none here.
                "connection": {"labels": []},
                "dataSet": {"labels": self.dataset.labels},
                "fields": self.fields.iter().map(field).collect::<Vec<_>>(),
            },
        })
    }
}

fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalog;
    use super::*;

    fn documents() -> Catalog {
        let policy = |id: &str, status: &str, deny: Value| {
            json!({"kind": "policy", "id": id, "name": id, "status": status, "deny": deny,
                "marketingActionRefs": ["../marketingActions/custom/telesales"]})
        };
        let both = json!({"operator": "AND", "operands": [{"label": "C4"}, {"label": "C6"}]});
        catalog(&[
            json!({"kind": "marketingAction", "id": "telesales"}),
            policy("both", "ENABLED", both),
            policy("later", "DRAFT", json!({"label": "C6"})),
            policy("off", "DISABLED", json!({"label": "C6"})),
            json!({"kind": "schema", "id": "person", "class": "profile",
                "labels": {"home": ["C4"], "home.street": ["I1"], "phone": ["C5"]},
                "properties": {"phone": {"type": "string"}, "home": {"type": "object",
                    "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}}}),
            json!({"kind": "dataset", "id": "people", "schema": "person", "labels": ["C6"]}),
        ])
    }

    fn ask(
        include_draft: bool,
        ask: impl Fn(&Question<'_>) -> Result<Value, Problem>,
    ) -> Result<Value, Problem> {
        let action = ActionRef::try_from("custom/telesales".to_owned()).unwrap();
        ask(&Question { catalog: &documents(), action: &action, include_draft, now_ms: 7 })
    }

    fn violated(answer: &Value) -> Vec<&str> {
        answer["violatedPolicies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|policy| policy["id"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn labels_are_held_against_the_policies_of_the_action() {
        let check = |labels: &[&str], include_draft: bool, expected: &[&str]| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            let answer = ask(include_draft, |question| question.of_labels(&labels)).unwrap();
            assert_eq!(violated(&answer), expected, "{labels:?}");
        };
        check(&["C4"], false, &[]);
        check(&["C4", "C6"], false, &["both"]);
        check(&["C6"], false, &[]);
        check(&["C6"], true, &["later"]);
    }

    #[test]
    fn datasets_and_fields_say_their_labels() {
        let check = |fields: Value, labels: Value, shown: Value, expected: &[&str]| {
            let entities: Vec<Entity> = serde_json::from_value(
                json!([{"entityType": "dataSet", "entityId": "people", "entityMeta": {"fields": fields}}]),
            )
            .unwrap();
            let answer = ask(false, |question| question.of_entities(&entities)).unwrap();
            assert_eq!(answer["duleLabels"], labels);
            assert_eq!(answer["discoveredLabels"][0]["dataSetLabels"]["fields"], shown);
            assert_eq!(violated(&answer), expected);
        };
        let (home, street) = ("/properties/home", "/properties/home/properties/street");
        check(
            Value::Null,
            json!(["C4", "C5", "C6", "I1"]),
            json!([{"path": home, "labels": ["C4"]}, {"path": street, "labels": ["I1"]},
                {"path": "/properties/phone", "labels": ["C5"]}]),
            &["both"],
        );
        check(
            json!(["/properties/phone"]),
            json!(["C5", "C6"]),
            json!([{"path": "/properties/phone", "labels": ["C5"]}]),
            &[],
        );
        check(
            json!(["home.city"]),
            json!(["C4", "C6"]),
            json!([{"path": "/properties/home/properties/city", "labels": ["C4"]}]),
            &["both"],
        );
        check(
            json!(["/home"]),
            json!(["C4", "C6", "I1"]),
            json!([{"path": home, "labels": ["C4", "I1"]}]),
            &["both"],
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        let refused = |entity: Value| {
            let entities: Vec<Entity> = serde_json::from_value(json!([entity])).unwrap();
            ask(false, |question| question.of_entities(&entities)).unwrap_err().code()
        };
        assert_eq!(refused(json!({"entityType": "connection", "entityId": "people"})), "unsupported");
        assert_eq!(refused(json!({"entityType": "dataSet", "entityId": "nobody"})), "not-found");
        let fields = json!({"fields": ["Phone"]});
        assert_eq!(
            refused(json!({"entityType": "dataSet", "entityId": "people", "entityMeta": fields})),
            "unknown-field"
        );
        let labels = ["C99".to_owned()];
        assert_eq!(ask(false, |question| question.of_labels(&labels)).unwrap_err().code(), "unknown-label");
    }
}
