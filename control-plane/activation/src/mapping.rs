//! Field mappings: from a profile to the fields a destination is to see, and no others.

use acquaint_core::eval::{Subject, naive};
use acquaint_core::lang::typed::Expr;
use acquaint_core::profile::{Consent, IdentityMap, Memberships, consent};
use acquaint_core::time::format_instant;
use acquaint_core::value::fields::get_path;
use acquaint_core::value::{Fields, Value};
use acquaint_store::catalog::{FieldMapping, FieldSource};

/// The virtual path of the membership's status, which is filled in when a message or a row is made.
const STATUS_PATH: &str = "segmentMembership.status";

const IDENTITY_PREFIX: &str = "identityMap.";

/// Whether a field is the status of the membership.
pub(crate) fn is_status(field: &FieldMapping) -> bool {
    field.path() == Some(STATUS_PATH)
}

/// What a field can be taken from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) attributes: &'a Fields,
    pub(crate) identities: &'a IdentityMap,
    pub(crate) memberships: &'a Memberships,
}

/// The mapping of a dataflow, its expressions compiled, and what it asks of a person.
#[derive(Debug, Default)]
pub(crate) struct Mapping {
    fields: Vec<Field>,
    /// Purposes to which a person must have consented.
    consent: Vec<String>,
}

#[derive(Debug)]
struct Field {
    to: String,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Identity(String),
    Path(String),
    Calculated(Expr),
}

impl Mapping {
    /// Compiles the expressions. One that `compile` does not take has no value; none such is ever published.
    pub(crate) fn of(
        mapping: &[FieldMapping],
        consent: &[String],
        compile: impl Fn(&str) -> Option<Expr>,
    ) -> Self {
        let field = |field: &FieldMapping| {
            let source = match &field.source {
                FieldSource::Path(path) => match path.strip_prefix(IDENTITY_PREFIX) {
                    Some(namespace) => Source::Identity(namespace.to_owned()),
                    None => Source::Path(path.clone()),
                },
                FieldSource::Calculated(text) => Source::Calculated(compile(text)?),
            };
            Some(Field { to: field.to.clone(), source })
        };
        let fields = mapping.iter().filter(|field| !is_status(field)).filter_map(field).collect();
        Self { fields, consent: consent.to_vec() }
    }

    /// Why nothing may be sent of a person: the first purpose that they have not consented to.
    pub(crate) fn blocked(&self, attributes: &Fields) -> Option<String> {
        self.consent.iter().find_map(|purpose| match consent::of(attributes, purpose) {
            Consent::Given => None,
            Consent::Refused => Some(format!("consent to `{purpose}` is refused")),
            Consent::Unknown => Some(format!("there is no consent to `{purpose}`")),
        })
    }

    /// The mapped fields, by the destination's names, at `now_ms`; what the profile does not have is absent.
    pub(crate) fn project(&self, known: Known<'_>, now_ms: i64) -> Fields {
        let Known { attributes, identities, memberships } = known;
        let mut fields = Fields::new();
        for Field { to, source } in &self.fields {
            let value = match source {
                Source::Identity(namespace) => {
                    identities.get(namespace).and_then(|ids| ids.first()).cloned().map(Value::String)
                }
                Source::Path(path) => get_path(attributes, path).cloned(),
                Source::Calculated(expr) => {
                    let subject = Subject { attributes, identities, memberships, events: &[] };
                    Some(naive(expr, &[], subject, now_ms))
                }
            };
            if let Some(value) = value.filter(|value| *value != Value::Null) {
                fields.insert(to.clone(), value);
            }
        }
        fields
    }
}

