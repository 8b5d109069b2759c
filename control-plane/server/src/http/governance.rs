//! `/data/foundation/dulepolicy`: labels, marketing actions, policies, and what policies say of an action (`pql.md` section
//! 6). What everybody has is in the container `core`, what is defined in `custom`.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use acquaint_store::catalog::governance::{ActionRef, CORE_ACTIONS, CORE_LABELS, Container, Core};
use acquaint_store::catalog::{Catalog, Definition, Kind};

use super::asked::{Asked, refused as bad_query};
use super::{body, patch};
use crate::app::{App, Shared, blocking};
use crate::definitions::publish::{self, publish, refused};
use crate::governance::constraints::{Entity, PATH, Question, reference, shown as shown_policy};
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Questions of one request.
const QUESTIONS_MAX: usize = 1_000;
/// The families of definitions, by their names in addresses.
const FAMILIES: [(&str, Kind); 3] =
    [("labels", Kind::Label), ("marketingActions", Kind::MarketingAction), ("policies", Kind::Policy)];
/// What answers say and requests need not.
const SAID_ANYWAY: [&str; 2] = ["_links", "category"];

pub(crate) fn routes() -> Router<Shared> {
    let mut routes = Router::new()
        .route(
            &format!("{PATH}/marketingActions/{{container}}/{{name}}/constraints"),
            get(by_labels).post(by_entities),
        )
        .route(&format!("{PATH}/bulk-eval"), post(in_bulk));
    for (family, kind) in FAMILIES {
        let all =
            move |app: State<Shared>, container: Path<String>| async move { list(&app, kind, &container) };
        let one = move |app: State<Shared>, at: Path<(String, String)>| async move { one(&app, kind, &at) };
        let put = move |app: State<Shared>, at: Path<(String, String)>, headers: HeaderMap, sent: Body| {
            replace(app, kind, at, headers, sent)
        };
        let delete = move |app: State<Shared>, at: Path<(String, String)>| remove(app, kind, at);
        routes = routes
            .route(&format!("{PATH}/{family}/{{container}}"), get(all))
            .route(&format!("{PATH}/{family}/{{container}}/{{name}}"), get(one).put(put).delete(delete));
    }
    routes
}

fn container(name: &str) -> Result<Container, Problem> {
    Container::parse(name).ok_or_else(|| Problem::not_found("container", name))
}

fn list(app: &App, kind: Kind, name: &str) -> Result<Json<Value>, Problem> {
    let children = children(&app.in_force().catalog, kind, container(name)?);
    Ok(Json(json!({"_page": {"count": children.len()}, "children": children})))
}

fn one(app: &App, kind: Kind, (at, name): &(String, String)) -> Result<Json<Value>, Problem> {
    let id = if kind == Kind::Policy { "id" } else { "name" };
    let children = children(&app.in_force().catalog, kind, container(at)?);
    let found = children.into_iter().find(|child| child.get(id).is_some_and(|id| id == name));
    Ok(Json(found.ok_or_else(|| Problem::not_found(&named(kind), name))?))
}

/// A kind as it stands in a sentence.
fn named(kind: Kind) -> String {
    if kind == Kind::MarketingAction { "marketing action".into() } else { kind.name().into() }
}

fn children(catalog: &Catalog, kind: Kind, container: Container) -> Vec<Value> {
    let core = match (kind, container) {
        (Kind::Label, Container::Core) => &CORE_LABELS[..],
        (Kind::MarketingAction, Container::Core) => &CORE_ACTIONS[..],
        (_, Container::Core) => &[],
        (_, Container::Custom) => {
            let own = catalog.definitions().into_iter().filter(|definition| definition.kind() == kind);
            return own.filter_map(|definition| shown(&definition)).collect();
        }
    };
    core.iter().map(|core| shown_core(kind, core)).collect()
}

fn shown_core(kind: Kind, core: &Core) -> Value {
    let mut shown = json!({"name": core.name, "description": core.description, "_links": links(kind, Container::Core, core.name)});
    if let (Kind::Label, Value::Object(shown)) = (kind, &mut shown) {
        shown.insert("category".into(), core.category.into());
    }
    shown
}

fn shown(definition: &Definition) -> Option<Value> {
    let id = definition.id();
    match definition {
        Definition::Policy(policy) => Some(shown_policy(policy)),
        Definition::Label(_) | Definition::MarketingAction(_) => {
            let mut shown = definition.to_json().ok()?;
            let fields = shown.as_object_mut()?;
            fields.remove("id");
            fields.insert("name".into(), id.into());
            fields.insert("_links".into(), links(definition.kind(), Container::Custom, id));
            if definition.kind() == Kind::Label {
                fields.insert("category".into(), "Custom".into());
            }
            Some(shown)
        }
        _ => None,
    }
}

fn links(kind: Kind, container: Container, name: &str) -> Value {
    let href = match kind {
        Kind::MarketingAction => reference(&ActionRef { container, name: name.to_owned() }),
        _ => format!("{PATH}/{}/{}/{name}", kind.plural(), container.name()),
    };
    json!({"self": {"href": href}})
}

