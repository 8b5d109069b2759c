//! `/flows`: what destinations should know, what they know, what they would not take, and what was exported.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_activation::{Letter, Status};
use acquaint_store::{Log, Topic};

use super::body;
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

const LETTERS_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long an export waits for activation to have planned what was decided before it.
const PLANNED_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Absent: all of them.
    id: Option<String>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/flows", get(list))
        .route("/flows/{id}/status", get(status))
        .route("/flows/{id}/deadletters", get(dead_letters))
        .route("/flows/{id}/replay", post(replay))
        .route("/flows/{id}/export", post(export))
        .route("/flows/{id}/runs", get(runs))
}

async fn list(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let flows = blocking(&app, |app| {
        let in_force = app.in_force();
        let statuses = in_force.catalog.dataflows.keys().map(|id| app.activation.status(id));
        Ok(statuses.collect::<acquaint_activation::Result<Vec<Status>>>()?)
    });
    Ok(Json(json!({"flows": flows.await?})))
}

async fn status(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Status>, Problem> {
    Ok(Json(blocking(&app, move |app| Ok(app.activation.status(&id)?)).await?))
}

async fn dead_letters(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit.unwrap_or(100).clamp(1, LETTERS_MAX);
    let letters = blocking(&app, move |app| {
        exists(app, &id)?;
        Ok(app.activation.dead_letters(&id, page.after.as_deref(), limit)?)
    })
    .await?;
    let next = (letters.len() == limit).then(|| letters.last().map(|letter| letter.id.clone())).flatten();
    Ok(Json(json!({"deadLetters": letters.iter().map(shown).collect::<Vec<_>>(), "next": next})))
}

fn shown(letter: &Letter) -> Value {
    json!({
        "id": letter.id,
        "audience": letter.key.audience,
        "profile": letter.key.profile.to_string(),
        "sequence": letter.sequence,
        "kind": letter.letter.kind,
        "attempts": letter.letter.attempts,
        "reason": letter.letter.reason,
    })
}

async fn replay(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let wanted: Wanted = if sent.is_empty() { Wanted::default() } else { body::json(&sent)? };
    let replayed = blocking(&app, move |app| Ok(app.activation.replay(&id, wanted.id.as_deref())?)).await?;
    Ok(Json(json!({"replayed": replayed})))
}

async fn export(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    exists(&app, &id)?;
    planned(&app).await?;
    let run = blocking(&app, move |app| Ok(app.activation.export_now(&id, app.clock.now_ms())?));
    Ok(Json(json!(run.await?)))
}

/// What was decided before somebody asked for a file should be in it.
async fn planned(app: &App) -> Result<(), Problem> {
    let end = app.store.end(Topic::Changes);
    let waited = tokio::time::timeout(PLANNED_MAX, async {
        while app.activation.position() < end || app.activation.is_catching_up() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    waited.await.map_err(|_| Problem::unavailable("what was decided is still being planned"))
}

async fn runs(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let runs = blocking(&app, move |app| {
        exists(app, &id)?;
        Ok(app.activation.runs(&id)?)
    });
    Ok(Json(json!({"runs": runs.await?})))
}

pub(crate) fn exists(app: &App, id: &str) -> Result<(), Problem> {
    match app.in_force().catalog.dataflows.contains_key(id) {
        true => Ok(()),
        false => Err(Problem::not_found("dataflow", id)),
    }
}

impl From<acquaint_activation::Error> for Problem {
    fn from(error: acquaint_activation::Error) -> Self {
        use acquaint_activation::Error;
        match error {
            Error::Store(error) => error.into(),
            Error::NoDataflow(_) | Error::NoDeadLetter(_) => {
                Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing", error.to_string())
            }
            Error::NoFiles(_) | Error::Destination { .. } => {
                Self::new(StatusCode::CONFLICT, "unusable", "the dataflow cannot do that", error.to_string())
            }
            Error::File { .. } | Error::Cancelled => {
                tracing::error!(error = &error as &dyn std::error::Error, "activation failed");
                Self::unavailable(error.to_string())
            }
        }
    }
}

impl From<acquaint_batch::Error> for Problem {
    fn from(error: acquaint_batch::Error) -> Self {
        use acquaint_batch::Error;
        match error {
            Error::Store(error) => error.into(),
            Error::Job { .. } | Error::Decision { .. } | Error::Task => {
                tracing::error!(error = &error as &dyn std::error::Error, "batch failed");
                Self::unavailable(error.to_string())
            }
        }
    }
}
