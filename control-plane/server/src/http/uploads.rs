//! `/data/core/ups/audiences/{id}/uploads`: files with the members of an external audience. An upload is an import: its
//! rows go to `/imports/{id}/rows`, and `/imports/{id}/complete` ends it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_engine::ingest::imports;
use acquaint_engine::ingest::uploads::{self, Begun, UploadMode};

use super::audiences::FAMILIES;
use super::body;
use super::imports::shown;
use crate::app::{Shared, blocking};
use crate::ingest::uploads::external;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// What the file is called in quarantine.
    file: String,
    /// Tells the file from others: the same file has the same.
    digest: String,
    /// What becomes of members whom it does not name.
    mode: UploadMode,
}

pub(super) fn routes() -> Router<Shared> {
    FAMILIES.into_iter().fold(Router::new(), |routes, (path, _)| {
        routes.route(&format!("{path}/{{id}}/uploads"), get(list).post(begin))
    })
}

async fn list(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let listed = blocking(&app, move |app| {
        external(&app.in_force(), &id)?;
        let mut listed = imports::list(&*app.store)?;
        listed.retain(|import| import.audience() == Some(&id));
        Ok(listed)
    });
    Ok(Json(json!({"uploads": listed.await?.iter().rev().map(shown).collect::<Vec<_>>()})))
}

async fn begin(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let Wanted { file, digest, mode } = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let now_ms = app.clock.now_ms();
    let begun = blocking(&app, move |app| {
        let in_force = app.in_force();
        external(&in_force, &id)?;
        let audience = in_force.catalog.audiences.get(&id);
        let state = audience.map(|audience| audience.lifecycle_state).unwrap_or_default();
        if !state.is_evaluated() {
            let detail = format!("audience `{id}` is {}: nobody can be in it", state.name());
            return Err(conflict("not-published", detail));
        }
        match uploads::begin(&*app.store, &id, mode, (&file, &digest), now_ms)? {
            Begun::Ready(import) => Ok(import),
            Begun::Closing(import) => {
                let detail = format!("upload `{}` is still taking people out; begin again soon", import.id);
                let problem = conflict("upload-closing", detail).with("import", import.id.as_str());
                Err(problem.header(header::RETRY_AFTER, axum::http::HeaderValue::from_static("1")))
            }
        }
    });
    Ok(Json(shown(&begun.await?)))
}

fn conflict(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, "the upload cannot begin", detail)
}
