//! Who is in which audience: as the control plane says, profile by profile, and as the edge answers.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::demo_data::DATASTREAM;
use crate::edge::Edge;

/// The audiences a household is in, by a profile lookup at the control plane.
pub fn at_control_plane(control: &ControlPlane, household: &str) -> Result<BTreeSet<String>> {
    let path = format!(
        "/data/core/ups/access/entities?schema.name=_xdm.context.profile&entityId={household}&entityIdNS=household"
    );
    let body = control.admin.get(&path)?.ok()?;
    let profile = body.as_object().and_then(|all| all.values().next()).context("no profile in the answer")?;
    let memberships = profile.pointer("/entity/segmentMembership/ups").and_then(Value::as_object);
    Ok(memberships
        .into_iter()
        .flatten()
        .filter(|(_, state)| state.get("status").and_then(Value::as_str) == Some("realized"))
        .map(|(id, _)| id.clone())
        .collect())
}

/// Households by audience, for all `households`.
pub fn by_audience(
    control: &ControlPlane,
    households: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for household in households {
        for audience in at_control_plane(control, household)? {
            members.entry(audience).or_default().insert(household.clone());
        }
    }
    Ok(members)
}

/// The audiences a household is in, as the edge answers a lookup, or an event when one is given.
pub fn at_edge(edge: &Edge, household: &str, event: Value) -> Result<BTreeSet<String>> {
    let mut xdm = event;
    let identity =
        json!({ "household": [{ "id": household, "primary": true, "authenticatedState": "authenticated" }] });
    xdm.as_object_mut().context("an event is an object")?.insert("identityMap".into(), identity);
    let body = json!({ "events": [{ "xdm": xdm }] });
    let path =
        format!("/ee/v1/interact?configId={DATASTREAM}&requestId={household}-{}", body.to_string().len());
    let answer = edge.client.post(&path, &body)?.ok()?;
    let handles = answer.get("handle").and_then(Value::as_array).context("an answer without handles")?;
    Ok(of_handles(handles.iter()))
}

/// The audiences that custom personalization destinations are told in these handles of an answer.
pub fn of_handles<'a>(handles: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    handles
        .filter(|handle| handle.get("type").and_then(Value::as_str) == Some("activation:pull"))
        .filter_map(|handle| handle.get("payload")?.as_array())
        .flatten()
        .filter_map(|item| item.get("segments")?.as_array())
        .flatten()
        .filter_map(|segment| Some(segment.get("id")?.as_str()?.to_owned()))
        .collect()
}
