//! `GET /data/core/ups/access/entities`: one profile, merged, or its events (`pql.md` section 7). The reply is keyed by
//! our id of the profile, the XID.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use acquaint_core::profile::identity::identity_map_to_json;
use acquaint_core::profile::membership::segment_membership_to_json;
use acquaint_core::profile::{Identity, IdentityMap};
use acquaint_core::time::{format_instant, parse_instant};
use acquaint_core::value::fields;
use acquaint_store::catalog::definition::ONLY_ID;
use acquaint_store::catalog::version;
use acquaint_store::{ProfileDocument, ProfileStore, StoredEvent, profile_document};

use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

const PROFILE: &str = "_xdm.context.profile";
const EVENT: &str = "_xdm.context.experienceevent";
/// Events of one page.
const EVENTS_MAX: usize = 1_000;

pub(crate) type Asked = BTreeMap<String, String>;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/data/core/ups/access/entities", get(entities))
}

async fn entities(State(app): State<Shared>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let schema = asked.get("schema.name").map_or(PROFILE, String::as_str);
    let (id, namespace) = match schema {
        PROFILE => ("entityId", "entityIdNS"),
        EVENT => ("relatedEntityId", "relatedEntityIdNS"),
        other => {
            let detail = format!("`{other}` is not one of `{PROFILE}`, `{EVENT}`");
            return Err(Problem::bad_request("bad-query", "the schema is not known", detail)
                .with("field", "schema.name"));
        }
    };
    let identity = Identity { namespace: needed(&asked, namespace)?, id: needed(&asked, id)? };
    let events = schema == EVENT;
    let answer = blocking(&app, move |app| match events {
        false => profile(app, &identity, &asked),
        true => event_page(app, &identity, &asked),
    });
    Ok(Json(answer.await?))
}

pub(crate) fn needed(asked: &Asked, name: &'static str) -> Result<String, Problem> {
    match asked.get(name) {
        Some(value) if !value.is_empty() => Ok(value.clone()),
        Some(_) | None => {
            let detail = format!("the parameter `{name}` is needed");
            Err(Problem::bad_request("bad-query", "a parameter is missing", detail).with("field", name))
        }
    }
}

pub(crate) fn find(
    app: &App,
    identity: &Identity,
) -> Result<(Box<dyn acquaint_store::Snapshot>, ProfileDocument), Problem> {
    let snapshot = app.store.snapshot();
    let found = profile_document::find(&*snapshot, identity)?;
    let document = found.map(|id| ProfileDocument::load(&*snapshot, id)).transpose()?.flatten();
    match document {
        Some(document) => Ok((snapshot, document)),
        None => Err(Problem::not_found(
            "profile with identity",
            &format!("{}/{}", identity.namespace, identity.id),
        )),
    }
}

fn profile(app: &App, identity: &Identity, asked: &Asked) -> Result<Value, Problem> {
    let (_, document) = find(app, identity)?;
    let policy = app.in_force().catalog.merge_policy.clone().unwrap_or_default();
    let mut entity = fields::to_json(&policy.merge(&document.fragments));
    entity.insert("identityMap".into(), identity_map_to_json(&document.identities));
    entity.insert(
        "segmentMembership".into(),
        segment_membership_to_json(&version::visible(&document.memberships, &app.in_force().catalog)),
    );
    if let Some(wanted) = asked.get("fields") {
        entity = only(&entity, wanted);
    }
    let sources: std::collections::BTreeSet<&str> =
        document.fragments.iter().map(|fragment| fragment.dataset.as_str()).collect();
    let updated_ms = document.fragments.iter().map(|fragment| fragment.updated_ms).max();
    let xid = document.id.to_string();
    let reply = json!({
        "entityId": xid,
        "mergePolicy": {"id": ONLY_ID, "attributeMerge": policy.attribute_merge,
            "overrides": policy.overrides, "stitch": policy.stitch},
        "sources": sources,
        "identityGraph": identity_graph(&document.identities),
        "entity": entity,
        "eventCount": document.events,
        "nextDeadline": document.deadline_ms.map(format_instant),
        "lastModifiedAt": format_instant(updated_ms.unwrap_or(document.created_ms)),
    });
    Ok(json!({ xid: reply }))
}

