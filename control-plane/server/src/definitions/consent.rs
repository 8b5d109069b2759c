//! The purposes that dataflows ask for consent to, and that datastreams are told of: what a schema of profiles has under
//! `consents`.

use acquaint_core::lang;
use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::profile::consent::{self, PURPOSES, SAID_PATH};
use acquaint_engine::compile::union_of;
use acquaint_store::catalog::Catalog;
use acquaint_store::catalog::calculated::Audiences;

use super::{Finding, Kind, Subject};

/// Purposes that no profile can have said anything of: nobody would ever be sent.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    // Schemas that do not fit together are told of with the rules.
    let Ok(schema) = union_of(catalog.schemas.values()) else { return Vec::new() };
    let mut findings = kept(catalog);
    for (id, dataflow) in &catalog.dataflows {
        for (index, purpose) in dataflow.consent.iter().enumerate() {
            let field = consent::path(purpose);
            if has(catalog, &schema, &format!("{field} = \"y\"")) {
                continue;
            }
            let message = format!("no schema of profiles has the text `{field}`");
            let subject = Subject::new(Kind::Dataflow, id);
            let finding = Finding::about(&subject, &format!("/consent/{index}"), "unknown-purpose", message);
            findings.push(finding.with_help(
                "purposes are for example `share`, `marketing.email`; the field group `consent` has them",
            ));
        }
    }
    findings
}

/// Datasets that have no room for what visitors say: it would all be quarantined.
fn kept(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, datastream) in &catalog.datastreams {
        let Some(dataset) = &datastream.profile_dataset else { continue };
        let schema = catalog.datasets.get(dataset).and_then(|dataset| catalog.schemas.get(&dataset.schema));
        let Some(Ok(schema)) = schema.map(|schema| union_of([schema])) else { continue };
        let wanted = PURPOSES.map(|purpose| (consent::path(purpose), "= \"y\""));
        let mut wanted = wanted.into_iter().chain([(SAID_PATH.to_owned(), "occurs before now")]);
        if let Some((field, _)) =
            wanted.find(|(field, test)| !has(catalog, &schema, &format!("{field} {test}")))
        {
            let message = format!("the schema of dataset `{dataset}` does not have `{field}`");
            let subject = Subject::new(Kind::Datastream, id);
            let finding = Finding::about(&subject, "/profileDataset", "no-consent", message);
            findings.push(finding.with_help("the field group `consent` has all that can be said"));
        }
    }
    findings
}

fn has(catalog: &Catalog, schema: &UnionSchema, test: &str) -> bool {
    lang::compile(test, schema, &Audiences(catalog)).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decode::put_all;
    use super::*;

    #[test]
    fn a_purpose_is_one_of_those_that_schemas_have() {
        let documents = [
            json!({"kind": "schema", "id": "p", "class": "profile", "fieldGroups": ["consent"]}),
            json!({"kind": "dataflow", "id": "f", "destination": "d", "audiences": [],
                "consent": ["share", "marketing.email", "marketing.pigeon", "metadata"]}),
        ];
        let mut catalog = Catalog::default();
        put_all(&mut catalog, &documents, 1).unwrap();
        let found = check(&catalog);
        let found: Vec<_> = found.iter().map(|found| (found.pointer.as_str(), found.code.as_str())).collect();
        assert_eq!(found, [("/consent/2", "unknown-purpose"), ("/consent/3", "unknown-purpose")]);
    }

    #[test]
    fn a_datastream_is_told_of_consent_if_its_profiles_have_room_for_it() {
        let check = |schema: Value, expected: &[&str]| {
            let documents = [
                schema,
                json!({"kind": "dataset", "id": "people", "schema": "p"}),
                json!({"kind": "datastream", "id": "s", "org": "o", "dataset": "d", "profileDataset": "people"}),
            ];
            let mut catalog = Catalog::default();
            put_all(&mut catalog, &documents, 1).unwrap();
            let found = super::check(&catalog);
            let found: Vec<_> = found.iter().map(|found| found.code.as_str()).collect();
            assert_eq!(found, expected, "{documents:?}");
        };
        check(json!({"kind": "schema", "id": "p", "class": "profile", "fieldGroups": ["consent"]}), &[]);
        check(json!({"kind": "schema", "id": "p", "class": "profile", "additionalProperties": true}), &[]);
        check(json!({"kind": "schema", "id": "p", "class": "profile", "properties": {}}), &["no-consent"]);
        let collect = json!({"type": "object", "properties": {"val": {"type": "string"}}});
        let only = json!({"consents": {"type": "object", "properties": {"collect": collect}}});
        check(json!({"kind": "schema", "id": "p", "class": "profile", "properties": only}), &["no-consent"]);
    }
}
