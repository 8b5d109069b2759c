//! Labels, marketing actions and policies: what is named must be there. Whether a use of data is allowed is another
//! question (`crate::governance`).

use acquaint_store::catalog::governance::{CORE_LABELS, SEGMENT_MEMBERSHIP};
use acquaint_store::catalog::{ActionRef, Catalog, Policy, Schema};

use super::{Finding, Kind, Subject};
use crate::governance::has_field;

/// Trees of a policy that lie in each other.
const DENY_DEPTH_MAX: usize = 16;
/// Labels that a policy names.
const DENY_LABELS_MAX: usize = 200;

/// Everything that does not fit.
pub(super) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut checker = Checker { catalog, findings: Vec::new() };
    for id in catalog.labels.keys().filter(|id| CORE_LABELS.iter().any(|label| label.name == *id)) {
        let message = format!("`{id}` is a label that everybody has");
        checker.find(&Subject::new(Kind::Label, id), "/id", "not-unique", message);
    }
    for (id, policy) in &catalog.policies {
        checker.policy(&Subject::new(Kind::Policy, id), policy);
    }
    for (id, schema) in &catalog.schemas {
        checker.fields(&Subject::new(Kind::Schema, id), schema);
    }
    for (id, dataset) in &catalog.datasets {
        checker.labels(&Subject::new(Kind::Dataset, id), "/labels", &dataset.labels);
    }
    for (id, external) in catalog.externals() {
        let subject = Subject::new(Kind::Audience, id);
        checker.labels(&subject, "/external/labels", &external.labels);
        for (index, field) in external.fields.iter().enumerate() {
            checker.labels(&subject, &format!("/external/fields/{index}/labels"), &field.labels);
        }
    }
    for (id, destination) in &catalog.destinations {
        let subject = Subject::new(Kind::Destination, id);
        checker.actions(&subject, "/marketingActions", &destination.marketing_actions);
    }
    for (id, dataflow) in &catalog.dataflows {
        checker.actions(&Subject::new(Kind::Dataflow, id), "/marketingActions", &dataflow.marketing_actions);
    }
    checker.findings
}