async fn replace(
    State(app): State<Shared>,
    kind: Kind,
    Path((at, name)): Path<(String, String)>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    own(&at)?;
    let mut sent: Map<String, Value> = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    for said in SAID_ANYWAY {
        sent.remove(said);
    }
    if kind != Kind::Policy {
        // Its name is what it is known by.
        sent.remove("name").and_then(|said| sent.insert("id".into(), said));
    }
    patch::same_id(&sent, &name)?;
    sent.insert("id".into(), json!(name));
    sent.insert("kind".into(), kind.name().into());
    publish(&app, false, move |app, before| {
        publish::put_documents(before, &[Value::Object(sent)], app.clock.now_ms())
            .map_err(|findings| refused(&findings))
    })
    .await?;
    one(&app, kind, &(at, name))
}

async fn remove(
    State(app): State<Shared>,
    kind: Kind,
    Path((at, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    own(&at)?;
    publish(&app, false, move |_, before| {
        if before.get(kind, &name).is_none() {
            return Err(Problem::not_found(&named(kind), &name));
        }
        publish::without(before, kind, &name).map_err(|findings| {
            let detail = format!("{} `{name}` is used by other definitions", named(kind));
            Problem::new(StatusCode::CONFLICT, "in-use", "it is in use", detail)
                .with("diagnostics", json!(findings))
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn own(at: &str) -> Result<(), Problem> {
    match container(at)? {
        Container::Custom => Ok(()),
        Container::Core => Err(Problem::new(
            StatusCode::CONFLICT,
            "read-only",
            "it cannot be changed",
            "what is in `core` is there for everybody; make one in `custom`",
        )),
    }
}

async fn by_labels(
    State(app): State<Shared>,
    Path((at, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let labels: Vec<String> =
        asked.needed("duleLabels")?.split(',').map(|label| label.trim().to_owned()).collect();
    let action = ActionRef { container: container(&at)?, name };
    let include_draft = drafts(&asked)?;
    Ok(Json(question(&app, &action, include_draft, |question| question.of_labels(&labels))?))
}

async fn by_entities(
    State(app): State<Shared>,
    Path((at, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>, Problem> {
    let action = ActionRef { container: container(&at)?, name };
    let include_draft = drafts(&asked)?;
    let entities: Vec<Entity> = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let answered = blocking(&app, move |app| {
        question(app, &action, include_draft, |question| question.of_entities(&entities))
    });
    Ok(Json(answered.await?))
}

fn drafts(asked: &Asked) -> Result<bool, Problem> {
    match asked.get("includeDraft") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(bad_query(
            "includeDraft",
            "it cannot be read",
            format!("`{other}` is neither `true` nor `false`"),
        )),
    }
}

fn question(
    app: &App,
    action: &ActionRef,
    include_draft: bool,
    ask: impl FnOnce(&Question<'_>) -> Result<Value, Problem>,
) -> Result<Value, Problem> {
    let in_force = app.in_force();
    ask(&Question { catalog: &in_force.catalog, action, include_draft, now_ms: app.clock.now_ms() })
}

/// One of several questions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Evaluation {
    /// The address of the constraints of an action; what stands before `marketingActions` does not matter.
    eval_ref: String,
    #[serde(default)]
    include_draft: bool,
    #[serde(default)]
    labels: Option<Vec<String>>,
    #[serde(default)]
    entity_list: Option<Vec<Entity>>,
}

/// Each is answered with the status that it would have had alone.
async fn in_bulk(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let evaluations: Vec<Evaluation> = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    if evaluations.len() > QUESTIONS_MAX {
        return Err(Problem::too_large("the list", QUESTIONS_MAX, "evaluations"));
    }
    if let Some(index) = evaluations.iter().position(|one| one.labels.is_some() == one.entity_list.is_some())
    {
        let detail = format!("evaluation {index} has to have either `labels` or `entityList`");
        return Err(Problem::bad_request("wrong-shape", "the body does not have the expected shape", detail)
            .with("field", format!("[{index}]")));
    }
    let answered = blocking(&app, move |app| {
        let answer = |one: &Evaluation| match evaluate(app, one) {
            Ok(body) => json!({"status": 200, "body": body}),
            Err(problem) => json!({"status": problem.status().as_u16(), "error": problem.body()}),
        };
        Ok(evaluations.iter().map(answer).collect::<Vec<Value>>())
    });
    Ok(Json(json!(answered.await?)))
}

fn evaluate(app: &App, one: &Evaluation) -> Result<Value, Problem> {
    let address = one.eval_ref.trim_end_matches('/').trim_end_matches("/constraints");
    let action = ActionRef::try_from(address.to_owned()).map_err(|form| {
        Problem::bad_request("bad-reference", "the reference cannot be read", form).with("field", "evalRef")
    })?;
    question(app, &action, one.include_draft, |question| match (&one.labels, &one.entity_list) {
        (Some(labels), _) => question.of_labels(labels),
        (None, entities) => question.of_entities(entities.as_deref().unwrap_or_default()),
    })
}
