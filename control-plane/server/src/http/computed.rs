//! `/data/core/ca/attributes`: computed attributes (`pql.md` section 7).

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use acquaint_core::lang::schema::Type;
use acquaint_core::time::format_instant;
use acquaint_engine::{Progress, compile, publish as in_force};
use acquaint_store::catalog::{Catalog, ComputedAttribute, Kind};

use super::asked::Asked;
use super::{body, patch};
use crate::app::{App, Shared, blocking};
use crate::definitions::Finding;
use crate::definitions::publish::{self, Plan, publish};
use crate::problem::Problem;

const PATH: &str = "/data/core/ca/attributes";
const BODY_BYTES_MAX: usize = 256 * 1024;
const PAGE_MAX: usize = 100;
/// What answers say and requests need not.
const SAID_ANYWAY: [&str; 10] = [
    "type",
    "path",
    "schema",
    "mergeFunction",
    "returnSchema",
    "lastEvaluationTs",
    "imsOrgId",
    "sandbox",
    "creationTime",
    "updateTime",
];

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(PATH, get(list).post(create))
        .route(&format!("{PATH}/{{id}}"), get(one).put(replace).patch(change).delete(remove))
}

async fn list(State(app): State<Shared>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let start = asked.number("start")?.unwrap_or(0);
    let limit = asked.number("limit")?.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let listed = blocking(&app, move |app| {
        let in_force = app.in_force();
        let stage = Stage::load(app)?;
        let all = in_force.catalog.computed_attributes.values().skip(start).take(limit);
        let shown: Vec<Value> = all.map(|attribute| shown(&in_force.catalog, attribute, &stage)).collect();
        let page = json!({"totalCount": in_force.catalog.computed_attributes.len(), "start": start,
            "limit": limit, "pageSize": shown.len()});
        Ok(json!({"computedAttributes": shown, "_page": page}))
    });
    Ok(Json(listed.await?))
}

async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(blocking(&app, move |app| show(app, &id)).await?))
}

async fn create(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let mut sent = read(&headers, sent).await?;
    let id = patch::given_id(&mut sent)?;
    let wanted = id.clone();
    save(app, id, move |before, now_ms| match before.computed_attributes.contains_key(&wanted) {
        true => {
            let detail = format!("there is a computed attribute `{wanted}`; use PUT or PATCH to change it");
            Err(Problem::new(StatusCode::CONFLICT, "exists", "it is there already", detail))
        }
        false => put(before, sent, now_ms),
    })
    .await
}

async fn replace(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let mut sent = read(&headers, sent).await?;
    patch::same_id(&sent, &id)?;
    sent.insert("id".into(), json!(id));
    save(app, id, move |before, now_ms| put(before, sent, now_ms)).await
}

async fn change(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let sent = read(&headers, sent).await?;
    patch::same_id(&sent, &id)?;
    let wanted = id.clone();
    save(app, id, move |before, now_ms| {
        let mut merged = json!(find(before, &wanted)?);
        patch::merge(&mut merged, Value::Object(sent));
        match merged {
            Value::Object(merged) => put(before, merged, now_ms),
            _ => Err(Problem::not_found("computed attribute", &wanted)),
        }
    })
    .await
}

