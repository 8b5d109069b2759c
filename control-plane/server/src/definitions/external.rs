//! External audiences: their rule is made here, and what a definition may say of their files.

use std::collections::BTreeSet;

use acquaint_core::plan::Mode;
use acquaint_engine::compile;
use acquaint_store::catalog::external::{
    self, EXTERNAL_AUDIENCES, External, FieldType, OPERATION, SINCE, TTL_DAYS_MAX, UPLOAD,
};
use acquaint_store::catalog::{Audience, Catalog, SchemaClass};
use serde_json::{Value, json};

use super::references::is_built_in;
use super::{Finding, Kind, Subject};

/// Columns of a file at most.
const FIELDS_MAX: usize = 50;
/// Characters of the id of an external audience: it is the name of a field too.
const ID_CHARACTERS_MAX: usize = 100;

/// An audience with the rule that follows from `external`; another is refused. It is evaluated in streaming unless it says
/// that it is at the edge.
pub(super) fn with_rule(subject: &Subject, mut audience: Value) -> Result<Value, Box<Finding>> {
    let Some(external) = audience.get("external").filter(|external| !external.is_null()) else {
        return Ok(audience);
    };
    // What is wrong with it is told when the audience is read.
    let ttl_in_days = serde_json::from_value::<External>(external.clone()).map_or(1, |read| read.ttl_in_days);
    let Value::Object(fields) = &mut audience else { return Ok(audience) };
    let given = fields.get("expression").and_then(|expression| expression.get("value"));
    if given.is_some_and(|given| !is_made(&subject.id, given)) {
        let message = "the rule of an external audience follows from `external`";
        let finding = Finding::about(subject, "/expression", "made-rule", message);
        return Err(Box::new(finding.with_help("leave `expression` out")));
    }
    fields.insert("expression".into(), json!(external::rule(&subject.id, ttl_in_days)));
    fields.entry("evaluationInfo").or_insert_with(|| json!({"continuous": {"enabled": true}}));
    Ok(audience)
}

/// Whether a rule is one of those that we make: definitions that were shown come back with it.
fn is_made(id: &str, rule: &Value) -> bool {
    (1..=TTL_DAYS_MAX).any(|days| external::rule(id, days).value == *rule)
}

/// Everything that does not fit.
pub(super) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, audience) in &catalog.audiences {
        if let Some(external) = &audience.external {
            let checker =
                Checker { catalog, subject: Subject::new(Kind::Audience, id), findings: Vec::new() };
            findings.extend(checker.all(audience, external));
        }
    }
    findings.extend(reserved(catalog));
    findings
}

