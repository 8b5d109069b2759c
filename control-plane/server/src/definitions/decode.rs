//! Documents to definitions: `kind` says which type, everything else must be fields of that type.

use std::collections::BTreeMap;

use acquaint_store::catalog::definition::ONLY_ID;
use acquaint_store::catalog::{Audience, Catalog, ComputedAttribute, Definition, FIELD_SOURCES};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Finding, Kind, Subject, conversion, external};

/// Characters of an id.
const ID_CHARACTERS_MAX: usize = 200;
/// Bytes of one document, as compact JSON.
const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Findings that are told at once: who has more of them is not going to read them all.
const FINDINGS_MAX: usize = 100;

/// Puts documents into a catalogue. Every document is looked at, so that all findings come at once.
/// Returns which definition came from which document.
pub(crate) fn put_all(
    catalog: &mut Catalog,
    documents: &[Value],
    now_ms: i64,
) -> Result<BTreeMap<Subject, usize>, Vec<Finding>> {
    let mut places = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        if findings.len() >= FINDINGS_MAX {
            break;
        }
        match put(catalog, document, now_ms) {
            Ok(subject) => {
                if let Some(first) = places.insert(subject.clone(), index) {
                    let message = format!(
                        "`{}` is defined twice; document {} defines it too",
                        subject.id,
                        first.saturating_add(1)
                    );
                    findings.push(Finding {
                        document: Some(index),
                        ..Finding::about(&subject, "/id", "defined-twice", message)
                    });
                }
            }
            Err(finding) => findings.push(Finding { document: Some(index), ..*finding }),
        }
    }
    if findings.is_empty() { Ok(places) } else { Err(findings) }
}

fn put(catalog: &mut Catalog, document: &Value, now_ms: i64) -> Result<Subject, Box<Finding>> {
    let nameless = |pointer: &str, code: &str, message: String| {
        let finding = Finding::about(&Subject::new(Kind::Schema, ""), pointer, code, message);
        Box::new(Finding { kind: String::new(), ..finding })
    };
    let Value::Object(fields) = document else {
        return Err(nameless("", "wrong-type", "a document must be an object with a `kind`".into()));
    };
    if document.to_string().len() > DOCUMENT_BYTES_MAX {
        let message = format!("a document has at most {DOCUMENT_BYTES_MAX} bytes");
        return Err(nameless("", "too-large", message));
    }
    let mut fields = fields.clone();
    let known = || Kind::ALL.map(Kind::name).join("`, `");
    let kind = match fields.remove("kind") {
        Some(Value::String(name)) => Kind::parse(&name).ok_or_else(|| {
            nameless("/kind", "unknown-kind", format!("`{name}` is no kind; the kinds are `{}`", known()))
        })?,
        Some(other) => {
            return Err(nameless("/kind", "wrong-type", format!("`kind` must be text, not {other}")));
        }
        None => {
            return Err(nameless(
                "",
                "missing-field",
                format!("`kind` is missing; the kinds are `{}`", known()),
            ));
        }
    };
    let id = match kind {
        Kind::MergePolicy | Kind::PseudonymousExpiry => ONLY_ID,
        Kind::Label
        | Kind::MarketingAction
        | Kind::Policy
        | Kind::Schema
        | Kind::Namespace
        | Kind::Dataset
        | Kind::Connection
        | Kind::Source
        | Kind::ComputedAttribute
        | Kind::Audience
        | Kind::Offer
        | Kind::Datastream
        | Kind::Flag
        | Kind::Destination
        | Kind::Dataflow => fields.get("id").and_then(Value::as_str).unwrap_or_default(),
    };
    let subject = Subject::new(kind, id);
    let definition = one(catalog, &subject, Value::Object(fields), now_ms)?;
    check_id(&subject)?;
    catalog.put(definition);
    Ok(subject)
}

