//! Pure: whether a record, a change or something refused is about a person.

use acquaint_core::profile::Identity;
use acquaint_engine::ingest::quarantine::Quarantined;
use acquaint_store::erasure::Person;
use acquaint_store::record::{Body, Change, Record};
use serde_json::Value;

/// A record that names one of the identities, whoever else it names, or decides about one of the profiles.
pub(super) fn record(record: &Record, person: &Person) -> bool {
    let named = |identities: &[Identity]| identities.iter().any(|one| person.identities.contains(one));
    match &record.body {
        Body::Event { identities, .. }
        | Body::Upsert { identities, .. }
        | Body::Link { identities, .. }
        | Body::Unlink { identities, .. }
        | Body::Erase { identities, .. } => named(identities),
        Body::Decided { profile, .. } => person.profiles.contains(profile),
        Body::Catalog { .. } | Body::Advance | Body::Erased => false,
    }
}

/// A change of one of the profiles.
pub(super) fn change(change: &Change, person: &Person) -> bool {
    person.profiles.contains(&change.profile)
}

/// What was refused has no identities yet, so a value anywhere in it that is the value of an identity counts, whatever
/// the namespace. What is no JSON is searched as text.
pub(super) fn refused(refused: &Quarantined, person: &Person) -> bool {
    let ids = || person.identities.iter().map(|identity| identity.id.as_str());
    match serde_json::from_str::<Value>(&refused.raw) {
        Ok(json) => any_value(&json, &|text| ids().any(|id| id.eq_ignore_ascii_case(text.trim()))),
        Err(_) => ids().any(|id| refused.raw.contains(id)),
    }
}

/// Nesting is bounded by the reader of JSON.
fn any_value(json: &Value, found: &impl Fn(&str) -> bool) -> bool {
    match json {
        Value::String(text) => found(text),
        Value::Number(number) => found(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| any_value(item, found)),
        // An identity may be the name of a field, in a map of identities turned round.
        Value::Object(fields) => fields.iter().any(|(name, value)| found(name) || any_value(value, found)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use acquaint_engine::Refusal;
    use acquaint_engine::ingest::quarantine::Origin;

    use super::*;

    #[test]
    fn something_refused_is_about_a_person_whose_identity_is_a_value_in_it() {
        let identity = Identity { namespace: "email".into(), id: "ada@example.com".into() };
        let person = Person { identities: [identity].into(), ..Person::default() };
        let check = |raw: &str, expected: bool| {
            let record = Quarantined {
                received_ms: 0,
                origin: Origin::Segment,
                source: "web".into(),
                fallback_id: String::new(),
                refusal: Refusal { code: String::new(), reason: String::new(), path: String::new() },
                raw: raw.into(),
                place: None,
            };
            assert_eq!(refused(&record, &person), expected, "{raw}");
        };
        check(r#"{"traits": {"email": ["Ada@Example.com "]}}"#, true);
        check(r#"{"ada@example.com": 1}"#, true);
        check(r#"{"traits": {"email": "nada@example.com"}}"#, false);
        check("userId=ada@example.com", true);
        check("{}", false);
    }
}