struct Checker<'a> {
    catalog: &'a Catalog,
    subject: Subject,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn find(&mut self, pointer: &str, code: &str, message: impl Into<String>) {
        self.findings.push(Finding::about(&self.subject, pointer, code, message));
    }

    fn all(mut self, audience: &Audience, external: &External) -> Vec<Finding> {
        let id = &audience.id;
        if id.len() > ID_CHARACTERS_MAX || !id.bytes().all(is_name) {
            let message = format!(
                "the id of an external audience is letters, digits, `_` and `-`, at most {ID_CHARACTERS_MAX} of them"
            );
            self.find("/id", "bad-id", message);
        }
        if !(1..=TTL_DAYS_MAX).contains(&external.ttl_in_days) {
            let message = format!("memberships of an external audience last 1 to {TTL_DAYS_MAX} days");
            self.find("/external/ttlInDays", "bad-days", message);
        }
        if compile::mode(&audience.evaluation_info) == Mode::Batch {
            let message = "memberships of an external audience end by time alone: it is evaluated in streaming \
                           (`continuous`) or at the edge (`synchronous`)";
            self.find("/evaluationInfo", "unsupported", message);
        }
        self.fields(external);
        self.findings
    }

    fn fields(&mut self, external: &External) {
        if external.fields.len() > FIELDS_MAX {
            self.find("/external/fields", "too-many", format!("a file has at most {FIELDS_MAX} columns"));
        }
        let mut names = BTreeSet::new();
        for (index, field) in external.fields.iter().enumerate() {
            let pointer = |last: &str| format!("/external/fields/{index}/{last}");
            let name = field.name.as_str();
            if name.is_empty() || name.contains('.') || name == "*" {
                self.find(&pointer("name"), "bad-name", "a column needs a name without dots");
            }
            if [OPERATION, SINCE, UPLOAD].contains(&name) {
                self.find(&pointer("name"), "reserved-field", format!("`{name}` has a meaning of its own"));
            }
            if !names.insert(name) {
                self.find(&pointer("name"), "not-unique", format!("there is another column `{name}`"));
            }
            let Some(namespace) = &field.identity_namespace else { continue };
            if !self.catalog.namespaces.contains_key(namespace) && !is_built_in(namespace) {
                let message = format!("there is no namespace `{namespace}`");
                self.find(&pointer("identityNs"), "dangling-reference", message);
            }
            if !matches!(field.kind, FieldType::String | FieldType::Integer) {
                self.find(&pointer("type"), "wrong-type", "an identity is a string or an integer");
            }
        }
        let identities = external.fields.iter().filter(|field| field.identity_namespace.is_some()).count();
        if identities != 1 {
            let message = format!("one column has an `identityNs` and says who it is; here are {identities}");
            self.find("/external/fields", "bad-identity", message);
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// A field of a schema would be one with what is uploaded.
fn reserved(catalog: &Catalog) -> impl Iterator<Item = Finding> {
    let wanted = catalog.externals().next().is_some();
    let schemas = catalog.schemas.values().filter(move |schema| {
        wanted && schema.class == SchemaClass::Profile && schema.properties.contains_key(EXTERNAL_AUDIENCES)
    });
    schemas.map(|schema| {
        let pointer = format!("/properties/{EXTERNAL_AUDIENCES}");
        let message = format!("`{EXTERNAL_AUDIENCES}` is where uploads to external audiences are");
        Finding::about(&Subject::new(Kind::Schema, &schema.id), &pointer, "reserved-field", message)
    })
}

#[cfg(test)]
mod tests {
    use super::super::decode::put_all;
    use super::*;

    fn audience(id: &str, more: Value) -> Value {
        let mut audience = json!({"kind": "audience", "id": id, "name": id});
        for (name, value) in more.as_object().unwrap() {
            audience[name] = value.clone();
        }
        audience
    }

    fn external(fields: Value) -> Value {
        json!({"external": {"fields": fields}})
    }

    fn read(documents: &[Value]) -> Result<Catalog, Vec<Finding>> {
        let mut catalog = Catalog::default();
        put_all(&mut catalog, documents, 1).map(|_| catalog)
    }

    fn check_refused(audience: Value, expected: &[(&str, &str)]) {
        let found = match read(&[audience]) {
            Ok(catalog) => check(&catalog),
            Err(found) => found,
        };
        let found: Vec<_> = found.iter().map(|found| (found.pointer.as_str(), found.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn who() -> Value {
        json!({"name": "who", "identityNs": "ECID"})
    }

    #[test]
    fn the_rule_follows_from_the_days_and_comes_back_as_it_was_shown() {
        let first = read(&[audience("my-list", external(json!([who()])))]).unwrap();
        let shown = first.audiences["my-list"].clone();
        let rule = "externalAudiences.`my-list`.since occurs < 30 days before now";
        assert_eq!(shown.expression.value, rule);
        assert!(shown.evaluation_info.continuous.enabled);
        assert_eq!(check(&first), []);

        let mut again = json!(shown);
        again["kind"] = json!("audience");
        again["external"]["ttlInDays"] = json!(7);
        let changed = read(&[again]).unwrap();
        assert!(changed.audiences["my-list"].expression.value.contains("< 7 days"));
    }

    #[test]
    fn another_rule_is_refused() {
        let mut wanted = audience("a", external(json!([who()])));
        wanted["expression"] = json!({"value": "true"});
        check_refused(wanted, &[("/expression", "made-rule")]);
    }

    #[test]
    fn what_cannot_be_uploaded_is_named() {
        check_refused(audience("a", external(json!([]))), &[("/external/fields", "bad-identity")]);
        check_refused(
            audience("a", external(json!([who(), who()]))),
            &[("/external/fields/1/name", "not-unique"), ("/external/fields", "bad-identity")],
        );
        let fields = json!([{"name": "who", "identityNs": "nowhere", "type": "date"}, {"name": "since"}]);
        check_refused(
            audience("a", external(fields)),
            &[
                ("/external/fields/0/identityNs", "dangling-reference"),
                ("/external/fields/0/type", "wrong-type"),
                ("/external/fields/1/name", "reserved-field"),
            ],
        );
        check_refused(audience("a b", external(json!([who()]))), &[("/id", "bad-id")]);
        let mut batch = audience("a", external(json!([who()])));
        batch["evaluationInfo"] = json!({"batch": {"enabled": true}});
        check_refused(batch, &[("/evaluationInfo", "unsupported")]);
        let days = |days: Value| audience("a", json!({"external": {"fields": [who()], "ttlInDays": days}}));
        check_refused(days(json!(91)), &[("/external/ttlInDays", "bad-days")]);
        check_refused(days(json!(0)), &[("/external/ttlInDays", "bad-days")]);
        check_refused(days(json!("x")), &[("/external/ttlInDays", "wrong-type")]);
        check_refused(
            audience("a", external(json!([{"nme": "x"}]))),
            &[("/external/fields/0/nme", "unknown-field")],
        );
    }

    #[test]
    fn a_schema_leaves_the_place_of_uploads_alone() {
        let schema = json!({"kind": "schema", "id": "s", "class": "profile",
            "properties": {"externalAudiences": {"type": "string"}}});
        let found = check(&read(std::slice::from_ref(&schema)).unwrap());
        assert_eq!(found, []);
        let found = check(&read(&[schema, audience("a", external(json!([who()])))]).unwrap());
        assert_eq!((found.len(), found[0].code.as_str()), (1, "reserved-field"));
    }
}
