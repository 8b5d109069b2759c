//! What was taken in, as people and test programs see it: one object for each record, and one for each refusal.

use acquaint_core::id::Position;
use acquaint_core::profile::Identity;
use acquaint_core::time::format_instant;
use acquaint_core::value::fields;
use acquaint_engine::ingest::quarantine::{Quarantined, Ticket};
use acquaint_store::record::{Body, Record};
use serde_json::{Value, json};

/// A record, if somebody sent it.
pub(crate) fn record(position: Position, record: &Record) -> Option<Value> {
    let shown = |kind: &str, message: Option<&str>, identities: &[Identity]| {
        json!({
            "status": "accepted", "position": position, "received": format_instant(record.received_ms),
            "kind": kind, "messageId": message, "identities": identities,
        })
    };
    let (mut shown, more) = match &record.body {
        Body::Event { dataset, identities, event, .. } => (
            shown("event", Some(&event.id), identities),
            json!({"dataset": dataset, "timestamp": format_instant(event.timestamp_ms),
                   "fields": fields::to_json(&event.fields)}),
        ),
        Body::Upsert { message, dataset, identities, attributes } => (
            shown("attributes", message.as_deref(), identities),
            json!({"dataset": dataset, "fields": fields::to_json(attributes)}),
        ),
        Body::Link { message, identities } => (shown("link", message.as_deref(), identities), json!({})),
        Body::Unlink { message, identities, who } => {
            (shown("unlink", message.as_deref(), identities), json!({"who": who}))
        }
        Body::Erase { .. } | Body::Erased | Body::Catalog { .. } | Body::Advance | Body::Decided { .. } => {
            return None;
        }
    };
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.extend(more);
    }
    Some(shown)
}

/// A refused record.
pub(crate) fn refused(ticket: Ticket, record: &Quarantined) -> Value {
    json!({
        "id": format!("{ticket:032x}"),
        "received": format_instant(record.received_ms),
        "origin": record.origin,
        "source": record.source,
        "code": record.refusal.code,
        "reason": record.refusal.reason,
        "path": record.refusal.path,
        "raw": record.raw,
        "place": record.place,
    })
}

#[cfg(test)]
mod tests {
    use acquaint_core::profile::Event;
    use acquaint_core::value::Fields;

    use super::*;

    #[test]
    fn an_event_shows_when_it_happened_and_who_did_it() {
        let identities = vec![Identity { namespace: "userId".into(), id: "u".into() }];
        let event = Event { id: "m".into(), timestamp_ms: -1_000, fields: Fields::new() };
        let body = Body::Event { dataset: "events".into(), identities, event, from_edge: None };
        assert_eq!(
            record(7, &Record { received_ms: 0, body }).unwrap(),
            json!({"status": "accepted", "position": 7, "received": "1970-01-01T00:00:00.000Z", "kind": "event",
                "messageId": "m", "identities": [{"namespace": "userId", "id": "u"}], "dataset": "events",
                "timestamp": "1969-12-31T23:59:59.000Z", "fields": {}})
        );
        assert_eq!(record(8, &Record { received_ms: 0, body: Body::Advance }), None);
    }
}
