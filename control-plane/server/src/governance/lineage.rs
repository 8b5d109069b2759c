//! Where what a dataflow sends comes from: the rules of its audiences, those that they refer to and the computed attributes
//! that they read, and the fields that are mapped.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::lang;
use acquaint_core::lang::schema::{Class, UnionSchema};
use acquaint_core::lang::typed::Expr;
use acquaint_core::plan::computed::COMPUTED_ATTRIBUTES;
use acquaint_core::plan::{FieldRead, fields_read, references};
use acquaint_store::catalog::calculated::{self, Audiences};
use acquaint_store::catalog::governance::{IDENTITY_MAP, SEGMENT_MEMBERSHIP};
use acquaint_store::catalog::{Catalog, Connection, Dataflow, FieldSource};

use crate::definitions::{Kind, Subject};

/// The membership that a delivery is about.
const STATUS: &str = "segmentMembership.status";
/// What stands for the visitor in an address.
const VISITOR: &str = "{ecid}";
const VISITOR_NAMESPACE: &str = "ECID";

/// Fields that are read at one place, and the way from there to the dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// The field of the dataflow that leads there, as a JSON pointer; empty: every delivery has it.
    pub pointer: String,
    /// Audiences and computed attributes on the way, the nearest to the dataflow first.
    pub via: Vec<Subject>,
    /// What is read.
    pub fields: BTreeSet<FieldRead>,
}

/// Rules, each looked into once.
pub(crate) struct Lineage<'a> {
    catalog: &'a Catalog,
    schema: &'a UnionSchema,
    known: BTreeMap<Subject, Asked>,
}

/// What an expression asks for.
#[derive(Clone, Debug, Default)]
struct Asked {
    fields: BTreeSet<FieldRead>,
    others: BTreeSet<Subject>,
}

impl<'a> Lineage<'a> {
    /// `schema` is what expressions of the catalogue are resolved against.
    pub(crate) fn new(catalog: &'a Catalog, schema: &'a UnionSchema) -> Self {
        Self { catalog, schema, known: BTreeMap::new() }
    }

    /// What decides who is in an audience of a dataflow; `index` is its place there.
    pub(crate) fn of_audience(&mut self, index: usize, audience: &str) -> Vec<Read> {
        let audience = Subject::new(Kind::Audience, audience);
        let mut reads = Vec::new();
        self.follow(&format!("/audiences/{index}"), &mut vec![audience], &mut BTreeSet::new(), &mut reads);
        reads
    }

    /// What is sent of everybody.
    pub(crate) fn of_mapping(&mut self, dataflow: &Dataflow, connection: &Connection) -> Vec<Read> {
        let mut reads = Vec::new();
        let always = identities(connection);
        if !always.is_empty() {
            reads.push(Read { pointer: String::new(), via: Vec::new(), fields: always });
        }
        for (index, field) in dataflow.mapping.iter().enumerate() {
            let (member, asked) = match &field.source {
                FieldSource::Path(path) if path == STATUS => continue,
                FieldSource::Path(path) => ("from", self.asked(BTreeSet::from([field_of(path)]))),
                FieldSource::Calculated(text) => ("calculated", self.calculated(text)),
            };
            let pointer = format!("/mapping/{index}/{member}");
            if !asked.fields.is_empty() {
                reads.push(Read { pointer: pointer.clone(), via: Vec::new(), fields: asked.fields });
            }
            let mut seen = BTreeSet::new();
            for other in asked.others {
                self.follow(&pointer, &mut vec![other], &mut seen, &mut reads);
            }
        }
        reads
    }

    /// Adds what the last of `via` reads, and what those read that it asks. Rules make no circles; what is met again on
    /// another way is told of once.
    fn follow(
        &mut self,
        pointer: &str,
        via: &mut Vec<Subject>,
        seen: &mut BTreeSet<Subject>,
        reads: &mut Vec<Read>,
    ) {
        let Some(last) = via.last().filter(|last| seen.insert((*last).clone())).cloned() else { return };
        let asked = match self.known.get(&last) {
            Some(asked) => asked.clone(),
            None => {
                let asked = self.look_into(&last);
                self.known.insert(last, asked.clone());
                asked
            }
        };
        reads.push(Read { pointer: pointer.to_owned(), via: via.clone(), fields: asked.fields });
        for other in asked.others {
            via.push(other);
            self.follow(pointer, via, seen, reads);
            via.pop();
        }
    }

    /// What does not compile is refused before anybody asks here.
    fn look_into(&self, subject: &Subject) -> Asked {
        let audience = self.catalog.audiences.get(&subject.id).filter(|_| subject.kind == Kind::Audience);
        if let Some(audience) = audience {
            let rule = lang::compile(&audience.expression.value, self.schema, &Audiences(self.catalog));
            return rule.map(|rule| self.of_expression(&rule.expr, true)).unwrap_or_default();
        }
        let computed = self.catalog.computed_attributes.get(&subject.id);
        let value = computed.and_then(|attribute| attribute.compile(self.catalog, self.schema).ok());
        value.map(|computed| self.of_expression(&computed.value.expr, false)).unwrap_or_default()
    }

    fn calculated(&self, text: &str) -> Asked {
        let compiled = calculated::compile(self.catalog, self.schema, text);
        compiled.map(|compiled| self.of_expression(&compiled.expr, false)).unwrap_or_default()
    }

