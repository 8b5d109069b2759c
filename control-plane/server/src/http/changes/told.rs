//! What a client is told, in words that a browser's `EventSource` understands.

use acquaint_core::id::{DatasetId, Position, ProfileId};
use acquaint_core::profile::identity::identity_map_to_json;
use acquaint_core::profile::{Event, Identity, IdentityMap, MembershipChange};
use acquaint_core::time::format_instant;
use acquaint_core::value::{Fields, fields};
use acquaint_store::{ProfileDocument, Snapshot};
use axum::response::sse;
use serde_json::{Map, Value, json};

use super::cursor::Cursor;
use crate::app::App;
use crate::http::entities;
use crate::problem::Problem;

/// One thing that is told.
pub(super) struct Told {
    /// How far all is told then.
    pub(super) cursor: Cursor,
    /// The record that is the cause.
    pub(super) record: Position,
    /// When that was accepted, where it was read.
    pub(super) at_ms: Option<i64>,
    pub(super) what: What,
}

/// What has happened.
pub(super) enum What {
    /// How things stand: the profile as it is answered.
    Profile(Value),
    /// Computed attributes have other values; those without one any more are null.
    Computed { values: Map<String, Value> },
    /// Attributes were sent.
    Attributes { dataset: DatasetId, identity: Identity, attributes: Fields },
    /// The person did something.
    Event { dataset: DatasetId, event: Event },
    /// Identities came or went.
    Identity { all: IdentityMap, added: Vec<Value>, removed: Vec<Value> },
    /// An audience was entered or left.
    Membership { profile: ProfileId, identities: IdentityMap, change: MembershipChange },
    /// The profile is another from now on.
    Merged { into: ProfileId },
}

impl Told {
    /// How things stand.
    pub(super) fn profile(
        app: &App,
        snapshot: &dyn Snapshot,
        document: &ProfileDocument,
        cursor: Cursor,
    ) -> Result<Self, Problem> {
        let reply = entities::reply(app, snapshot, document, None)?;
        Ok(Self { cursor, record: document.position, at_ms: None, what: What::Profile(reply) })
    }

    pub(super) fn into_event(self) -> sse::Event {
        let (name, mut data) = match self.what {
            What::Profile(reply) => ("profile", json!({"profile": reply})),
            What::Computed { values } => ("computed", json!({"computedAttributes": values})),
            What::Attributes { dataset, identity, attributes } => {
                let attributes = fields::to_json(&attributes);
                let said = json!({"dataset": dataset, "identity": identity, "attributes": attributes});
                ("attributes", said)
            }
            What::Event { dataset, event } => {
                ("event", json!({"dataset": dataset, "event": event.to_json()}))
            }
            What::Identity { all, added, removed } => {
                let all = identity_map_to_json(&all);
                ("identity", json!({"identityMap": all, "added": added, "removed": removed}))
            }
            What::Membership { profile, identities, change } => {
                let said = json!({
                    "xid": profile.to_string(),
                    "identityMap": identity_map_to_json(&identities),
                    "audience": change.audience,
                    "status": change.status,
                    "lastQualificationTime": format_instant(change.at_ms),
                });
                ("membership", said)
            }
            What::Merged { into } => ("merged", json!({"into": into.to_string()})),
        };
        if let Value::Object(data) = &mut data {
            data.insert("record".into(), json!(self.record));
            data.extend(self.at_ms.map(|at_ms| ("at".into(), json!(format_instant(at_ms)))));
        }
        sse::Event::default().id(self.cursor.text()).event(name).data(data.to_string())
    }
}