/// A value as one cell of a table: text as it is, what has parts as JSON.
pub(crate) fn to_cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Time(at_ms) => Some(format_instant(*at_ms)),
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::List(_) | Value::Object(_) => {
            Some(value.to_json().to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use acquaint_store::catalog::calculated;
    use acquaint_store::catalog::{Catalog, Schema, SchemaClass};
    use serde_json::{Value as Json, json};

    use super::*;

    fn field(from: &str, to: &str) -> FieldMapping {
        FieldMapping { source: FieldSource::Path(from.into()), to: to.into(), mandatory: false }
    }

    /// The value of an expression over a profile with teams, a name and a mail address, at the start of 2018.
    fn check_calculated(text: &str, expected: Json) {
        let Json::Object(properties) = json!({
            "teams": { "type": "array", "items": { "type": "string" } },
            "name": { "type": "string" },
            "born": { "type": "string", "format": "date-time" },
        }) else {
            panic!("no object")
        };
        let schema = Schema {
            id: "s".into(),
            class: SchemaClass::Profile,
            field_groups: vec![],
            properties,
            additional_properties: false,
            labels: Default::default(),
        };
        let schema = calculated::union_of([&schema]).unwrap();
        let compile =
            |text: &str| Some(calculated::compile(&Catalog::default(), &schema, text).unwrap().expr);
        let source = FieldSource::Calculated(text.into());
        let mapping =
            Mapping::of(&[FieldMapping { source, to: "out".into(), mandatory: false }], &[], compile);
        let teams = Value::List(vec!["red".into(), "blue".into()]);
        let attributes: Fields = [("teams".into(), teams), ("born".into(), Value::Time(0))].into();
        let identities: IdentityMap = [("email".into(), ["a@x".into()].into())].into();
        let known =
            Known { attributes: &attributes, identities: &identities, memberships: &Memberships::new() };
        let out = mapping.project(known, 1_514_764_800_000);
        assert_eq!(out.get("out").map(Value::to_json), Some(expected).filter(|value| !value.is_null()));
    }

    #[test]
    fn a_calculated_field_is_computed_from_the_profile_at_the_instant_given() {
        check_calculated("join('_', teams)", json!("red_blue"));
        check_calculated("teams[1]", json!("blue"));
        check_calculated("iif(size_of(teams) > 1, 'many', 'one')", json!("many"));
        check_calculated("age(born)", json!(48));
        check_calculated("identityMap.email[0].id", json!("a@x"));
    }

    #[test]
    fn a_calculated_field_without_a_value_is_absent() {
        check_calculated("upper(name)", Json::Null);
        check_calculated("teams[9]", Json::Null);
        check_calculated("coalesce(name, 'nobody')", json!("nobody"));
    }

    #[test]
    fn only_mapped_fields_leave_the_house() {
        let household =
            Value::Object([("income".into(), Value::Integer(5)), ("age".into(), Value::Null)].into());
        let attributes: Fields =
            [("household".into(), household), ("secret".into(), Value::Boolean(true))].into();
        let identities: IdentityMap = [("email".into(), ["a@x".into(), "b@x".into()].into())].into();
        let mapping = [
            field("household.income", "income"),
            field("household.age", "age"),
            field("household.income.deeper", "nothing"),
            field("identityMap.email", "mail"),
            field("identityMap.phone", "phone"),
            field(STATUS_PATH, "status"),
        ];
        let expected: Fields =
            [("income".into(), Value::Integer(5)), ("mail".into(), Value::String("a@x".into()))].into();
        let known =
            Known { attributes: &attributes, identities: &identities, memberships: &Memberships::new() };
        assert_eq!(Mapping::of(&mapping, &[], |_| None).project(known, 0), expected);
    }

    #[test]
    fn a_cell_is_text_or_json() {
        let check = |value, expected: Option<&str>| assert_eq!(to_cell(&value).as_deref(), expected);
        check(Value::Null, None);
        check(Value::String("a,\"b\"".into()), Some("a,\"b\""));
        check(Value::Integer(-3), Some("-3"));
        check(Value::Double(0.5), Some("0.5"));
        check(Value::Time(0), Some("1970-01-01T00:00:00.000Z"));
        check(Value::List(vec![Value::Boolean(true), Value::Null]), Some("[true,null]"));
    }
}