    fn of_expression(&self, expr: &Expr, decides: bool) -> Asked {
        let mut asked = self.asked(fields_read(expr, decides));
        let named = references(expr).into_iter().map(|id| Subject::new(Kind::Audience, id.as_str()));
        asked.others.extend(named);
        asked
    }

    /// Takes apart what is stored and what is computed: computed attributes and memberships are fields as well.
    fn asked(&self, fields: BTreeSet<FieldRead>) -> Asked {
        let mut asked = Asked::default();
        for field in fields {
            match (field.class, field.path.as_slice()) {
                (Class::Profile, [family, rest @ ..]) if family == COMPUTED_ATTRIBUTES => {
                    let all = self.catalog.computed_attributes.values();
                    let wanted = all.filter(|known| rest.first().is_none_or(|name| *name == known.name));
                    let wanted = wanted.map(|known| Subject::new(Kind::ComputedAttribute, &known.id));
                    asked.others.extend(wanted);
                }
                (Class::Profile, [family, rest @ ..]) if family == SEGMENT_MEMBERSHIP => {
                    let all = self.catalog.audiences.keys();
                    let wanted = all.filter(|known| rest.get(1).is_none_or(|id| id == *known));
                    asked.others.extend(wanted.map(|known| Subject::new(Kind::Audience, known)));
                }
                _ => drop(asked.fields.insert(field)),
            }
        }
        asked
    }
}

fn field_of(path: &str) -> FieldRead {
    FieldRead { class: Class::Profile, path: path.split('.').map(str::to_owned).collect(), inside: true }
}

/// What a destination is told of everybody, whatever is mapped.
fn identities(connection: &Connection) -> BTreeSet<FieldRead> {
    match connection {
        Connection::HttpApi { .. } => BTreeSet::from([field_of(IDENTITY_MAP)]),
        Connection::Url { url, .. } if url.contains(VISITOR) => {
            BTreeSet::from([field_of(&format!("{IDENTITY_MAP}.{VISITOR_NAMESPACE}"))])
        }
        Connection::Url { .. }
        | Connection::CsvFile { .. }
        | Connection::ObjectStorage { .. }
        | Connection::CustomPersonalization { .. }
        | Connection::Cookie { .. } => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use acquaint_engine::compile::schema_of;
    use serde_json::{Value, json};

    use super::super::testing::{catalog, shop};
    use super::*;

    fn shown(read: &Read) -> String {
        let via = read.via.iter().map(|subject| format!(" via {} {}", subject.kind, subject.id));
        let fields = read.fields.iter().map(|field| field.path.join(".")).collect::<Vec<_>>().join(",");
        format!("{}{}: {fields}", read.pointer, via.collect::<String>())
    }

    fn check_audience(rule: &str, expected: &[&str]) {
        let audience = json!({"kind": "audience", "id": "it", "name": "it", "expression": {"value": rule}});
        let catalog = catalog(&[shop(), vec![audience]].concat());
        let schema = schema_of(&catalog).unwrap();
        let found = Lineage::new(&catalog, &schema).of_audience(0, "it");
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{rule}");
    }

    fn check_mapping(connection: Value, mapping: Value, expected: &[&str]) {
        let catalog = catalog(&[
            shop(),
            vec![
                json!({"kind": "destination", "id": "there", "connection": connection}),
                json!({"kind": "dataflow", "id": "f", "destination": "there", "audiences": [], "mapping": mapping}),
            ],
        ].concat());
        let schema = schema_of(&catalog).unwrap();
        let connection = &catalog.destinations["there"].connection;
        let found = Lineage::new(&catalog, &schema).of_mapping(&catalog.dataflows["f"], connection);
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_rule_reads_through_other_audiences_and_computed_attributes() {
        check_audience("city = \"Rome\"", &["/audiences/0 via audience it: city"]);
        check_audience(
            r#"inSegment("young") and inSegment("rich")"#,
            &[
                "/audiences/0 via audience it: ",
                "/audiences/0 via audience it via audience rich: ",
                "/audiences/0 via audience it via audience rich via computedAttribute spent: eventType,price,timestamp",
                "/audiences/0 via audience it via audience young: birthDate",
            ],
        );
        check_audience(
            r#"segmentMembership.ups.young.status = "realized""#,
            &["/audiences/0 via audience it: ", "/audiences/0 via audience it via audience young: birthDate"],
        );
    }

    #[test]
    fn what_is_mapped_is_read() {
        let file = json!({"type": "csvFile", "directory": "out"});
        check_mapping(
            file,
            json!([{"from": "segmentMembership.status", "to": "a"}, {"from": "city", "to": "b"},
                {"from": "computedAttributes.total_spent", "to": "c"}, {"calculated": "upper(city)", "to": "d"}]),
            &[
                "/mapping/1/from: city",
                "/mapping/2/from via computedAttribute spent: eventType,price,timestamp",
                "/mapping/3/calculated: city",
            ],
        );
    }

    #[test]
    fn a_message_has_all_identities() {
        let http = json!({"type": "httpApi", "url": "https://example.com", "secret": "s"});
        check_mapping(http, json!([]), &[": identityMap"]);
        let pixel = |url: &str| json!({"type": "url", "datastream": "d", "url": url});
        check_mapping(pixel("https://example.com/{audience}"), json!([]), &[]);
        check_mapping(pixel("https://example.com/{ecid}"), json!([]), &[": identityMap.ECID"]);
    }
}
