//! `/data/core/ups/audiences/{id}/versions`: a changed rule is staged, evaluated beside the one in force, compared, and
//! then put in force at once or discarded.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_batch::{Status, job};
use acquaint_core::plan::Mode;
use acquaint_core::time::format_instant;
use acquaint_engine::{Progress, compile, publish as engine};
use acquaint_store::ProfileStore;
use acquaint_store::catalog::version::Staged;
use acquaint_store::catalog::{Audience, Catalog, Expression};

use super::body;
use crate::app::{App, Shared, blocking};
use crate::comparison::compare;
use crate::definitions::publish::{self, Plan, publish};
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    expression: Expression,
}

pub(crate) fn routes() -> Router<Shared> {
    let path = "/data/core/ups/audiences/{id}/versions";
    Router::new()
        .route(path, get(all).post(stage).delete(discard))
        .route(&format!("{path}/diff"), get(diff))
        .route(&format!("{path}/switch"), post(switch))
}

async fn all(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(shown(find(&app.in_force().catalog, &id)?)))
}

async fn stage(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let Wanted { expression } = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    change(app, id, move |catalog, audience, now_ms| {
        if !audience.lifecycle_state.is_evaluated() {
            let detail = format!("audience `{}` is not evaluated: change its rule itself", audience.id);
            return Err(conflict("not-published", detail));
        }
        if audience.external.is_some() {
            let detail = format!("audience `{}` is external: its rule follows from `ttlInDays`", audience.id);
            return Err(conflict("external", detail));
        }
        let candidate = Audience { expression: expression.clone(), ..audience.clone() };
        let checkup = compile::check_audience(catalog, &candidate);
        if !checkup.is_ok() {
            let found = json!(checkup.diagnostics);
            let problem =
                Problem::bad_request("bad-audience", "the rule cannot be staged", "it is not in order");
            return Err(problem.with("diagnostics", found));
        }
        Ok(Audience { versions: audience.versions.stage(expression, now_ms), ..audience })
    })
    .await
}

async fn switch(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let (asked, of) = (id.clone(), blocking(&app, is_ready).await?);
    change(app, id, move |catalog, audience, now_ms| {
        let staged = staged(&audience)?;
        if !of.covers(catalog, &audience, staged) {
            let detail =
                format!("version {} of `{asked}` is not evaluated for everybody yet", staged.version);
            return Err(conflict("not-ready", detail));
        }
        let (versions, expression) = audience.versions.switch().ok_or_else(|| nothing_staged(&asked))?;
        Ok(Audience { versions, expression, update_time: now_ms, ..audience })
    })
    .await
}

async fn discard(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    change(app, id, |_, audience, _| {
        staged(&audience)?;
        Ok(Audience { versions: audience.versions.discard(), ..audience })
    })
    .await
}

async fn diff(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let compared = blocking(&app, move |app| {
        // Before the profiles, so that what is said to be ready is.
        let ready = is_ready(app)?;
        let in_force = app.in_force();
        let audience = find(&in_force.catalog, &id)?;
        let staged = staged(audience)?;
        let comparison = compare(&*app.store, &id, staged.version)?;
        Ok(json!({
            "id": id,
            "inForce": audience.versions.in_force,
            "staged": staged.version,
            "ready": ready.covers(&in_force.catalog, audience, staged),
            "staying": comparison.staying,
            "entering": comparison.entering,
            "leaving": comparison.leaving,
        }))
    });
    Ok(Json(compared.await?))
}

/// For how much the staged rules have been evaluated.
struct Ready {
    /// The catalogue that every profile is on; `None` while they are being moved.
    version: Option<u64>,
    /// When the last batch job that ended well began.
    batch_ms: Option<i64>,
}

impl Ready {
    /// Whether everybody has been evaluated by this staged rule.
    fn covers(&self, catalog: &Catalog, audience: &Audience, staged: &Staged) -> bool {
        let moved = self.version.is_some_and(|version| version >= catalog.version);
        match compile::mode(&audience.evaluation_info) {
            Mode::Edge | Mode::Streaming => moved,
            Mode::Batch => moved && self.batch_ms.is_some_and(|began_ms| began_ms >= staged.staged_ms),
        }
    }
}

fn is_ready(app: &App) -> Result<Ready, Problem> {
    let snapshot = app.store.snapshot();
    let moved = Progress::load(&*snapshot)?.backfill.is_none();
    let version =
        moved.then(|| engine::catalog_in_force(&*snapshot)).transpose()?.map(|catalog| catalog.version);
    let jobs = job::list(&*app.store)?;
    let last = jobs.iter().rev().find(|job| job.status == Status::Succeeded && job.audiences.is_empty());
    Ok(Ready { version, batch_ms: last.and_then(|job| job.started_ms) })
}

/// Saves the audience that `make` makes of the one there is.
async fn change(
    app: Shared,
    id: String,
    make: impl FnOnce(&Catalog, Audience, i64) -> Result<Audience, Problem> + Send + 'static,
) -> Result<Json<Value>, Problem> {
    let of = id.clone();
    publish(&app, false, move |app, before| -> Result<Plan, Problem> {
        let audience = find(before, &id)?.clone();
        let audience = make(before, audience, app.clock.now_ms())?;
        publish::with_audience(before, audience).map_err(|findings| publish::refused(&findings))
    })
    .await?;
    let in_force = app.in_force();
    Ok(Json(shown(find(&in_force.catalog, &of)?)))
}

fn find<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a Audience, Problem> {
    catalog.audiences.get(id).ok_or_else(|| Problem::not_found("audience", id))
}

fn staged(audience: &Audience) -> Result<&Staged, Problem> {
    audience.versions.staged.as_ref().ok_or_else(|| nothing_staged(&audience.id))
}

fn nothing_staged(id: &str) -> Problem {
    conflict("nothing-staged", format!("no rule is staged for audience `{id}`"))
}

fn conflict(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, "the audience is in another state", detail)
}

fn shown(audience: &Audience) -> Value {
    let staged = audience.versions.staged.as_ref().map(|staged| {
        json!({"version": staged.version, "expression": staged.expression,
            "stagedAt": format_instant(staged.staged_ms)})
    });
    json!({"id": audience.id, "inForce": {"version": audience.versions.in_force, "expression": audience.expression},
        "staged": staged})
}
