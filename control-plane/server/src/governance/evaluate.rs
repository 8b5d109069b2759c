//! Which policies the enabled dataflows of a catalogue violate. Every pair of a dataflow and an audience is one use of data:
//! its labels are those of what decides the audience and of what is sent with it.

use std::collections::BTreeSet;

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::profile::MergePolicy;
use acquaint_engine::compile::schema_of;
use acquaint_store::catalog::governance::{ActionRef, PolicyStatus, STITCHED};
use acquaint_store::catalog::{Catalog, Dataflow, Policy};

use super::labels::{Contribution, Labelled};
use super::lineage::{Lineage, Read};
use super::violation::{Link, Violation};

/// What `after` violates and `before` did not, or not so.
pub(crate) fn new_violations(before: &Catalog, after: &Catalog, schema: &UnionSchema) -> Vec<Violation> {
    let found = violations(after, schema);
    if found.is_empty() {
        return found;
    }
    // Only what makes it worse is refused, so that something else can be mended first.
    let known = schema_of(before).map(|schema| violations(before, &schema)).unwrap_or_default();
    found.into_iter().filter(|violation| !known.contains(violation)).collect()
}

/// All violations. `schema` is what expressions of the catalogue are resolved against.
pub(crate) fn violations(catalog: &Catalog, schema: &UnionSchema) -> Vec<Violation> {
    let mut governed =
        catalog.dataflows.values().filter_map(|dataflow| Governed::of(catalog, dataflow)).peekable();
    if governed.peek().is_none() {
        return Vec::new();
    }
    let labelled = Labelled::of(catalog);
    let mut lineage = Lineage::new(catalog, schema);
    let mut violations = Vec::new();
    for Governed { dataflow, policies } in governed {
        let Some(destination) = catalog.destinations.get(&dataflow.destination) else { continue };
        let mapped = labelled_reads(&labelled, lineage.of_mapping(dataflow, &destination.connection));
        for (index, audience) in dataflow.audiences.iter().enumerate() {
            let mut used = labelled_reads(&labelled, lineage.of_audience(index, audience));
            used.extend(mapped.iter().cloned());
            let carried = Carried::of(catalog.merge_policy.as_ref(), &used);
            for (policy, actions) in &policies {
                violations.extend(carried.violation(dataflow, audience, policy, actions));
            }
        }
    }
    violations
}

/// A dataflow that some policy in force is about.
struct Governed<'a> {
    dataflow: &'a Dataflow,
    policies: Vec<(&'a Policy, Vec<&'a ActionRef>)>,
}

impl<'a> Governed<'a> {
    fn of(catalog: &'a Catalog, dataflow: &'a Dataflow) -> Option<Self> {
        if !dataflow.enabled {
            return None;
        }
        let of_destination = catalog.destinations.get(&dataflow.destination);
        let of_destination =
            of_destination.into_iter().flat_map(|destination| &destination.marketing_actions);
        let actions: BTreeSet<&ActionRef> = of_destination.chain(&dataflow.marketing_actions).collect();
        let enabled = catalog.policies.values().filter(|policy| policy.status == PolicyStatus::Enabled);
        let about = |policy: &'a Policy| {
            let about: BTreeSet<&ActionRef> = policy.marketing_action_refs.iter().collect();
            (policy, actions.intersection(&about).copied().collect::<Vec<_>>())
        };
        let policies: Vec<_> = enabled.map(about).filter(|(_, actions)| !actions.is_empty()).collect();
        (!policies.is_empty()).then_some(Self { dataflow, policies })
    }
}

type LabelledRead = (Read, Vec<Contribution>);

fn labelled_reads(labelled: &Labelled, reads: Vec<Read>) -> Vec<LabelledRead> {
    let with_labels = |read: Read| {
        let found = labelled.of_reads(&read.fields);
        (read, found)
    };
    reads.into_iter().map(with_labels).collect()
}

