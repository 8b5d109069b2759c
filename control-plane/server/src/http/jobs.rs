//! `/data/core/ups/segment/jobs`: batch evaluation (`pql.md` 2.3).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use acquaint_batch::{Job, job};
use acquaint_core::id::AudienceId;

use super::body;
use crate::app::{App, Shared, blocking};
use crate::background::batch;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 256 * 1024;
const PATH: &str = "/data/core/ups/segment/jobs";

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route(PATH, get(list).post(start)).route(&format!("{PATH}/{{id}}"), get(one).delete(cancel))
}

async fn list(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let jobs = blocking(&app, |app| {
        let jobs = job::list(&*app.store)?;
        Ok(jobs.iter().rev().map(|job| shown(app, job)).collect::<Vec<_>>())
    });
    let children = jobs.await?;
    Ok(Json(json!({"page": {"totalCount": children.len()}, "children": children})))
}

/// `[{"segmentId": "..."}]`; `*` stands for all, and so does an empty body.
async fn start(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let wanted: Vec<Map<String, Value>> = if sent.is_empty() { Vec::new() } else { body::json(&sent)? };
    let mut audiences = Vec::new();
    for (index, one) in wanted.iter().enumerate() {
        let field = format!("[{index}].segmentId");
        let wrong = |detail: String| {
            Problem::bad_request("bad-job", "the job cannot be started", detail).with("field", field.clone())
        };
        match one.get("segmentId").and_then(Value::as_str) {
            Some("*") => {
                audiences.clear();
                break;
            }
            Some(id) => {
                match app.in_force().catalog.audiences.get(id).map(|audience| audience.lifecycle_state) {
                    Some(state) if state.is_evaluated() => audiences.push(AudienceId::new(id)),
                    Some(state) => {
                        return Err(wrong(format!(
                            "audience `{id}` is {}: nobody can be in it",
                            state.name()
                        )));
                    }
                    None => return Err(wrong(format!("there is no audience `{id}`"))),
                }
            }
            None => return Err(wrong("`segmentId` is needed: an audience's id, or `*`".into())),
        }
    }
    let job = blocking(&app, move |app| Ok(shown(app, &batch::ask(app, audiences)?)));
    Ok(Json(job.await?))
}

async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let found = blocking(&app, move |app| match job::load(&*app.store, &id)? {
        Some(job) => Ok(shown(app, &job)),
        None => Err(Problem::not_found("job", &id)),
    });
    Ok(Json(found.await?))
}

async fn cancel(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let cancelled = blocking(&app, move |app| match batch::cancel(app, &id)? {
        Some(job) => Ok(shown(app, &job)),
        None => Err(Problem::not_found("job", &id)),
    });
    Ok(Json(cancelled.await?))
}

fn shown(app: &App, job: &Job) -> Value {
    let segments: Vec<Value> = match job.audiences.as_slice() {
        [] => vec![json!({"segmentId": "*"})],
        some => some.iter().map(|id| json!({"segmentId": id})).collect(),
    };
    let counts = |of: fn(&acquaint_batch::AudienceCounts) -> Value| {
        let audiences = job.counters.audiences.iter();
        audiences.map(|(id, counts)| (id.as_str().to_owned(), of(counts))).collect::<Map<_, _>>()
    };
    let took_ms = job.started_ms.zip(job.finished_ms).map(|(from, to)| to.saturating_sub(from));
    json!({
        "id": job.id,
        "status": job.status,
        "segments": segments,
        "creationTime": job.created_ms,
        "evaluationTime": job.started_ms,
        "updateTime": job.finished_ms.or(job.started_ms).unwrap_or(job.created_ms),
        "applied": job.is_over() && app.engine_position() >= job.position,
        "error": job.error,
        "metrics": {
            "totalTime": {"startTimeInMs": job.started_ms, "endTimeInMs": job.finished_ms, "totalTimeInMs": took_ms},
            "totalProfiles": job.counters.profiles,
            "segmentedProfileCounter": counts(|counts| json!(counts.total)),
            "segmentedProfileByStatusCounter":
                counts(|counts| json!({"realized": counts.realized, "exited": counts.exited})),
            "disagreeing": job.counters.disagreeing(),
        },
        "_links": {
            "checkStatus": {"href": format!("{PATH}/{}", job.id), "method": "GET"},
            "cancel": {"href": format!("{PATH}/{}", job.id), "method": "DELETE"},
        },
    })
}
