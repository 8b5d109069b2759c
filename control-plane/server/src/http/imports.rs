//! `/imports`: files, row by row, with how far each is (what `acquaint import` talks to). `POST /imports` begins one, or
//! answers with the one of the same file that broke off; `POST /imports/{id}/rows?from=N` takes the rows behind the first
//! N; `POST /imports/{id}/complete` ends it.
//!
//! A line of the body is `[line, {row}]`, or `[line, "reason", "text"]` for a row that cannot be read; `line` may be null.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_core::time::format_instant;
use acquaint_engine::ingest::imports::{self, Counts, Import, Status};
use acquaint_engine::ingest::uploads::UploadMode;
use acquaint_store::ProfileStore as _;

use super::body;
use crate::app::{Shared, blocking};
use crate::ingest::{self, Line};
use crate::problem::Problem;

/// Bytes and rows of one request with rows.
const ROWS_BYTES_MAX: usize = 8 * 1024 * 1024;
const ROWS_MAX: usize = 10_000;
/// Bytes of a request that begins an import.
const BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The source whose rows they are.
    source: String,
    /// What the file is called in quarantine.
    file: String,
    /// Tells the file from others: the same file has the same.
    digest: String,
}

#[derive(Deserialize)]
struct From {
    from: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Complete {
    /// Of a full upload: that a file without a member is meant.
    #[serde(default)]
    empty: bool,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/imports", get(list).post(begin))
        .route("/imports/{id}", get(one))
        .route("/imports/{id}/rows", post(rows))
        .route("/imports/{id}/complete", post(complete))
}

async fn list(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let listed = blocking(&app, |app| Ok(imports::list(&*app.store)?)).await?;
    Ok(Json(json!({"imports": listed.iter().rev().map(shown).collect::<Vec<_>>()})))
}

async fn begin(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let Wanted { source, file, digest } = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    if app.in_force().rules.source(&source).is_none() {
        return Err(Problem::not_found("source", &source));
    }
    let now_ms = app.clock.now_ms();
    let begun = blocking(&app, move |app| Ok(imports::begin(&*app.store, &source, &file, &digest, now_ms)?));
    Ok(Json(shown(&begun.await?)))
}

async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let found = blocking(&app, move |app| {
        imports::load(&*app.store, &id)?.ok_or_else(|| Problem::not_found("import", &id))
    });
    Ok(Json(shown(&found.await?)))
}

async fn rows(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(From { from }): Query<From>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<ingest::Outcome>, Problem> {
    let sent = body::read(&headers, sent, ROWS_BYTES_MAX).await?;
    body::not_too_many_values(&sent)?;
    let texts = sent.split(|byte| *byte == b'\n').filter(|text| !text.trim_ascii().is_empty());
    let lines =
        texts.zip(1_usize..).map(|(text, number)| line(text, number)).collect::<Result<Vec<_>, _>>()?;
    if lines.len() > ROWS_MAX {
        return Err(Problem::too_large("the body", ROWS_MAX, "rows"));
    }
    Ok(Json(ingest::import(&app, id, from, lines).await?))
}

fn line(text: &[u8], number: usize) -> Result<Line, Problem> {
    let form = |detail: String| Problem::bad_request("bad-line", "a line of the body cannot be read", detail);
    let parts: Vec<Value> =
        serde_json::from_slice(text).map_err(|error| form(format!("line {number}: {error}")))?;
    match <[Value; 2]>::try_from(parts) {
        Ok([line, row]) => Ok(Line { line: line.as_u64(), row: Ok(row) }),
        Err(parts) => match parts.as_slice() {
            [line, Value::String(reason), Value::String(text)] => {
                Ok(Line { line: line.as_u64(), row: Err((reason.clone(), text.clone())) })
            }
            _ => Err(form(format!("line {number} is neither `[line, row]` nor `[line, reason, text]`"))),
        },
    }
}

async fn complete(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Query(Complete { empty }): Query<Complete>,
) -> Result<Json<Value>, Problem> {
    let now_ms = app.clock.now_ms();
    let ended = blocking(&app, move |app| {
        let import = imports::load(&*app.store, &id)?.ok_or_else(|| Problem::not_found("import", &id))?;
        ingest::from_outside(&import)?;
        if import.status == Status::Open {
            let batch = match &import.upload {
                Some(upload) if upload.mode == UploadMode::Full => {
                    ingest::uploads::close(app, &import, empty, now_ms)?
                }
                Some(_) | None => import.advanced(Counts::default(), Status::Complete, now_ms)?,
            };
            app.store.commit(batch, true)?;
            app.uploads.look();
            app.bell.ring();
        }
        imports::load(&*app.store, &id)?.ok_or_else(|| Problem::not_found("import", &id))
    });
    Ok(Json(shown(&ended.await?)))
}

pub(super) fn shown(import: &Import) -> Value {
    let upload = import.upload.as_ref();
    let upload =
        upload.map(|upload| json!({"audience": upload.audience, "mode": upload.mode, "left": upload.left}));
    let mut shown = json!({
        "id": import.id,
        "source": import.source,
        "file": import.file,
        "status": import.status,
        "created": format_instant(import.created_ms),
        "updated": format_instant(import.updated_ms),
        "rows": import.counts.rows,
        "accepted": import.counts.accepted,
        "duplicates": import.counts.duplicates,
        "refused": import.counts.refused,
    });
    if let (Value::Object(shown), Some(upload)) = (&mut shown, upload) {
        shown.insert("upload".into(), upload);
    }
    if let (Value::Object(shown), Some(object)) = (&mut shown, &import.object) {
        shown.insert("object".into(), super::objects::shown(object));
    }
    shown
}