struct Checker<'a> {
    catalog: &'a Catalog,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn find(&mut self, subject: &Subject, pointer: &str, code: &str, message: impl Into<String>) {
        self.findings.push(Finding::about(subject, pointer, code, message));
    }

    fn policy(&mut self, subject: &Subject, policy: &Policy) {
        if policy.name.trim().is_empty() {
            self.find(subject, "/name", "missing-field", "a policy needs a name");
        }
        if policy.marketing_action_refs.is_empty() {
            let message = "a policy is about at least one marketing action";
            self.find(subject, "/marketingActionRefs", "missing-field", message);
        }
        self.actions(subject, "/marketingActionRefs", &policy.marketing_action_refs);
        if policy.deny.has_empty() {
            self.find(subject, "/deny", "bad-policy", "an operator has at least one operand");
        }
        if policy.deny.depth() > DENY_DEPTH_MAX {
            let message = format!("at most {DENY_DEPTH_MAX} conditions lie in each other");
            self.find(subject, "/deny", "too-deep", message);
        }
        let labels = policy.deny.labels();
        if labels.len() > DENY_LABELS_MAX {
            self.find(
                subject,
                "/deny",
                "too-many",
                format!("a policy names at most {DENY_LABELS_MAX} labels"),
            );
            return;
        }
        for label in labels {
            self.label(subject, "/deny", label);
        }
    }

    fn fields(&mut self, subject: &Subject, schema: &Schema) {
        for (path, labels) in &schema.labels {
            let pointer = format!("/labels/{}", path.replace('~', "~0").replace('/', "~1"));
            if path.split('.').next() == Some(SEGMENT_MEMBERSHIP) {
                self.find(subject, &pointer, "unsupported", "memberships carry the labels of their rules");
            } else if !has_field(schema, path) {
                self.find(subject, &pointer, "unknown-field", format!("the schema has no field `{path}`"));
            }
            self.labels(subject, &pointer, labels);
        }
    }

    fn labels(&mut self, subject: &Subject, pointer: &str, labels: &[String]) {
        for (index, label) in labels.iter().enumerate() {
            self.label(subject, &format!("{pointer}/{index}"), label);
        }
    }

    fn label(&mut self, subject: &Subject, pointer: &str, label: &str) {
        if !self.catalog.has_label(label) {
            let finding = Finding::about(
                subject,
                pointer,
                "dangling-reference",
                format!("there is no label `{label}`"),
            );
            let help =
                "labels are `C1` to `C12`, `I1`, `I2`, `S1`, `S2`, `PSPD`, `RHD`, and those of `kind: label`";
            self.findings.push(finding.with_help(help));
        }
    }

    fn actions(&mut self, subject: &Subject, pointer: &str, actions: &[ActionRef]) {
        for (index, action) in actions.iter().enumerate() {
            if !self.catalog.has_action(action) {
                let message = format!("there is no marketing action `{action}`");
                let finding =
                    Finding::about(subject, &format!("{pointer}/{index}"), "dangling-reference", message);
                let help =
                    "`core/NAME` is one that everybody has, `custom/NAME` one of `kind: marketingAction`";
                self.findings.push(finding.with_help(help));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decode::put_all;
    use super::*;

    fn check(document: Value, expected: &[(&str, &str)]) {
        let mut catalog = Catalog::default();
        let documents = [
            json!({"kind": "label", "id": "loyalty"}),
            json!({"kind": "marketingAction", "id": "telesales"}),
            document,
        ];
        put_all(&mut catalog, &documents, 1).unwrap();
        let found = super::check(&catalog);
        let found: Vec<_> = found.iter().map(|found| (found.pointer.as_str(), found.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn policy(references: &[&str], deny: Value) -> Value {
        json!({"kind": "policy", "id": "p", "name": "P", "marketingActionRefs": references, "deny": deny})
    }

    #[test]
    fn a_policy_names_labels_and_actions_that_are_there() {
        check(policy(&["custom/telesales", "core/emailTargeting"], json!({"label": "loyalty"})), &[]);
        check(
            policy(
                &["core/telesales"],
                json!({"operator": "OR", "operands": [{"label": "C1"}, {"label": "C13"}]}),
            ),
            &[("/marketingActionRefs/0", "dangling-reference"), ("/deny", "dangling-reference")],
        );
        check(policy(&[], json!({"label": "C1"})), &[("/marketingActionRefs", "missing-field")]);
        let empty = json!({"operator": "OR", "operands": []});
        check(policy(&["core/analytics"], empty), &[("/deny", "bad-policy")]);
        let deep =
            (0..16).fold(json!({"label": "C1"}), |deny, _| json!({"operator": "OR", "operands": [deny]}));
        check(policy(&["core/analytics"], deep), &[("/deny", "too-deep")]);
        let wide = json!({"operator": "OR", "operands": vec![json!({"label": "C1"}); 201]});
        check(policy(&["core/analytics"], wide), &[("/deny", "too-many")]);
    }

    #[test]
    fn labels_stand_on_fields_that_are_there() {
        let schema = |labels: Value| {
            json!({"kind": "schema", "id": "s", "class": "profile", "labels": labels, "fieldGroups": ["person"],
                "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}}})
        };
        let person = json!({"a.b": ["C1"], "person.name": ["I1", "loyalty"], "identityMap.email": ["I1"]});
        check(schema(person), &[]);
        check(schema(json!({"a.c": ["C1"]})), &[("/labels/a.c", "unknown-field")]);
        check(schema(json!({"a": ["X"]})), &[("/labels/a/0", "dangling-reference")]);
        check(
            schema(json!({"segmentMembership.ups": ["C1"]})),
            &[("/labels/segmentMembership.ups", "unsupported")],
        );
    }

    #[test]
    fn labels_stand_on_datasets_and_uploads_and_actions_on_destinations() {
        check(
            json!({"kind": "dataset", "id": "d", "schema": "s", "labels": ["C2", "X"]}),
            &[("/labels/1", "dangling-reference")],
        );
        let external =
            json!({"fields": [{"name": "who", "identityNs": "ECID", "labels": ["X"]}], "labels": ["Y"]});
        check(
            json!({"kind": "audience", "id": "a", "name": "a", "external": external}),
            &[
                ("/external/labels/0", "dangling-reference"),
                ("/external/fields/0/labels/0", "dangling-reference"),
            ],
        );
        check(
            json!({"kind": "destination", "id": "d", "connection": {"type": "csvFile", "directory": "out"},
                "marketingActions": ["custom/telesales", "custom/other"]}),
            &[("/marketingActions/1", "dangling-reference")],
        );
        check(json!({"kind": "label", "id": "C1"}), &[("/id", "not-unique")]);
    }
}
