//! `GET /data/core/ups/audiences/{id}/explain?entityId=&entityIdNS=`: why a profile is in an audience or not, term by
//! term, computed now over all that is stored of it; beside it the membership as it is stored.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use acquaint_core::eval::{Explanation, Subject, explain_run};
use acquaint_core::id::AudienceId;
use acquaint_core::plan::Prepared;
use acquaint_core::profile::Identity;
use acquaint_core::time::format_instant;
use acquaint_engine::{compile, publish};
use acquaint_store::StoredEvent;
use acquaint_store::catalog::version;

use super::entities::{Asked, find, needed};
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/data/core/ups/audiences/{id}/explain", get(explain))
}

async fn explain(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let identity = Identity { namespace: needed(&asked, "entityIdNS")?, id: needed(&asked, "entityId")? };
    Ok(Json(blocking(&app, move |app| explained(app, &id, &identity)).await?))
}

fn explained(app: &App, id: &str, identity: &Identity) -> Result<Value, Problem> {
    let (snapshot, document) = find(app, identity)?;
    let catalog = publish::catalog_in_force(&*snapshot)?;
    let compiled = compile::compile_catalog(&catalog)
        .map_err(|problems| Problem::unavailable(compile::summary(&problems)))?;
    let program = Prepared::new(compiled.program);
    let position = program.audiences.iter().position(|audience| audience.id.as_str() == id);
    let Some(number) = position.and_then(|position| u32::try_from(position).ok()) else {
        return Err(Problem::not_found("audience", id));
    };
    let stored = StoredEvent::load_all(&*snapshot, document.id)?;
    let events: Vec<_> = stored.into_iter().map(|stored| stored.event).collect();
    let attributes = catalog.merge_policy.unwrap_or_default().merge(&document.fragments).into_owned();
    let subject = Subject {
        attributes: &attributes,
        identities: &document.identities,
        memberships: &document.memberships,
        events: &events,
    };
    let now_ms = app.clock.now_ms();
    let explanation = explain_run(&program, number, subject, now_ms);
    Ok(json!({
        "audience": id,
        "entityId": document.id.to_string(),
        "evaluatedAt": format_instant(now_ms),
        "answer": explanation.as_ref().and_then(|explanation| explanation.value),
        "membership": version::visible(&document.memberships, &app.in_force().catalog).get(&AudienceId::new(id)).map(|membership| membership.to_json()),
        "because": explanation.as_ref().map(Explanation::to_json),
    }))
}
