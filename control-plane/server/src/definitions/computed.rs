//! Rules of computed attributes: a name that can be a field, a window that is possible, an expression that can be folded.

use std::collections::BTreeMap;

use acquaint_core::lang::Severity;
use acquaint_core::plan::computed::COMPUTED_ATTRIBUTES;
use acquaint_engine::compile;
use acquaint_store::catalog::{Catalog, ComputedAttribute, SchemaClass};

use super::{Finding, Kind, Subject};

/// Characters of a name.
const NAME_CHARACTERS_MAX: usize = 100;
/// Attributes that are computed: each is looked at with every event.
const ATTRIBUTES_MAX: usize = 200;

/// Everything that is wrong but for the expressions.
pub(super) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (number, (id, attribute)) in catalog.computed_attributes.iter().enumerate() {
        let subject = Subject::new(Kind::ComputedAttribute, id);
        let mut find = |pointer: &str, code: &str, message: String| {
            findings.push(Finding::about(&subject, pointer, code, message));
        };
        if !is_name(&attribute.name) {
            let message = format!(
                "a name is a letter and then letters, digits and `_`, at most {NAME_CHARACTERS_MAX} of them"
            );
            find("/name", "bad-name", message);
        }
        if let Some(first) = owners.insert(&attribute.name, id) {
            find("/name", "not-unique", format!("attribute `{first}` has the same name"));
        }
        if number == ATTRIBUTES_MAX {
            find("", "too-many", format!("there can be at most {ATTRIBUTES_MAX} computed attributes"));
        }
        if let Some(duration) = attribute.duration {
            let max = duration.unit.count_max();
            if !(1..=max).contains(&duration.count) {
                find("/duration/count", "bad-duration", format!("from 1 to {max} of this unit are possible"));
            }
        }
        if attribute.expression.kind != "PQL" || attribute.expression.format != "pql/text" {
            let message = "expressions are of type `PQL`, in format `pql/text` or `pql/json`";
            find("/expression", "unsupported", message.to_owned());
        }
    }
    findings.extend(reserved(catalog));
    findings.extend(at_edge(catalog));
    findings
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_CHARACTERS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A field of a schema would be hidden by the computed ones.
fn reserved(catalog: &Catalog) -> impl Iterator<Item = Finding> {
    let has = |schema: &&acquaint_store::catalog::Schema| {
        schema.class == SchemaClass::Profile && schema.properties.contains_key(COMPUTED_ATTRIBUTES)
    };
    let wanted = !catalog.computed_attributes.is_empty();
    catalog.schemas.values().filter(move |schema| wanted && has(schema)).map(|schema| {
        let pointer = format!("/properties/{COMPUTED_ATTRIBUTES}");
        let message = format!("`{COMPUTED_ATTRIBUTES}` is where computed attributes are");
        Finding::about(&Subject::new(Kind::Schema, &schema.id), &pointer, "reserved-field", message)
    })
}

/// The edge holds no computed attributes to hand out; rules and rankings that read them are answered there all the same.
fn at_edge(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, dataflow) in &catalog.dataflows {
        let destination = catalog.destinations.get(&dataflow.destination);
        if destination.is_none_or(|destination| destination.connection.datastream().is_none()) {
            continue;
        }
        for (index, field) in dataflow.mapping.iter().enumerate() {
            let steps = field.path().and_then(|path| path.split('.').next());
            if steps == Some(COMPUTED_ATTRIBUTES) {
                let message =
                    "computed attributes are not handed out at the edge; webhooks and files take them";
                let subject = Subject::new(Kind::Dataflow, id);
                findings.push(Finding::about(
                    &subject,
                    &format!("/mapping/{index}/from"),
                    "unsupported",
                    message,
                ));
            }
        }
    }
    findings
}

/// What is wrong with the expressions. Schemas that do not fit together are told of with the rules.
pub(super) fn expressions(catalog: &Catalog) -> Vec<Finding> {
    let Ok(schema) = compile::schema_of(catalog) else { return Vec::new() };
    let found = |attribute: &ComputedAttribute| {
        let subject = Subject::new(Kind::ComputedAttribute, &attribute.id);
        let found = attribute.compile(catalog, &schema).err().unwrap_or_default();
        let errors = found.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let text = &attribute.expression.value;
        errors
            .map(|error| Finding::of_diagnostic(&subject, "/expression/value", text, &error))
            .collect::<Vec<_>>()
    };
    catalog.computed_attributes.values().flat_map(found).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decode;
    use super::*;

    fn check(attribute: &Value, expected: &[(&str, &str)]) {
        let mut catalog = Catalog::default();
        let documents = [
            json!({"kind": "schema", "id": "e", "class": "event", "properties": {"total": {"type": "number"}}}),
            attribute.clone(),
        ];
        decode::put_all(&mut catalog, &documents, 0).unwrap();
        let mut found = super::check(&catalog);
        found.extend(expressions(&catalog));
        let found: Vec<_> =
            found.iter().map(|finding| (finding.pointer.as_str(), finding.code.as_str())).collect();
        assert_eq!(found, expected, "{attribute}");
    }

    fn attribute(name: &str, count: u32, unit: &str, expression: &str) -> Value {
        json!({"kind": "computedAttribute", "id": "c", "name": name, "expression": {"value": expression},
            "duration": {"count": count, "unit": unit}})
    }

    #[test]
    fn a_window_is_as_long_as_is_documented() {
        let count = "xEvent.count()";
        for (max, unit) in [(24, "HOURS"), (7, "DAYS"), (4, "WEEKS"), (6, "MONTHS")] {
            check(&attribute("a", 1, unit, count), &[]);
            check(&attribute("a", max, unit, count), &[]);
            check(&attribute("a", max + 1, unit, count), &[("/duration/count", "bad-duration")]);
            check(&attribute("a", 0, unit, count), &[("/duration/count", "bad-duration")]);
        }
    }

    #[test]
    fn names_are_fields_and_expressions_aggregates() {
        check(&attribute("total_7d", 7, "DAYS", "xEvent.total.sum()"), &[]);
        check(&attribute("7d", 7, "DAYS", "xEvent.count()"), &[("/name", "bad-name")]);
        check(&attribute("a.b", 7, "DAYS", "xEvent.count()"), &[("/name", "bad-name")]);
        check(&attribute("a", 7, "DAYS", "xEvent.total"), &[("/expression/value", "PQL0413")]);
        check(&attribute("a", 7, "DAYS", "xEvent.totals.sum()"), &[("/expression/value", "PQL0301")]);
    }
}
