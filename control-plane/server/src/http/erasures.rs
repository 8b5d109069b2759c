//! `DELETE /data/core/ups/access/entities`: a person is to be erased; `/data/core/ups/system/jobs` says how far that is
//! (`pql.md` section 7).

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use acquaint_core::profile::Identity;
use acquaint_core::time::format_instant;
use acquaint_store::erasure::{Erasure, Stage};

use super::asked::Asked;
use crate::app::{Shared, blocking};
use crate::erasure;
use crate::problem::Problem;

const JOBS: &str = "/data/core/ups/system/jobs";

/// There is one administrator.
const WHO: &str = "admin";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/data/core/ups/access/entities", delete(erase))
        .route(JOBS, get(list))
        .route(&format!("{JOBS}/{{id}}"), get(one))
}

async fn erase(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (namespace, id) = (asked.needed("entityIdNS")?.to_owned(), asked.needed("entityId")?.to_owned());
    let identity = Identity { namespace, id };
    let erasure = blocking(&app, move |app| Ok(erasure::ask(app, identity, WHO)?)).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&erasure))))
}

async fn list(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let all = blocking(&app, |app| Ok(Erasure::list(&*app.store)?)).await?;
    let children: Vec<Value> = all.iter().rev().map(shown).collect();
    Ok(Json(json!({"page": {"totalCount": children.len()}, "children": children})))
}

async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let wanted = id.clone();
    let found = blocking(&app, move |app| Ok(Erasure::load(&*app.store, &wanted)?)).await?;
    found.map(|erasure| Json(shown(&erasure))).ok_or_else(|| Problem::not_found("job", &id))
}

/// Never who: that is what is being erased.
fn shown(erasure: &Erasure) -> Value {
    let (status, stage) = match erasure.stage {
        Stage::Requested => ("NEW", "requested"),
        Stage::Forgotten(_) => ("PROCESSING", "forgotten"),
        Stage::Scrubbed => ("PROCESSING", "scrubbed"),
        Stage::Completed => ("COMPLETED", "completed"),
    };
    json!({
        "id": erasure.id, "jobType": "DELETE", "status": status, "stage": stage, "requestedBy": erasure.who,
        "requested": format_instant(erasure.requested_ms),
        "completed": erasure.completed_ms.map(format_instant),
        "erased": erasure.erased,
    })
}
