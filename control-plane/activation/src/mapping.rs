//! Field mappings: from a profile to the fields a destination is to see, and no others.

use acquaint_core::profile::IdentityMap;
use acquaint_core::time::format_instant;
use acquaint_core::value::fields::get_path;
use acquaint_core::value::{Fields, Value};
use acquaint_store::catalog::FieldMapping;

/// The virtual path of the membership's status, which is filled in when a message or a row is made.
pub(crate) const STATUS_PATH: &str = "segmentMembership.status";

const IDENTITY_PREFIX: &str = "identityMap.";

/// The mapped fields, by the destination's names; what the profile does not have is absent.
pub(crate) fn project(mapping: &[FieldMapping], attributes: &Fields, identities: &IdentityMap) -> Fields {
    let mut fields = Fields::new();
    for field in mapping.iter().filter(|field| field.from != STATUS_PATH) {
        let value = match field.from.strip_prefix(IDENTITY_PREFIX) {
            Some(namespace) => {
                identities.get(namespace).and_then(|ids| ids.first()).cloned().map(Value::String)
            }
            None => get_path(attributes, &field.from).cloned(),
        };
        if let Some(value) = value.filter(|value| *value != Value::Null) {
            fields.insert(field.to.clone(), value);
        }
    }
    fields
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
    use super::*;

    fn field(from: &str, to: &str) -> FieldMapping {
        FieldMapping { from: from.into(), to: to.into(), mandatory: false }
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
        assert_eq!(project(&mapping, &attributes, &identities), expected);
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
