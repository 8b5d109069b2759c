//! One profile, merged, as it is answered.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use acquaint_core::profile::IdentityMap;
use acquaint_core::profile::identity::{identities, identity_map_to_json};
use acquaint_core::profile::membership::segment_membership_to_json;
use acquaint_core::time::format_instant;
use acquaint_core::value::fields;
use acquaint_store::catalog::{Catalog, version};
use acquaint_store::{ProfileDocument, Snapshot};

use super::MERGE_POLICY;
use super::selection::Selection;
use crate::app::App;
use crate::problem::Problem;

/// The reply for a profile.
///
/// `snapshot` is that from which the document was read.
pub(in crate::http) fn reply(
    app: &App,
    snapshot: &dyn Snapshot,
    document: &ProfileDocument,
    selection: Option<&Selection>,
) -> Result<Value, Problem> {
    let in_force = app.in_force();
    let policy = in_force.catalog.merge_policy.clone().unwrap_or_default();
    let mut attributes = policy.merge(&document.fragments).into_owned();
    in_force.computed.add_to(&mut attributes, snapshot, document, app.clock.now_ms())?;
    let entity = entity(document, &in_force.catalog, fields::to_json(&attributes));
    let sources: BTreeSet<&str> =
        document.fragments.iter().map(|fragment| fragment.dataset.as_str()).collect();
    let updated_ms = document.fragments.iter().map(|fragment| fragment.updated_ms).max();
    Ok(json!({
        "entityId": document.id.to_string(),
        "mergePolicy": {
            "id": MERGE_POLICY, "attributeMerge": policy.attribute_merge, "overrides": policy.overrides,
            "stitch": policy.stitch,
        },
        "sources": sources,
        "tags": [],
        "identityGraph": identity_graph(&document.identities),
        "entity": selection.map_or_else(|| entity.clone(), |selection| selection.of_entity(&entity)),
        "eventCount": document.events,
        "nextDeadline": document.deadline_ms.map(format_instant),
        "lastModifiedAt": format_instant(updated_ms.unwrap_or(document.created_ms)),
    }))
}

/// Attributes with what every profile has beside them.
fn entity(
    document: &ProfileDocument,
    catalog: &Catalog,
    mut entity: Map<String, Value>,
) -> Map<String, Value> {
    entity.insert("identityMap".into(), identity_map_to_json(&document.identities));
    let memberships = version::visible(&document.memberships, catalog);
    entity.insert("segmentMembership".into(), segment_membership_to_json(&memberships));
    entity
}

fn identity_graph(all: &IdentityMap) -> Vec<Value> {
    identities(all).map(|identity| json!({"namespace": identity.namespace, "id": identity.id})).collect()
}