fn identity_graph(identities: &IdentityMap) -> Vec<Value> {
    let all = identities.iter().flat_map(|(namespace, ids)| ids.iter().map(move |id| (namespace, id)));
    all.map(|(namespace, id)| json!({"namespace": namespace, "id": id})).collect()
}

/// The fields of a comma list of paths.
fn only(entity: &Map<String, Value>, wanted: &str) -> Map<String, Value> {
    let mut kept = Map::new();
    for path in wanted.split(',').map(str::trim).filter(|path| !path.is_empty()) {
        let steps: Vec<&str> = path.split('.').collect();
        copy(entity, &mut kept, &steps);
    }
    kept
}

fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, steps: &[&str]) {
    let Some((first, rest)) = steps.split_first() else { return };
    let Some(value) = from.get(*first) else { return };
    match value {
        Value::Object(inner) if !rest.is_empty() => {
            let below = to.entry(*first).or_insert_with(|| json!({}));
            if let Value::Object(below) = below {
                copy(inner, below, rest);
            }
        }
        _ if rest.is_empty() => {
            to.insert((*first).to_owned(), value.clone());
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {}
    }
}

fn event_page(app: &App, identity: &Identity, asked: &Asked) -> Result<Value, Problem> {
    let instant = |name: &'static str, otherwise: i64| match asked.get(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().ok().or_else(|| parse_instant(text)).ok_or_else(|| {
            let detail = format!("`{text}` is no instant");
            Problem::bad_request("bad-query", "an instant cannot be read", detail).with("field", name)
        }),
    };
    let (start_ms, end_ms) = (instant("startTime", i64::MIN)?, instant("endTime", i64::MAX)?);
    let number = |name: &'static str, otherwise: usize| match asked.get(name) {
        None => Ok(otherwise),
        Some(text) => text.parse::<usize>().map_err(|_| {
            let detail = format!("`{text}` is no whole number");
            Problem::bad_request("bad-query", "a number cannot be read", detail).with("field", name)
        }),
    };
    let (limit, start) = (number("limit", EVENTS_MAX)?.clamp(1, EVENTS_MAX), number("start", 0)?);
    let (snapshot, document) = find(app, identity)?;
    let mut events = StoredEvent::load_all(&*snapshot, document.id)?;
    events.retain(|stored| (start_ms..=end_ms).contains(&stored.event.timestamp_ms));
    if asked.get("orderby").is_some_and(|order| order == "-timestamp") {
        events.reverse();
    }
    let total = events.len();
    let children: Vec<Value> =
        events.iter().skip(start).take(limit).map(|stored| event(&document, stored)).collect();
    let next = start.saturating_add(children.len());
    Ok(json!({
        "_page": {
            "orderby": asked.get("orderby").map_or("timestamp", String::as_str),
            "start": start, "count": children.len(), "totalCount": total,
            "next": if next < total { next.to_string() } else { String::new() },
        },
        "children": children,
    }))
}

fn event(document: &ProfileDocument, stored: &StoredEvent) -> Value {
    json!({
        "relatedEntityId": document.id.to_string(),
        "entityId": stored.event.id,
        "timestamp": stored.event.timestamp_ms,
        "sources": [stored.dataset.as_str()],
        "entity": stored.event.to_json(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_fields_are_kept() {
        let entity = json!({"a": {"b": 1, "c": 2}, "d": 3, "e": [1]});
        let kept = only(entity.as_object().unwrap(), "a.b, e, d.x, nothing");
        assert_eq!(Value::Object(kept), json!({"a": {"b": 1}, "e": [1]}));
    }
}
