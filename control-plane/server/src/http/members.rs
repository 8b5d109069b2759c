//! `GET /data/core/ups/audiences/{id}/members`: who is in an audience, or was, page by page in the order of XIDs.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use acquaint_core::id::{AudienceId, ProfileId};
use acquaint_core::profile::Status;
use acquaint_core::profile::identity::identity_map_to_json;
use acquaint_core::time::format_instant;
use acquaint_store::catalog::{Catalog, version};
use acquaint_store::{ProfileDocument, ProfileStore};

use super::asked::{Asked, refused};
use super::audiences::FAMILIES;
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

/// Members of one page.
const PAGE_MAX: usize = 1_000;
/// Profiles that are looked at for one page: where members are few, pages are short rather than late.
const LOOKED_AT_MAX: usize = 20_000;
/// Profiles of one step.
const STEP_ROWS: usize = 1_000;

pub(super) fn routes() -> Router<Shared> {
    FAMILIES.into_iter().fold(Router::new(), |routes, (path, _)| {
        routes.route(&format!("{path}/{{id}}/members"), get(members))
    })
}

/// Which members are wanted.
struct Wanted {
    audience: AudienceId,
    status: Status,
    after: Option<ProfileId>,
    limit: usize,
}

async fn members(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let status = match asked.get("status").unwrap_or("realized") {
        "realized" => Status::Realized,
        "exited" => Status::Exited,
        other => {
            let detail = format!("`{other}` is not one of `realized`, `exited`");
            return Err(refused("status", "the status is not known", detail));
        }
    };
    let after = asked.get("start").filter(|start| !start.is_empty()).map(|start| {
        ProfileId::parse(start).ok_or_else(|| {
            let detail = format!("`{start}` is not what `_page.next` of an answer said");
            refused("start", "the page is not known", detail)
        })
    });
    let limit = asked.number("limit")?.unwrap_or(100).clamp(1, PAGE_MAX);
    let wanted = Wanted { audience: AudienceId::new(id), status, after: after.transpose()?, limit };
    Ok(Json(blocking(&app, move |app| page(app, &wanted)).await?))
}

fn page(app: &App, wanted: &Wanted) -> Result<Value, Problem> {
    if !app.in_force().catalog.audiences.contains_key(wanted.audience.as_str()) {
        return Err(Problem::not_found("audience", wanted.audience.as_str()));
    }
    let in_force = app.in_force();
    let snapshot = app.store.snapshot();
    let (mut children, mut looked_at, mut last, mut next) = (Vec::new(), 0, wanted.after, None);
    'pages: while looked_at < LOOKED_AT_MAX {
        let profiles = ProfileDocument::scan(&*snapshot, last, STEP_ROWS)?;
        next = (profiles.len() == STEP_ROWS).then(|| profiles.last().map(|profile| profile.id)).flatten();
        for profile in &profiles {
            if children.len() == wanted.limit {
                next = last;
                break 'pages;
            }
            last = Some(profile.id);
            looked_at += 1;
            children.extend(member(profile, &in_force.catalog, wanted));
        }
        if next.is_none() {
            break;
        }
    }
    Ok(json!({
        "_page": {
            "start": wanted.after.map(|after| after.to_string()).unwrap_or_default(),
            "count": children.len(),
            "limit": wanted.limit,
            "next": next.map(|next| next.to_string()).unwrap_or_default(),
        },
        "children": children,
    }))
}

fn member(profile: &ProfileDocument, catalog: &Catalog, wanted: &Wanted) -> Option<Value> {
    let memberships = version::visible(&profile.memberships, catalog);
    let membership = memberships.get(&wanted.audience)?;
    (membership.status == wanted.status).then(|| {
        json!({
            "entityId": profile.id.to_string(),
            "identityMap": identity_map_to_json(&profile.identities),
            "status": membership.status,
            "lastQualificationTime": format_instant(membership.since_ms),
        })
    })
}
