//! `/data/core/ups/audiences`, and the same under its older name `/data/core/ups/segment/definitions` (`pql.md` 2.2).
//! Every answer says in which modes the audience can run, by our rules and by the documented ones.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use acquaint_core::plan::AudienceFacts;
use acquaint_engine::Progress;
use acquaint_engine::compile::{self, Checkup, Compiled};
use acquaint_store::catalog::{Audience, Catalog, Kind};

use super::body;
use crate::app::{App, Shared, blocking};
use crate::counts::Count;
use crate::definitions::publish::{self, Plan, publish};
use crate::definitions::{Finding, expressions};
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 256 * 1024;
const PAGE_MAX: usize = 4_000;
/// The two names, and what a list of them is called there.
const FAMILIES: [(&str, &str); 2] =
    [("/data/core/ups/audiences", "children"), ("/data/core/ups/segment/definitions", "segments")];
/// What clients of the documented API send along and what we know anyway.
const SAID_ANYWAY: [&str; 9] = [
    "schema",
    "profileInstanceId",
    "imsOrgId",
    "sandbox",
    "mode",
    "verdicts",
    "facts",
    "diagnostics",
    "counts",
];

type Asked = BTreeMap<String, String>;

pub(crate) fn routes() -> Router<Shared> {
    let mut routes = Router::new();
    for (path, name) in FAMILIES {
        let listed = move |app: State<Shared>, asked: Query<Asked>| list(app, asked, name);
        routes = routes
            .route(path, get(listed).post(create))
            .route(&format!("{path}/{{id}}"), get(one).put(replace).patch(change).delete(remove))
            .route(&format!("{path}/{{id}}/counts"), get(counts));
    }
    routes
}

async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    name: &'static str,
) -> Result<Json<Value>, Problem> {
    let number = |name: &'static str, otherwise: usize| match asked.get(name) {
        None => Ok(otherwise),
        Some(text) => text.parse::<usize>().map_err(|_| {
            let detail = format!("`{text}` is no whole number");
            Problem::bad_request("bad-query", "a number cannot be read", detail).with("field", name)
        }),
    };
    let (start, limit) = (number("start", 0)?, number("limit", 100)?.clamp(1, PAGE_MAX));
    let with_counts = asked.get("counts").is_some_and(|counts| counts == "true");
    let listed = blocking(&app, move |app| {
        let in_force = app.in_force();
        let audiences = &in_force.catalog.audiences;
        // What is in force compiles; should it not, the list is there all the same, without verdicts.
        let compiled = expressions::check(&in_force.catalog).ok();
        let facts = compiled.as_ref().map(|compiled| compiled.program.facts()).unwrap_or_default();
        let counted = if with_counts { Some(count_all(app)?) } else { None };
        let children = audiences.values().skip(start).take(limit).map(|audience| {
            let mut shown =
                shown(audience, compiled.as_ref().map(|compiled| verdicts(compiled, &facts, audience)));
            if let (Some(counted), Value::Object(shown)) = (&counted, &mut shown) {
                shown.insert(
                    "counts".into(),
                    json!(counted.audiences.get(&audience.id).copied().unwrap_or_default()),
                );
            }
            shown
        });
        Ok((children.collect::<Vec<_>>(), audiences.len()))
    });
    let (children, total) = listed.await?;
    let page = json!({"totalCount": total, "start": start, "limit": limit, "pageSize": children.len(), "sortField": "id", "sort": "asc"});
    Ok(Json(json!({ name: children, "page": page })))
}

async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(blocking(&app, move |app| show(&app.in_force().catalog, &id)).await?))
}

async fn counts(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let counted = blocking(&app, move |app| {
        if !app.in_force().catalog.audiences.contains_key(&id) {
            return Err(Problem::not_found("audience", &id));
        }
        let Count { realized, exited } = count_all(app)?.audiences.get(&id).copied().unwrap_or_default();
        Ok(json!({"id": id, "realized": realized, "exited": exited}))
    });
    Ok(Json(counted.await?))
}

fn count_all(app: &App) -> Result<std::sync::Arc<crate::counts::Census>, Problem> {
    let progress = Progress::load(&*app.store)?;
    // While profiles are visited the counts change without the position.
    let as_of = progress.backfill.is_none().then_some(progress.position);
    Ok(app.counts.get(&*app.store, &app.in_force().catalog, as_of)?)
}

