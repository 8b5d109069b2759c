//! Messages of Segment-compatible clients to records, each with the source that its write key says.

use std::sync::Arc;

use acquaint_core::limits::EVENT_BYTES_MAX;
use acquaint_engine::Refusal;
use acquaint_engine::ingest::quarantine::{Origin, Quarantined};
use acquaint_engine::ingest::request::{Envelope, Request};
use acquaint_engine::ingest::segment;
use acquaint_store::catalog::Source;
use serde_json::Value;
use uuid::Uuid;

use super::{Judged, Kept, admit, charge, keep};
use crate::app::{InForce, Shared, blocking};
use crate::http::unauthorized;
use crate::problem::Problem;

/// Takes messages in; returns how many went to quarantine. `key` holds for the messages that have none of their own.
pub(crate) async fn messages(
    app: &Shared,
    key: Option<String>,
    request: &Request,
    mut messages: Vec<Value>,
) -> Result<usize, Problem> {
    admit(app)?;
    let in_force = app.in_force();
    let received_ms = app.clock.now_ms();
    let judge = Judge { in_force, received_ms, key };
    judge.check_keys(&messages)?;
    charge(app, &judge.senders(&messages), received_ms)?;
    messages.iter_mut().for_each(|message| request.lay_under(message));
    let kept = blocking(app, move |app| {
        let judged = messages.iter().map(|message| judge.judge(message)).collect();
        keep(app, received_ms, judged)
    });
    Ok(Kept::of(&kept.await?).refused)
}

struct Judge {
    in_force: Arc<InForce>,
    received_ms: i64,
    key: Option<String>,
}

impl Judge {
    fn key_of<'a>(&'a self, message: &'a Value) -> Option<&'a str> {
        message.get("writeKey").and_then(Value::as_str).or(self.key.as_deref())
    }

    /// Nobody is let in by keys that are all unknown; one unknown key among known ones is that message's own trouble.
    fn check_keys(&self, messages: &[Value]) -> Result<(), Problem> {
        let known =
            |key: Option<&str>| key.is_some_and(|key| self.in_force.rules.source_of_key(key).is_some());
        let any = messages.iter().any(|message| known(self.key_of(message))) || known(self.key.as_deref());
        match (any, messages.iter().any(|message| self.key_of(message).is_some()) || self.key.is_some()) {
            (true, _) => Ok(()),
            (false, true) => Err(unauthorized("the write key is not known")),
            (false, false) => Err(unauthorized(
                "a write key is needed: as the user of Basic authentication, or as `writeKey`",
            )),
        }
    }

    /// The sources, and how many of the messages each sends.
    fn senders(&self, messages: &[Value]) -> Vec<(&Source, usize)> {
        let mut senders: Vec<(&Source, usize)> = Vec::new();
        for key in messages.iter().filter_map(|message| self.key_of(message)) {
            let Some(source) = self.in_force.rules.source_of_key(key) else { continue };
            match senders.iter_mut().find(|(known, _)| known.id == source.id) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => senders.push((source, 1)),
            }
        }
        senders
    }

    fn judge(&self, message: &Value) -> Judged {
        let raw = message.to_string();
        let fallback_id = fallback_id(message, &raw);
        let key = self.key_of(message).unwrap_or_default();
        let Some(source) = self.in_force.rules.source_of_key(key) else {
            let reason = format!("the write key `{key}` is not known");
            return self.refused("", &fallback_id, message, refusal("unknown_write_key", "writeKey", reason));
        };
        let bytes = raw.len();
        if bytes > EVENT_BYTES_MAX {
            let reason = format!("{bytes} bytes are more than the {EVENT_BYTES_MAX} allowed");
            return self.refused(&source.id, &fallback_id, message, refusal("too_large", "", reason));
        }
        let envelope = Envelope { received_ms: self.received_ms, fallback_id: &fallback_id };
        match segment::message(&self.in_force.rules, source, message, &envelope) {
            Ok(bodies) => Judged::Fine { source: source.id.clone(), bytes, bodies },
            Err(refusal) => self.refused(&source.id, &fallback_id, message, refusal),
        }
    }

    fn refused(&self, source: &str, fallback_id: &str, message: &Value, refusal: Refusal) -> Judged {
        Judged::Refused(Box::new(Quarantined {
            received_ms: self.received_ms,
            origin: Origin::Segment,
            source: source.to_owned(),
            fallback_id: fallback_id.to_owned(),
            refusal,
            raw: message.to_string(),
        }))
    }
}

/// The id of a message that brings none. Sent again it should be the same, and a second one of the same kind should not:
/// a message that says when it happened is told apart by what it says, any other by nothing.
fn fallback_id(message: &Value, raw: &str) -> String {
    let dated = ["timestamp", "originalTimestamp", "sentAt"].iter().any(|name| message.get(name).is_some());
    match dated {
        true => format!("acquaint-{:032x}", xxhash_rust::xxh3::xxh3_128(raw.as_bytes())),
        false => format!("acquaint-{}", Uuid::new_v4()),
    }
}

fn refusal(code: &str, path: &str, reason: String) -> Refusal {
    Refusal { code: code.into(), reason, path: path.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(message: Value) -> bool {
        let raw = message.to_string();
        fallback_id(&message, &raw) == fallback_id(&message, &raw)
    }

    #[test]
    fn only_a_dated_message_that_comes_again_has_the_same_id() {
        assert!(same(json!({"type": "track", "timestamp": "2020-01-01T00:00:00Z"})));
        assert!(!same(json!({"type": "track"})));
    }
}