fn one(catalog: &Catalog, subject: &Subject, fields: Value, now_ms: i64) -> Result<Definition, Box<Finding>> {
    Ok(match subject.kind {
        Kind::Label => Definition::Label(decode(subject, fields)?),
        Kind::MarketingAction => Definition::MarketingAction(decode(subject, fields)?),
        Kind::Policy => Definition::Policy(decode(subject, fields)?),
        Kind::Schema => Definition::Schema(decode(subject, fields)?),
        Kind::Namespace => Definition::Namespace(decode(subject, fields)?),
        Kind::Dataset => Definition::Dataset(decode(subject, fields)?),
        Kind::Connection => Definition::Connection(decode(subject, fields)?),
        Kind::Source => Definition::Source(decode(subject, fields)?),
        Kind::MergePolicy => Definition::MergePolicy(decode(subject, fields)?),
        Kind::ComputedAttribute => {
            let attribute = decode(subject, conversion::as_text(subject, fields)?)?;
            Definition::ComputedAttribute(dated_attribute(catalog, attribute, now_ms))
        }
        Kind::PseudonymousExpiry => Definition::PseudonymousExpiry(decode(subject, fields)?),
        Kind::Audience => {
            let fields = external::with_rule(subject, conversion::as_text(subject, fields)?)?;
            let audience = decode(subject, fields)?;
            Definition::Audience(dated(catalog, audience, now_ms))
        }
        Kind::Offer => Definition::Offer(decode(subject, fields)?),
        Kind::Datastream => Definition::Datastream(decode(subject, fields)?),
        Kind::Flag => Definition::Flag(decode(subject, fields)?),
        Kind::Destination => Definition::Destination(decode(subject, fields)?),
        Kind::Dataflow => Definition::Dataflow(decode(subject, fields)?),
    })
}

/// As [`dated`].
fn dated_attribute(catalog: &Catalog, mut attribute: ComputedAttribute, now_ms: i64) -> ComputedAttribute {
    let before = catalog.computed_attributes.get(&attribute.id);
    attribute.creation_time = before.map_or(now_ms, |before| before.creation_time);
    attribute.update_time = before.map_or(now_ms, |before| before.update_time);
    if before.is_some_and(|before| *before != attribute) {
        attribute.update_time = now_ms;
    }
    attribute
}

/// Times and versions are ours: an unchanged audience keeps them, so that applying it again changes nothing.
fn dated(catalog: &Catalog, mut audience: Audience, now_ms: i64) -> Audience {
    let before = catalog.audiences.get(&audience.id);
    audience.creation_time = before.map_or(now_ms, |before| before.creation_time);
    audience.update_time = before.map_or(now_ms, |before| before.update_time);
    audience.versions = before.map(|before| before.versions.clone()).unwrap_or_default();
    if let Some(before) = before.filter(|before| **before != audience) {
        audience.update_time = now_ms;
        if (&before.expression, before.evaluation_info) != (&audience.expression, audience.evaluation_info) {
            audience.versions = before.versions.replace();
        }
    }
    audience
}

fn check_id(subject: &Subject) -> Result<(), Box<Finding>> {
    let id = &subject.id;
    let wrong = |message: String| Err(Box::new(Finding::about(subject, "/id", "bad-id", message)));
    if id.is_empty() || id.chars().count() > ID_CHARACTERS_MAX {
        return wrong(format!("an id has 1 to {ID_CHARACTERS_MAX} characters"));
    }
    match id.chars().find(|character| character.is_control() || *character == '/') {
        Some(character) => wrong(format!("an id has no `{}`", character.escape_default())),
        None => Ok(()),
    }
}

