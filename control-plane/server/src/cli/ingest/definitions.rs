//! The definitions that `acquaint ingest dev` starts with: one source, and schemas of which any name is a field, so that
//! nothing that is well formed is refused.

use serde_json::{Value, json};

/// Namespaces that XDM messages and CloudEvents may name without ado; those of Segment clients are built in.
const NAMESPACES: [(&str, &str); 9] = [
    ("CRMID", "crossDevice"),
    ("Email", "email"),
    ("Email_LC_SHA256", "email"),
    ("Phone", "phone"),
    ("IDFA", "device"),
    ("GAID", "device"),
    ("FPID", "device"),
    ("AdCloud", "cookie"),
    ("CORE", "cookie"),
];

/// As documents.
pub(super) fn documents(write_key: &str, per_second: Option<u32>) -> Vec<Value> {
    let any = json!({"type": "object", "additionalProperties": true});
    let instant = json!({"type": "string", "format": "date-time"});
    // Named, so that events keep them.
    let kept = json!({"properties": any, "context": any, "integrations": any,
        "originalTimestamp": instant, "sentAt": instant, "receivedAt": instant});
    let mut source = json!({"kind": "source", "id": "dev", "writeKey": write_key,
        "eventDataset": "events", "profileDataset": "profiles"});
    if let (Some(per_second), Value::Object(source)) = (per_second, &mut source) {
        source.insert("rateLimit".into(), json!({"perSecond": per_second}));
    }
    let mut documents = vec![
        json!({"kind": "schema", "id": "any-event", "class": "event", "properties": kept, "additionalProperties": true}),
        json!({"kind": "schema", "id": "any-profile", "class": "profile", "additionalProperties": true}),
        json!({"kind": "dataset", "id": "events", "schema": "any-event"}),
        json!({"kind": "dataset", "id": "profiles", "schema": "any-profile"}),
        source,
    ];
    documents.extend(NAMESPACES.map(|(id, kind)| json!({"kind": "namespace", "id": id, "type": kind})));
    documents
}
