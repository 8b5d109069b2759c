//! `/imports/objects`: files in object storage, which the server reads by itself. `POST` begins an import for each object of
//! a location, or goes on with those that broke off; `GET` says what came of looking for the files of sources by schedule.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_activation::objects::{Code, Failure};
use acquaint_core::time::format_instant;
use acquaint_engine::ingest::objects::{self, Again, Object};

use super::body;
use super::imports;
use crate::app::{Shared, blocking};
use crate::objects::{Error, OBJECTS_MAX, choose, looks, nothing};
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The source whose rows they are.
    source: String,
    /// How the storage is reached.
    connection: String,
    /// `s3://bucket/key`, or a folder of keys.
    location: String,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/imports/objects", get(looked).post(begin))
}

async fn begin(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let wanted: Wanted = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let Wanted { source, connection, location } = wanted;
    let in_force = app.in_force();
    if in_force.rules.source(&source).is_none() {
        return Err(Problem::not_found("source", &source));
    }
    let found = choose(&in_force, &connection, &location).await?;
    if found.is_empty() {
        return Err(Error::Storage(nothing(&location)).into());
    }
    let now_ms = app.clock.now_ms();
    let begun =
        blocking(&app, move |app| Ok(objects::begin(&*app.store, &source, found, Again::Asked, now_ms)?));
    let begun = begun.await?;
    app.objects.look();
    app.bell.ring();
    Ok(Json(json!({"imports": begun.iter().map(imports::shown).collect::<Vec<_>>()})))
}

async fn looked(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let all = blocking(&app, |app| Ok(looks::all(app)?)).await?;
    let shown = all.into_iter().map(|(source, look)| match look {
        None => json!({"source": source}),
        Some(look) => json!({"source": source, "at": format_instant(look.at_ms), "begun": look.begun, "failure": look.failure}),
    });
    Ok(Json(json!({"looks": shown.collect::<Vec<_>>()})))
}

/// What an import reads, and what keeps it from going on.
pub(super) fn shown(object: &Object) -> Value {
    let trouble = object.trouble.as_ref().map(|trouble| {
        json!({
            "code": trouble.code,
            "message": trouble.message,
            "attempts": trouble.attempts,
            "again": trouble.again_ms.map(format_instant),
        })
    });
    json!({
        "connection": object.connection,
        "etag": object.etag,
        "bytes": object.bytes,
        "trouble": trouble,
    })
}

impl Error {
    /// Its stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoConnection(_) => "not-found",
            Self::Location(_) => "bad-location",
            Self::Form(_) => "file-unknown",
            Self::TooMany(_) => "too-large",
            Self::Storage(failure) => failure.code.name(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match error {
            Error::NoConnection(id) => Self::not_found("connection", &id),
            Error::Location(_) => Self::bad_request(code, "the location cannot be read", detail),
            Error::Form(_) => Self::bad_request(code, "the file is of no kind that is known", detail),
            Error::TooMany(location) => Self::too_large(&format!("`{location}`"), OBJECTS_MAX, "objects"),
            Error::Storage(Failure { code: of, .. }) => {
                let status = match of {
                    Code::Configuration => StatusCode::BAD_REQUEST,
                    Code::NoBucket | Code::NotFound => StatusCode::NOT_FOUND,
                    Code::Denied
                    | Code::Changed
                    | Code::Unreachable
                    | Code::Timeout
                    | Code::BrokenOff
                    | Code::Busy
                    | Code::Protocol => StatusCode::BAD_GATEWAY,
                };
                Self::new(status, code, "the object storage does not give it", detail)
            }
        }
    }
}
