//! How long data may be kept, and what audiences lose by it.

use acquaint_core::limits::LIFETIME_DAYS_MAX;
use acquaint_core::plan::LookBack;
use acquaint_core::time::calendar::DAY_MS;
use acquaint_engine::compile::Compiled;
use acquaint_store::catalog::definition::ONLY_ID;
use acquaint_store::catalog::{Catalog, SchemaClass};

use super::references::is_built_in;
use super::{Finding, Kind, Subject};

/// Everything that does not fit.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, dataset) in &catalog.datasets {
        let subject = Subject::new(Kind::Dataset, id);
        findings.extend(dataset.ttl_days.and_then(|days| bad_days(&subject, "/ttlDays", days)));
    }
    let Some(expiry) = &catalog.pseudonymous_expiry else { return findings };
    let subject = Subject::new(Kind::PseudonymousExpiry, ONLY_ID);
    findings.extend(bad_days(&subject, "/inactiveDays", expiry.inactive_days));
    if expiry.namespaces.is_empty() {
        let message = "without a namespace nobody is pseudonymous";
        findings.push(Finding::about(&subject, "/namespaces", "missing-field", message));
    }
    for (index, code) in expiry.namespaces.iter().enumerate() {
        if !catalog.namespaces.contains_key(code) && !is_built_in(code) {
            let (pointer, message) =
                (format!("/namespaces/{index}"), format!("there is no namespace `{code}`"));
            findings.push(Finding::about(&subject, &pointer, "dangling-reference", message));
        }
    }
    findings
}

fn bad_days(subject: &Subject, pointer: &str, days: u32) -> Option<Finding> {
    let fits = (1..=LIFETIME_DAYS_MAX).contains(&days);
    let message = || format!("a time is 1 to {LIFETIME_DAYS_MAX} days long");
    (!fits).then(|| Finding::about(subject, pointer, "bad-days", message()))
}

/// Audiences that look further back than events of some dataset are kept (`pql.md` section 5).
pub(crate) fn warnings(catalog: &Catalog, compiled: &Compiled) -> Vec<Finding> {
    let shortest = catalog.datasets.iter().filter_map(|(id, dataset)| {
        let class = catalog.schemas.get(&dataset.schema).map(|schema| schema.class);
        Some((dataset.ttl_days?, id)).filter(|_| class == Some(SchemaClass::Event))
    });
    let Some((days, dataset)) = shortest.min() else { return Vec::new() };
    let kept_ms = i64::from(days).saturating_mul(DAY_MS);
    let audiences = compiled.program.audiences.iter().zip(compiled.program.facts());
    let longer = audiences.filter(|(_, facts)| match facts.look_back_ms {
        LookBack::Nothing => false,
        LookBack::Milliseconds(look_back_ms) => look_back_ms > kept_ms,
        LookBack::Unbounded => true,
    });
    let warned = longer.map(|(audience, _)| {
        let message = format!(
            "it looks further back than the {days} days for which events of dataset `{dataset}` are kept"
        );
        let subject = Subject::new(Kind::Audience, audience.id.as_str());
        Finding::about(&subject, "/expression/value", "longer-than-kept", message)
    });
    warned.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::decode::put_all;
    use super::*;

    fn catalog(more: &[Json]) -> Catalog {
        let documents = [
            json!({"kind": "schema", "id": "e", "class": "event", "properties": {}}),
            json!({"kind": "namespace", "id": "crm", "type": "crossDevice"}),
        ];
        let mut catalog = Catalog::default();
        put_all(&mut catalog, &[&documents, more].concat(), 1).unwrap();
        catalog
    }

    fn places(findings: &[Finding]) -> Vec<(&str, &str, &str)> {
        findings.iter().map(|f| (f.id.as_str(), f.pointer.as_str(), f.code.as_str())).collect()
    }

    #[test]
    fn times_are_bounded_and_namespaces_are_there() {
        let found = check(&catalog(&[
            json!({"kind": "dataset", "id": "d", "schema": "e", "ttlDays": 0}),
            json!({"kind": "pseudonymousExpiry", "namespaces": ["ECID", "crm", "nowhere"], "inactiveDays": 100_000}),
        ]));
        let expected = [
            ("d", "/ttlDays", "bad-days"),
            ("default", "/inactiveDays", "bad-days"),
            ("default", "/namespaces/2", "dangling-reference"),
        ];
        assert_eq!(places(&found), expected);
        let nobody = json!({"kind": "pseudonymousExpiry", "namespaces": [], "inactiveDays": 14});
        assert_eq!(places(&check(&catalog(&[nobody]))), [("default", "/namespaces", "missing-field")]);
    }

    #[test]
    fn an_audience_that_looks_further_back_than_events_are_kept_is_told_of() {
        let audience = |id: &str, days: u32| {
            let value = format!("xEvent[timestamp occurs <= {days} days before now].count() >= 1");
            json!({"kind": "audience", "id": id, "name": id, "expression": {"value": value}})
        };
        let ever = json!({"kind": "audience", "id": "ever", "name": "ever",
            "expression": {"value": "xEvent.count() >= 1"}});
        let catalog = catalog(&[
            json!({"kind": "dataset", "id": "d", "schema": "e", "ttlDays": 30}),
            json!({"kind": "dataset", "id": "longer", "schema": "e", "ttlDays": 90}),
            audience("month", 29),
            audience("season", 90),
            ever,
        ]);
        let compiled = acquaint_engine::compile::compile_catalog(&catalog).unwrap();
        let place = |id| (id, "/expression/value", "longer-than-kept");
        assert_eq!(places(&warnings(&catalog, &compiled)), [place("ever"), place("season")]);
    }
}