/// The labels of one use of data, and where they come from.
struct Carried<'a> {
    labels: BTreeSet<&'a str>,
    used: &'a [LabelledRead],
}

impl<'a> Carried<'a> {
    fn of(policy: Option<&MergePolicy>, used: &'a [LabelledRead]) -> Self {
        let mut labels: BTreeSet<&str> =
            used.iter().flat_map(|(_, found)| found.iter().flat_map(Contribution::all)).collect();
        if policy.is_none_or(|policy| policy.stitch) {
            labels.insert(STITCHED);
        }
        Self { labels, used }
    }

    fn violation(
        &self,
        dataflow: &Dataflow,
        audience: &str,
        policy: &Policy,
        actions: &[&ActionRef],
    ) -> Option<Violation> {
        if !policy.deny.holds(&self.labels) {
            return None;
        }
        let named: BTreeSet<&str> = policy.deny.labels().into_iter().collect();
        let counted: BTreeSet<&str> = self.labels.intersection(&named).copied().collect();
        let links = self.used.iter().flat_map(|(read, found)| {
            let counted = found.iter().filter_map(|contribution| contribution.only(&counted));
            counted.map(|contribution| Link::of_data(dataflow, audience, read, contribution))
        });
        let mut lineage: Vec<Link> = links.collect();
        if counted.contains(STITCHED) {
            lineage.push(Link::of_merge_policy(dataflow, audience, STITCHED));
        }
        Some(Violation {
            policy: policy.id.clone(),
            policy_name: policy.name.clone(),
            marketing_actions: actions.iter().map(ToString::to_string).collect(),
            labels: counted.into_iter().map(str::to_owned).collect(),
            dataflow: dataflow.id.clone(),
            destination: dataflow.destination.clone(),
            audience: audience.to_owned(),
            lineage,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{catalog, shop};
    use super::*;

    fn with(more: &[Value]) -> Catalog {
        let destination = json!({"kind": "destination", "id": "ads", "marketingActions": ["core/exportToThirdParty"],
            "connection": {"type": "csvFile", "directory": "out"}});
        let flow =
            json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": ["young", "rich"]});
        let mut documents = shop();
        for document in [&[destination, flow], more].concat() {
            documents
                .retain(|before| (&before["kind"], &before["id"]) != (&document["kind"], &document["id"]));
            documents.push(document);
        }
        catalog(&documents)
    }

    fn policy(deny: &Value) -> Value {
        json!({"kind": "policy", "id": "stay", "name": "Stays here", "status": "ENABLED",
            "marketingActionRefs": ["core/exportToThirdParty"], "deny": deny})
    }

    fn labelled_person(labels: &Value) -> Value {
        json!({"kind": "schema", "id": "person", "class": "profile", "labels": labels, "properties": {
            "birthDate": {"type": "string", "format": "date"}, "city": {"type": "string"}}})
    }

    fn found(catalog: &Catalog) -> Vec<String> {
        let schema = schema_of(catalog).unwrap();
        let lines =
            |violation: &Violation| violation.lineage.iter().map(ToString::to_string).collect::<Vec<_>>();
        violations(catalog, &schema).iter().flat_map(lines).collect()
    }

    fn check(more: &[Value], expected: &[&str]) {
        assert_eq!(found(&with(more)), expected);
    }

    const YOUNG: &str = "dataset people (birthDate: I2) -> merge policy default -> audience young -> dataflow to-ads \
                         -> destination ads";

    #[test]
    fn a_labelled_field_counts_where_a_rule_reads_it() {
        let i2 = policy(&json!({"label": "I2"}));
        check(std::slice::from_ref(&i2), &[]);
        check(&[i2.clone(), labelled_person(&json!({"birthDate": ["I2"]}))], &[YOUNG]);
        check(&[i2, labelled_person(&json!({"city": ["I2"]}))], &[]);
    }

    #[test]
    fn a_labelled_field_counts_for_every_audience_where_it_is_mapped() {
        let flow = json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": ["young", "rich"],
            "mapping": [{"from": "city", "to": "city"}]});
        let way = |audience: &str| {
            format!(
                "dataset people (city: I2) -> merge policy default -> audience {audience} -> dataflow to-ads \
                     -> destination ads"
            )
        };
        let more = [policy(&json!({"label": "I2"})), labelled_person(&json!({"city": ["I2"]})), flow];
        check(&more, &[&way("young"), &way("rich")]);
    }

    #[test]
    fn a_dataset_counts_where_it_contributes_also_through_computed_attributes() {
        let c2 = policy(&json!({"label": "C2"}));
        let deeds = json!({"kind": "dataset", "id": "deeds", "schema": "deed", "labels": ["C2"]});
        let through = "dataset deeds (C2) -> merge policy default -> computed attribute spent -> audience rich -> \
                       dataflow to-ads -> destination ads";
        check(&[c2, deeds], &[through]);
    }

    #[test]
    fn labels_of_a_rule_and_of_a_mapped_field_meet_and_those_of_two_audiences_do_not() {
        let both = policy(&json!({"operator": "AND", "operands": [{"label": "I2"}, {"label": "C2"}]}));
        let person = labelled_person(&json!({"birthDate": ["I2"]}));
        let deeds = json!({"kind": "dataset", "id": "deeds", "schema": "deed", "labels": ["C2"]});
        check(&[both.clone(), person.clone(), deeds.clone()], &[]);
        let flow = json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": ["young"],
            "mapping": [{"from": "computedAttributes.total_spent", "to": "spent"}]});
        let mapped = "dataset deeds (C2) -> merge policy default -> computed attribute spent -> audience young -> \
                      dataflow to-ads -> destination ads";
        check(&[both, person, deeds, flow], &[YOUNG, mapped]);
    }

    #[test]
    fn only_enabled_policies_and_dataflows_and_their_own_actions_count() {
        let person = labelled_person(&json!({"birthDate": ["I2"]}));
        let i2 = policy(&json!({"label": "I2"}));
        let changed = |mut document: Value, field: &str, value: Value| {
            document[field] = value;
            document
        };
        check(&[person.clone(), changed(i2.clone(), "status", json!("DRAFT"))], &[]);
        check(&[person.clone(), changed(i2.clone(), "status", json!("DISABLED"))], &[]);
        let other = changed(i2.clone(), "marketingActionRefs", json!(["core/emailTargeting"]));
        check(&[person.clone(), other.clone()], &[]);
        let flow = json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": ["young"],
            "marketingActions": ["core/emailTargeting"]});
        check(&[person.clone(), other, flow.clone()], &[YOUNG]);
        check(&[person, i2, changed(flow, "enabled", json!(false))], &[]);
    }

    #[test]
    fn profiles_that_are_stitched_say_so() {
        let single = policy(&json!({"label": "C10"}));
        let flow = json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": ["young"]});
        let stitched = "merge policy default (C10) -> audience young -> dataflow to-ads -> destination ads";
        check(&[single.clone(), flow.clone()], &[stitched]);
        let merge =
            json!({"kind": "mergePolicy", "attributeMerge": {"type": "timestampOrdered"}, "stitch": false});
        check(&[single, flow, merge], &[]);
    }

    #[test]
    fn what_was_violated_before_holds_nobody_up() {
        let bad = with(&[policy(&json!({"label": "I2"})), labelled_person(&json!({"birthDate": ["I2"]}))]);
        let schema = schema_of(&bad).unwrap();
        assert_eq!(new_violations(&Catalog::default(), &bad, &schema).len(), 1);
        assert_eq!(new_violations(&bad, &bad, &schema), []);
        let worse = with(&[
            policy(&json!({"label": "I2"})),
            labelled_person(&json!({"birthDate": ["I2", "C2"]})),
            json!({"kind": "dataset", "id": "people", "schema": "person", "labels": ["I2"]}),
        ]);
        assert_eq!(new_violations(&bad, &worse, &schema).len(), 1);
    }
}
