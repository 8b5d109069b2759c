//! The purposes that dataflows ask for consent to: what a schema of profiles has under `consents`.

use acquaint_core::lang;
use acquaint_engine::compile::union_of;
use acquaint_store::catalog::Catalog;
use acquaint_store::catalog::calculated::Audiences;

use super::{Finding, Kind, Subject};

/// Purposes that no profile can have said anything of: nobody would ever be sent.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    // Schemas that do not fit together are told of with the rules.
    let Ok(schema) = union_of(catalog.schemas.values()) else { return Vec::new() };
    let mut findings = Vec::new();
    for (id, dataflow) in &catalog.dataflows {
        for (index, purpose) in dataflow.consent.iter().enumerate() {
            let field = format!("consents.{purpose}.val");
            if lang::compile(&format!("{field} = \"y\""), &schema, &Audiences(catalog)).is_ok() {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

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
}
