//! What a merge policy may say: datasets that hold attributes, paths, and whether audiences at the edge can have it.

use acquaint_core::limits::PATH_STEPS_MAX;
use acquaint_core::profile::{AttributeMerge, MergePolicy};
use acquaint_store::catalog::definition::ONLY_ID;
use acquaint_store::catalog::{Catalog, SchemaClass};

use super::{Finding, Kind, Subject};

/// Everything that does not fit.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    let Some(policy) = &catalog.merge_policy else { return Vec::new() };
    let mut findings = Vec::new();
    let mut find = |pointer: &str, code: &str, message: String| {
        findings.push(Finding::about(&Subject::new(Kind::MergePolicy, ONLY_ID), pointer, code, message));
    };
    for (path, merge) in policy.merges() {
        let pointer = match path {
            Some(path) => format!("/overrides/{}", path.replace('~', "~0").replace('/', "~1")),
            None => "/attributeMerge".to_owned(),
        };
        let steps = || path.into_iter().flat_map(|path| path.split('.'));
        if steps().any(str::is_empty) || steps().count() > PATH_STEPS_MAX {
            let message = format!("a path has 1 to {PATH_STEPS_MAX} steps, none of them empty");
            find(&pointer, "bad-path", message);
        }
        for (index, dataset) in order(merge).iter().enumerate() {
            let pointer = format!("{pointer}/order/{index}");
            let Some(known) = catalog.datasets.get(dataset.as_str()) else {
                find(&pointer, "dangling-reference", format!("there is no dataset `{dataset}`"));
                continue;
            };
            let class = catalog.schemas.get(&known.schema).map(|schema| schema.class);
            if class == Some(SchemaClass::Event) {
                let message = format!("dataset `{dataset}` holds events, and events are never in conflict");
                find(&pointer, "wrong-class", message);
            }
        }
    }
    findings.extend(at_edge(catalog, policy));
    findings
}

fn order(merge: &AttributeMerge) -> &[acquaint_core::id::DatasetId] {
    match merge {
        AttributeMerge::TimestampOrdered => &[],
        AttributeMerge::DataSetPrecedence { order } => order,
    }
}

/// The policy must be active on the edge for audiences at the edge (`pql.md` section 3).
fn at_edge(catalog: &Catalog, policy: &MergePolicy) -> Vec<Finding> {
    let at_edge =
        catalog.audiences.iter().filter(|(_, audience)| audience.evaluation_info.synchronous.enabled);
    let refused = at_edge.filter(|_| !policy.is_active_on_edge).map(|(id, _)| {
        let subject = Subject::new(Kind::Audience, id);
        let message = "the merge policy is not active on the edge, and this audience is evaluated there";
        let finding = Finding::about(&subject, "/evaluationInfo/synchronous", "not-at-edge", message);
        finding.with_help(
            "set `isActiveOnEdge: true` in the merge policy, or evaluate it in streaming (`continuous`)",
        )
    });
    refused.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::decode::put_all;
    use super::*;

    fn check(policy: &Json, expected: &[(&str, &str, &str)]) {
        let mut document = policy.clone();
        document["kind"] = json!("mergePolicy");
        let documents = [
            json!({"kind": "schema", "id": "p", "class": "profile", "properties": {}}),
            json!({"kind": "schema", "id": "e", "class": "event", "properties": {}}),
            json!({"kind": "dataset", "id": "people", "schema": "p"}),
            json!({"kind": "dataset", "id": "deeds", "schema": "e"}),
            json!({"kind": "audience", "id": "fast", "name": "Fast", "expression": {"value": "x"},
                "evaluationInfo": {"synchronous": {"enabled": true}}}),
            document,
        ];
        let mut catalog = Catalog::default();
        put_all(&mut catalog, &documents, 1).unwrap();
        let found = super::check(&catalog);
        let found: Vec<_> =
            found.iter().map(|f| (f.id.as_str(), f.pointer.as_str(), f.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_order_names_datasets_of_attributes() {
        check(&json!({"attributeMerge": {"type": "dataSetPrecedence", "order": ["people"]}}), &[]);
        check(
            &json!({"attributeMerge": {"type": "dataSetPrecedence", "order": ["people", "nowhere"]},
                "overrides": {"a.b": {"type": "dataSetPrecedence", "order": ["deeds"]}}}),
            &[
                ("default", "/attributeMerge/order/1", "dangling-reference"),
                ("default", "/overrides/a.b/order/0", "wrong-class"),
            ],
        );
    }

    #[test]
    fn a_path_has_no_empty_step() {
        let merge = json!({"type": "timestampOrdered"});
        check(
            &json!({"attributeMerge": merge, "overrides": {"a..b": merge}}),
            &[("default", "/overrides/a..b", "bad-path")],
        );
    }

    #[test]
    fn audiences_at_the_edge_need_a_policy_that_is_active_there() {
        let merge = json!({"type": "timestampOrdered"});
        check(
            &json!({"attributeMerge": merge, "isActiveOnEdge": false}),
            &[("fast", "/evaluationInfo/synchronous", "not-at-edge")],
        );
    }
}