fn decode<T: DeserializeOwned>(subject: &Subject, fields: Value) -> Result<T, Box<Finding>> {
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let message = error.inner().to_string();
        let quoted = |start: &str| {
            message.strip_prefix(start).and_then(|rest| rest.split('`').next()).map(str::to_owned)
        };
        let mut pointer = pointer(error.path());
        let code = if let Some(field) = quoted("unknown field `") {
            // The path may or may not name the field itself, by how deep the type was buffered.
            let last = format!("/{}", escape(&field));
            if !pointer.ends_with(&last) {
                pointer.push_str(&last);
            }
            "unknown-field"
        } else if quoted("missing field `").is_some() {
            "missing-field"
        } else if message.starts_with(FIELD_SOURCES) {
            "bad-mapping"
        } else {
            "wrong-type"
        };
        Box::new(Finding::about(subject, &pointer, code, message))
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => escape(key),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(documents: &[Value], expected: &[(usize, &str, &str)]) {
        let found = put_all(&mut Catalog::default(), documents, 7).err().unwrap_or_default();
        let found: Vec<_> =
            found.iter().map(|f| (f.document.unwrap(), f.pointer.as_str(), f.code.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_document_is_looked_at_and_each_error_names_its_field() {
        check(
            &[
                json!({"kind": "dataset", "id": "d", "schema": "s"}),
                json!({"kind": "dataset", "id": "e", "schema": 3}),
                json!({"kind": "dataset", "id": "f", "schma": "s"}),
                json!({"kind": "dataset", "id": "g"}),
                json!({"kind": "datset", "id": "h"}),
                json!({"id": "i"}),
                json!("j"),
            ],
            &[
                (1, "/schema", "wrong-type"),
                (2, "/schma", "unknown-field"),
                (3, "", "missing-field"),
                (4, "/kind", "unknown-kind"),
                (5, "", "missing-field"),
                (6, "", "wrong-type"),
            ],
        );
    }

    #[test]
    fn errors_deep_inside_name_the_whole_path() {
        check(
            &[json!({"kind": "audience", "id": "a", "name": "A", "expression": {"value": "x", "lang": "y"}})],
            &[(0, "/expression/lang", "unknown-field")],
        );
        check(
            &[json!({"kind": "dataflow", "id": "f", "destination": "d", "audiences": ["a", 7]})],
            &[(0, "/audiences/1", "wrong-type")],
        );
    }

    #[test]
    fn a_mapped_field_has_one_source() {
        let flow = |field: Value| {
            let plain = json!({"from": "a", "to": "b"});
            [
                json!({"kind": "dataflow", "id": "f", "destination": "d", "audiences": [], "mapping": [plain, field]}),
            ]
        };
        check(&flow(json!({"to": "c", "calculated": "upper(a)"})), &[]);
        check(&flow(json!({"to": "c"})), &[(0, "/mapping/1", "bad-mapping")]);
        check(&flow(json!({"to": "c", "from": "a", "calculated": "a"})), &[(0, "/mapping/1", "bad-mapping")]);
        check(&flow(json!({"to": "c", "form": "a"})), &[(0, "/mapping/1/form", "unknown-field")]);
    }

    #[test]
    fn an_id_is_needed_once_and_has_no_slash() {
        check(&[json!({"kind": "dataset", "id": "", "schema": "s"})], &[(0, "/id", "bad-id")]);
        check(&[json!({"kind": "dataset", "id": "a/b", "schema": "s"})], &[(0, "/id", "bad-id")]);
        let same = json!({"kind": "dataset", "id": "a", "schema": "s"});
        check(&[same.clone(), same], &[(1, "/id", "defined-twice")]);
    }

    #[test]
    fn an_audience_that_is_applied_again_keeps_its_times() {
        let mut catalog = Catalog::default();
        let rule =
            |text: &str| json!({"kind": "audience", "id": "a", "name": "A", "expression": {"value": text}});
        put_all(&mut catalog, &[rule("x = 1")], 1).unwrap();
        let first = catalog.clone();
        put_all(&mut catalog, &[rule("x = 1")], 2).unwrap();
        assert_eq!(catalog, first);
        put_all(&mut catalog, &[rule("x = 2")], 3).unwrap();
        assert_eq!((catalog.audiences["a"].creation_time, catalog.audiences["a"].update_time), (1, 3));
    }
}
