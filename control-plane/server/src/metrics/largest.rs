//! The largest of what was taken in since the start: guardrails are held against it.

use std::sync::atomic::{AtomicU64, Ordering};

use acquaint_core::profile::Identity;
use acquaint_core::value::{Fields, Value};
use acquaint_store::record::Body;

/// One figure that only grows.
#[derive(Debug, Default)]
pub(crate) struct Largest(AtomicU64);

impl Largest {
    fn see(&self, size: usize) {
        self.0.fetch_max(u64::try_from(size).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The largest so far; 0 before the first.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is measured of messages that were taken in.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// Bytes of a message that says what happened.
    pub event_bytes: Largest,
    /// Bytes of a message that says what somebody is like.
    pub record_bytes: Largest,
    /// Items of a list of an event.
    pub event_list_items: Largest,
    /// Items of a list of attributes.
    pub record_list_items: Largest,
    /// Identities of one record.
    pub identities: Largest,
    /// Characters of one identity.
    pub identity_characters: Largest,
}

impl Messages {
    /// A message of so many bytes was taken in, and became these records.
    pub(crate) fn taken(&self, bytes: usize, bodies: &[Body]) {
        match bodies.iter().any(|body| matches!(body, Body::Event { .. })) {
            true => self.event_bytes.see(bytes),
            false => self.record_bytes.see(bytes),
        }
        for body in bodies {
            match body {
                Body::Event { identities, event, .. } => {
                    self.event_list_items.see(longest(&event.fields));
                    self.named(identities);
                }
                Body::Upsert { identities, attributes, .. } => {
                    self.record_list_items.see(longest(attributes));
                    self.named(identities);
                }
                Body::Link { identities, .. } => self.named(identities),
                Body::Unlink { .. }
                | Body::Erase { .. }
                | Body::Erased
                | Body::Catalog { .. }
                | Body::Advance
                | Body::Decided { .. } => {}
            }
        }
    }

    fn named(&self, identities: &[Identity]) {
        self.identities.see(identities.len());
        for identity in identities {
            // Counting bytes is enough as long as there are no more of them than of the characters seen so far.
            if u64::try_from(identity.id.len()).unwrap_or(u64::MAX) > self.identity_characters.get() {
                self.identity_characters.see(identity.id.chars().count());
            }
        }
    }
}

/// Items of the longest list, wherever it is.
fn longest(fields: &Fields) -> usize {
    fields.values().map(longest_in).max().unwrap_or(0)
}

fn longest_in(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(longest_in).fold(items.len(), usize::max),
        Value::Object(fields) => longest(fields),
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Double(_)
        | Value::Time(_)
        | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use acquaint_core::value::fields::from_json;
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn the_longest_list_is_found_wherever_it_is() {
        let check = |fields: Json, expected: usize| {
            let fields = from_json(fields.as_object().unwrap(), 16).unwrap();
            assert_eq!(longest(&fields), expected);
        };
        check(json!({"a": 1, "b": "text"}), 0);
        check(json!({"a": [1, 2], "b": {"c": [1, 2, 3]}}), 3);
        check(json!({"a": [{"b": [1, 2, 3, 4]}, 2]}), 4);
    }

    #[test]
    fn only_the_largest_is_kept() {
        let messages = Messages::default();
        let identity = |id: &str| Identity { namespace: "crm".into(), id: id.into() };
        let link = |identities: Vec<Identity>| Body::Link { message: None, identities };
        messages.taken(10, &[link(vec![identity("äöü"), identity("a")])]);
        messages.taken(7, &[link(vec![identity("ab")])]);
        let found = [
            &messages.event_bytes,
            &messages.record_bytes,
            &messages.identities,
            &messages.identity_characters,
        ];
        assert_eq!(found.map(Largest::get), [0, 10, 2, 3]);
    }
}