async fn remove(State(app): State<Shared>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    publish(&app, false, move |_, before| {
        find(before, &id)?;
        publish::without(before, Kind::ComputedAttribute, &id).map_err(|findings| {
            let detail = format!("computed attribute `{id}` is used by other definitions");
            Problem::new(StatusCode::CONFLICT, "in-use", "it is in use", detail)
                .with("diagnostics", json!(findings))
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read(headers: &HeaderMap, sent: Body) -> Result<Map<String, Value>, Problem> {
    let mut sent: Map<String, Value> = body::json(&body::read(headers, sent, BODY_BYTES_MAX).await?)?;
    for name in SAID_ANYWAY {
        sent.remove(name);
    }
    // How far it is, which answers say as its status, is ours to know.
    if let Some(status) = sent.get_mut("status")
        && (*status == Stage::INITIALIZING || *status == Stage::PROCESSED)
    {
        *status = json!("NEW");
    }
    Ok(sent)
}

fn put(before: &Catalog, mut attribute: Map<String, Value>, now_ms: i64) -> Result<Plan, Problem> {
    attribute.insert("kind".into(), Kind::ComputedAttribute.name().into());
    publish::put_documents(before, &[Value::Object(attribute)], now_ms).map_err(|findings| refused(&findings))
}

fn refused(findings: &[Finding]) -> Problem {
    let detail = match findings {
        [one] => one.message.clone(),
        several => format!("{} things are wrong", several.len()),
    };
    Problem::bad_request("bad-attribute", "the computed attribute cannot be published", detail)
        .with("diagnostics", json!(findings))
}

async fn save(
    app: Shared,
    id: String,
    make: impl FnOnce(&Catalog, i64) -> Result<Plan, Problem> + Send + 'static,
) -> Result<Json<Value>, Problem> {
    publish(&app, false, move |app, before| make(before, app.clock.now_ms())).await?;
    Ok(Json(blocking(&app, move |app| show(app, &id)).await?))
}

fn find<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a ComputedAttribute, Problem> {
    catalog.computed_attributes.get(id).ok_or_else(|| Problem::not_found("computed attribute", id))
}

fn show(app: &App, id: &str) -> Result<Value, Problem> {
    let in_force = app.in_force();
    let attribute = find(&in_force.catalog, id)?;
    Ok(shown(&in_force.catalog, attribute, &Stage::load(app)?))
}

/// How far the engine is with what is published.
struct Stage {
    catalog: Catalog,
    now_ms: i64,
    is_visiting: bool,
}

impl Stage {
    const INITIALIZING: &str = "INITIALIZING";
    const PROCESSED: &str = "PROCESSED";

    fn load(app: &App) -> Result<Self, Problem> {
        let progress = Progress::load(&*app.store)?;
        Ok(Self {
            catalog: in_force::catalog_in_force(&*app.store)?,
            now_ms: progress.now_ms,
            is_visiting: progress.backfill.is_some(),
        })
    }

    /// The status of an attribute, and when it was last evaluated.
    fn of(&self, attribute: &ComputedAttribute) -> (&'static str, String) {
        let is_known = self.catalog.computed_attributes.get(&attribute.id) == Some(attribute);
        match (attribute.is_published(), is_known, self.is_visiting) {
            (false, _, _) => ("DRAFT", String::new()),
            (true, false, _) => ("NEW", String::new()),
            (true, true, true) => (Self::INITIALIZING, String::new()),
            (true, true, false) => (Self::PROCESSED, format_instant(self.now_ms)),
        }
    }
}

fn shown(catalog: &Catalog, attribute: &ComputedAttribute, stage: &Stage) -> Value {
    let mut shown = json!(attribute);
    let compiled =
        compile::schema_of(catalog).ok().and_then(|schema| attribute.compile(catalog, &schema).ok());
    let (status, evaluated) = stage.of(attribute);
    if let Value::Object(shown) = &mut shown {
        shown.insert("type".into(), json!("ComputedAttribute"));
        shown.insert("path".into(), json!(attribute.path()));
        shown.insert("schema".into(), json!({"name": "_xdm.context.profile"}));
        shown.insert("status".into(), json!(status));
        shown.insert("lastEvaluationTs".into(), json!(evaluated));
        if let Some(compiled) = compiled {
            shown.insert("mergeFunction".into(), json!({"value": compiled.function.name()}));
            shown.insert("returnSchema".into(), return_schema(&compiled.value.result));
        }
    }
    shown
}

fn return_schema(result: &Type) -> Value {
    match result {
        Type::Boolean => json!({"type": "boolean"}),
        Type::Integer => json!({"type": "integer"}),
        Type::Number => json!({"type": "number"}),
        Type::String => json!({"type": "string"}),
        Type::Date => json!({"type": "string", "format": "date"}),
        Type::DateTime => json!({"type": "string", "format": "date-time"}),
        Type::List(item) => json!({"type": "array", "items": return_schema(item)}),
        Type::Map(_) | Type::Object(_) => json!({"type": "object"}),
        Type::Any => json!({}),
    }
}