async fn create(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let mut sent = read(&headers, sent).await?;
    let id = match sent.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) => {
            let detail = format!("an id is text, not {other}");
            return Err(Problem::bad_request("wrong-id", "the id does not fit", detail).with("field", "id"));
        }
        None => uuid::Uuid::new_v4().to_string(),
    };
    sent.insert("id".into(), json!(id));
    let wanted = id.clone();
    save(app, id, move |before, now_ms| match before.audiences.contains_key(&wanted) {
        true => {
            let detail = format!("there is an audience `{wanted}`; use PUT or PATCH to change it");
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
    same_id(&sent, &id)?;
    sent.insert("id".into(), json!(id));
    save(app, id, move |before, now_ms| put(before, sent, now_ms)).await
}

/// A JSON merge patch (RFC 7396): named fields are overwritten, `null` removes.
async fn change(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let sent = read(&headers, sent).await?;
    same_id(&sent, &id)?;
    let wanted = id.clone();
    save(app, id, move |before, now_ms| {
        let Some(audience) = before.audiences.get(&wanted) else {
            return Err(Problem::not_found("audience", &wanted));
        };
        let mut merged = json!(audience);
        merge(&mut merged, Value::Object(sent));
        match merged {
            Value::Object(merged) => put(before, merged, now_ms),
            _ => Err(Problem::not_found("audience", &wanted)),
        }
    })
    .await
}

async fn remove(State(app): State<Shared>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    publish(&app, false, move |_, before| {
        if !before.audiences.contains_key(&id) {
            return Err(Problem::not_found("audience", &id));
        }
        publish::without(before, Kind::Audience, &id).map_err(|findings| {
            let detail = format!("audience `{id}` is used by other definitions");
            Problem::new(StatusCode::CONFLICT, "in-use", "it is in use", detail)
                .with("diagnostics", json!(findings))
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn read(headers: &HeaderMap, sent: Body) -> Result<Map<String, Value>, Problem> {
    let mut sent: Map<String, Value> = body::json(&body::read(headers, sent, BODY_BYTES_MAX).await?)?;
    if let Some(name) = sent.get("schema").and_then(|schema| schema.get("name"))
        && name != "_xdm.context.profile"
    {
        let detail = format!("audiences are of profiles: the schema is `_xdm.context.profile`, not {name}");
        return Err(Problem::bad_request("unsupported", "the schema is not supported", detail)
            .with("field", "schema.name"));
    }
    for name in SAID_ANYWAY {
        sent.remove(name);
    }
    // The short name of files; both at once would be one field too many for a patch.
    if let Some(state) = sent.remove("lifecycle") {
        sent.entry("lifecycleState").or_insert(state);
    }
    Ok(sent)
}

fn same_id(sent: &Map<String, Value>, id: &str) -> Result<(), Problem> {
    match sent.get("id") {
        None => Ok(()),
        Some(said) if said == id => Ok(()),
        Some(said) => {
            let detail = format!("the address says `{id}` and the body says {said}");
            Err(Problem::bad_request("wrong-id", "the id does not fit", detail).with("field", "id"))
        }
    }
}

fn merge(target: &mut Value, patch: Value) {
    let (Value::Object(target), Value::Object(patch)) = (target, patch) else { return };
    for (name, value) in patch {
        match (value, target.get_mut(&name)) {
            (Value::Null, _) => drop(target.remove(&name)),
            (value @ Value::Object(_), Some(existing @ Value::Object(_))) => merge(existing, value),
            (value, _) => drop(target.insert(name, value)),
        }
    }
}

fn put(before: &Catalog, mut audience: Map<String, Value>, now_ms: i64) -> Result<Plan, Problem> {
    audience.insert("kind".into(), Kind::Audience.name().into());
    publish::put_documents(before, &[Value::Object(audience)], now_ms).map_err(|findings| refused(&findings))
}

fn refused(findings: &[Finding]) -> Problem {
    let detail = match findings {
        [one] => one.message.clone(),
        several => format!("{} things are wrong", several.len()),
    };
    Problem::bad_request("bad-audience", "the audience cannot be published", detail)
        .with("diagnostics", json!(findings))
}

async fn save(
    app: Shared,
    id: String,
    make: impl FnOnce(&Catalog, i64) -> Result<Plan, Problem> + Send + 'static,
) -> Result<Json<Value>, Problem> {
    publish(&app, false, move |app, before| make(before, app.clock.now_ms())).await?;
    Ok(Json(blocking(&app, move |app| show(&app.in_force().catalog, &id)).await?))
}

fn show(catalog: &Catalog, id: &str) -> Result<Value, Problem> {
    let Some(audience) = catalog.audiences.get(id) else { return Err(Problem::not_found("audience", id)) };
    Ok(shown(audience, Some(compile::check_audience(catalog, audience))))
}

fn verdicts(compiled: &Compiled, facts: &[AudienceFacts], audience: &Audience) -> Checkup {
    let mut built = compiled.program.audiences.iter().zip(facts);
    let built = built.find(|(built, _)| built.id.as_str() == audience.id);
    let definition = compiled.definitions.iter().find(|definition| definition.id.as_str() == audience.id);
    Checkup {
        diagnostics: definition.map(|definition| definition.checked.warnings.clone()).unwrap_or_default(),
        native: built.map(|(built, _)| built.native.clone()),
        adobe: built.map(|(built, _)| built.adobe.clone()),
        facts: built.map(|(_, facts)| *facts),
    }
}

fn shown(audience: &Audience, checkup: Option<Checkup>) -> Value {
    let mut shown = json!(audience);
    if let Value::Object(shown) = &mut shown {
        shown.insert("lifecycleState".into(), json!(audience.lifecycle_state));
        shown.insert("mode".into(), json!(compile::mode(&audience.evaluation_info)));
        shown.insert("schema".into(), json!({"name": "_xdm.context.profile"}));
        shown.insert("profileInstanceId".into(), json!("ups"));
        if let Some(Checkup { diagnostics, native, adobe, facts }) = checkup {
            shown.insert("verdicts".into(), json!({"native": native, "adobe": adobe}));
            shown.insert("facts".into(), json!(facts));
            shown.insert("diagnostics".into(), json!(diagnostics));
        }
    }
    shown
}
