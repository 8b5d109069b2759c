//! `GET` and `PUT /catalog`, `POST /catalog/apply`: all definitions at once. Applied whole or not at all.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_store::catalog::Kind;

use super::body;
use crate::app::Shared;
use crate::definitions::publish::{self, Done, publish, refused};
use crate::definitions::secrets;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Documents of one request: several times what a catalogue may hold.
const DOCUMENTS_MAX: usize = 20_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Apply {
    documents: Vec<Value>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/catalog", get(whole).put(replace)).route("/catalog/apply", post(apply))
}

async fn whole(State(app): State<Shared>) -> Json<Value> {
    Json(json!(secrets::masked(&app.in_force().catalog)))
}

/// Documents over what is there.
async fn apply(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Done>, Problem> {
    let Apply { documents, dry_run } = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    not_too_many(&documents)?;
    let done = publish(&app, dry_run, move |app, before| {
        publish::put_documents(before, &documents, app.clock.now_ms()).map_err(|findings| refused(&findings))
    });
    Ok(Json(done.await?))
}

/// The answer of `GET /catalog`, changed: what it does not name is removed, and a masked secret stays what it is.
async fn replace(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Done>, Problem> {
    let sent: serde_json::Map<String, Value> =
        body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let documents = documents(sent)?;
    not_too_many(&documents)?;
    let done = publish(&app, false, move |app, before| {
        publish::replace_with(before, &documents, app.clock.now_ms()).map_err(|findings| refused(&findings))
    });
    Ok(Json(done.await?))
}

fn not_too_many(documents: &[Value]) -> Result<(), Problem> {
    match documents.len() > DOCUMENTS_MAX {
        true => Err(Problem::too_large("the catalogue", DOCUMENTS_MAX, "documents")),
        false => Ok(()),
    }
}

/// `{audiences: {id: {...}}}` as documents with a `kind`.
fn documents(catalog: serde_json::Map<String, Value>) -> Result<Vec<Value>, Problem> {
    let wrong = |field: &str, detail: String| {
        Problem::bad_request("wrong-shape", "the body does not have the expected shape", detail)
            .with("field", field)
    };
    let mut documents = Vec::new();
    for (field, value) in catalog {
        let kind = match (field.as_str(), &value) {
            ("version", _) | ("merge_policy" | "pseudonymous_expiry", Value::Null) => continue,
            ("merge_policy", _) => {
                documents.push(with_kind(Kind::MergePolicy, value));
                continue;
            }
            ("pseudonymous_expiry", _) => {
                documents.push(with_kind(Kind::PseudonymousExpiry, value));
                continue;
            }
            (plural, _) => Kind::ALL.into_iter().find(|kind| plural == kind.plural()),
        };
        match (kind, value) {
            (Some(kind), Value::Object(definitions)) => {
                documents.extend(definitions.into_iter().map(|(_, definition)| with_kind(kind, definition)));
            }
            (Some(_), _) => {
                return Err(wrong(&field, format!("`{field}` must be an object of definitions by id")));
            }
            (None, _) => return Err(wrong(&field, format!("a catalogue has no `{field}`"))),
        }
    }
    Ok(documents)
}

fn with_kind(kind: Kind, mut definition: Value) -> Value {
    if let Value::Object(fields) = &mut definition {
        fields.insert("kind".into(), kind.name().into());
    }
    definition
}
