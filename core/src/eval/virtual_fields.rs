//! Fields that an expression reads and nobody stores: `_id` and `timestamp` of an event, `identityMap` and
//! `segmentMembership` of the profile.

use alloc::string::String;

use crate::gather::gather;
use crate::id::AudienceId;
use crate::profile::{Event, IdentityMap, Memberships, Status};
use crate::value::{Fields, Value};

/// The name of an event's instant.
pub(crate) const TIMESTAMP: &str = "timestamp";
/// The name of an event's id.
pub(crate) const ID: &str = "_id";
/// The name of the linked identities.
pub(crate) const IDENTITY_MAP: &str = "identityMap";
/// The name of the stored memberships.
pub(crate) const SEGMENT_MEMBERSHIP: &str = "segmentMembership";

/// The event as one object.
pub(crate) fn event(event: &Event) -> Value {
    let mut fields = event.fields.clone();
    fields.insert(String::from(ID), Value::String(event.id.clone()));
    fields.insert(String::from(TIMESTAMP), Value::Time(event.timestamp_ms));
    Value::Object(fields)
}

/// The profile as one object.
pub(crate) fn profile(attributes: &Fields, identities: &IdentityMap, memberships: &Memberships) -> Value {
    let mut fields = attributes.clone();
    fields.insert(String::from(IDENTITY_MAP), identity_map(identities));
    fields.insert(String::from(SEGMENT_MEMBERSHIP), segment_membership(memberships));
    Value::Object(fields)
}

/// `{"ECID": [{"id": "..."}]}`
pub(crate) fn identity_map(identities: &IdentityMap) -> Value {
    let item = |id: &String| Value::Object([(String::from("id"), Value::String(id.clone()))].into());
    let namespaces = identities
        .iter()
        .map(|(namespace, ids)| (namespace.clone(), Value::List(ids.iter().map(item).collect())));
    Value::Object(gather(namespaces))
}

/// `{"ups": {"<audience>": {"status": "realized", "lastQualificationTime": ...}}}`
pub(crate) fn segment_membership(memberships: &Memberships) -> Value {
    let items = memberships.iter().map(|(audience, membership)| {
        let status = match membership.status {
            Status::Realized => "realized",
            Status::Exited => "exited",
        };
        let fields = [
            (String::from("status"), Value::from(status)),
            (String::from("lastQualificationTime"), Value::Time(membership.since_ms)),
        ];
        (String::from(audience.as_str()), Value::Object(fields.into()))
    });
    Value::Object([(String::from("ups"), Value::Object(gather(items)))].into())
}

/// The stored membership.
pub(crate) fn is_member(memberships: &Memberships, audience: &AudienceId) -> bool {
    memberships.get(audience).is_some_and(|membership| membership.status == Status::Realized)
}
