//! The body of a message. The outside is Standard Webhooks (`type`, `timestamp`, `data`), the inside of `data` has the
//! names of an Adobe profile export: `identityMap`, `segmentMembership.ups`, mapped attributes.

use acquaint_core::profile::{IdentityMap, Status};
use acquaint_core::time::format_instant;
use acquaint_core::value::fields::insert_path;
use acquaint_core::value::{Fields, Value};
use serde_json::{Value as Json, json};

use crate::destinations::Envelope;
use crate::ledger::{Intent, Kind, Sending};
use crate::mapping::is_status;

/// Bytes of a body, at most (Standard Webhooks asks for about 20 KB).
pub(crate) const BODY_BYTES_MAX: usize = 20_000;

/// Why a message cannot be made. It is a dead letter then, and holds up nothing else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// A mandatory field has no value.
    #[error("the mandatory field `{0}` has no value")]
    Missing(String),
    /// It has grown too long.
    #[error("the message has {0} bytes; {BODY_BYTES_MAX} are allowed")]
    TooLong(usize),
}

/// Makes the body.
pub(crate) fn body(envelope: &Envelope, sending: &Sending) -> Result<Vec<u8>, Error> {
    let Sending { kind, intent } = sending;
    let status = wire_status(intent);
    let since = format_instant(intent.since_ms);
    let ups = json!({ &envelope.audience: { "lastQualificationTime": since, "status": status } });
    let message = json!({
        "type": wire_type(*kind),
        "timestamp": since,
        "data": {
            "dataflow": envelope.dataflow.id,
            "audience": { "id": envelope.audience, "name": envelope.audience_name },
            "status": status,
            "lastQualificationTime": since,
            "identityMap": identity_map(&intent.identities),
            "segmentMembership": { "ups": ups },
            "attributes": attributes(envelope, &intent.attributes, status)?,
        }
    });
    let body = message.to_string().into_bytes();
    if body.len() > BODY_BYTES_MAX {
        return Err(Error::TooLong(body.len()));
    }
    Ok(body)
}

fn wire_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Entered => "audience.entered",
        Kind::Updated => "audience.updated",
        Kind::Exited => "audience.exited",
    }
}

/// Design, decision 4.
pub(crate) fn wire_status(intent: &Intent) -> &'static str {
    match (intent.status, intent.existing) {
        (Status::Realized, false) => "realized",
        (Status::Realized, true) => "existing",
        (Status::Exited, _) => "exited",
    }
}

fn identity_map(identities: &IdentityMap) -> Json {
    let of_namespace = |ids: &std::collections::BTreeSet<String>| {
        Json::Array(ids.iter().map(|id| json!({ "id": id })).collect())
    };
    Json::Object(identities.iter().map(|(code, ids)| (code.clone(), of_namespace(ids))).collect())
}

fn attributes(envelope: &Envelope, known: &Fields, status: &str) -> Result<Json, Error> {
    let mut fields = Fields::new();
    for field in &envelope.dataflow.mapping {
        let value = match known.get(&field.to) {
            _ if is_status(field) => Value::String(status.to_owned()),
            Some(value) => value.clone(),
            None if field.mandatory => return Err(Error::Missing(field.to.clone())),
            None => continue,
        };
        // `person.name` becomes an object inside an object, unless another field's plain value is in the way.
        if insert_path(&mut fields, &field.to, value.clone()).is_err() {
            fields.insert(field.to.clone(), value);
        }
    }
    Ok(Value::Object(fields).to_json())
}
