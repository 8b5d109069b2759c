//! `POST`: many profiles, or the events of many. What cannot be found is said beside what was found, with 207.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use acquaint_core::id::ProfileId;
use acquaint_core::profile::Identity;
use acquaint_core::time::parse_instant;
use acquaint_store::{ProfileStore, Snapshot};

use super::events::{self, PAGE_MAX, Wanted};
use super::page::Cursor;
use super::selection::Selection;
use super::{PATH, Schema, Whom, find_in, merge_policy, profile};
use crate::app::{App, Shared, blocking};
use crate::http::asked::refused;
use crate::http::body;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 256 * 1024;
/// Profiles of one request.
const IDENTITIES_MAX: usize = 100;
/// Events of one profile, unless the request says otherwise.
const LIMIT: usize = 100;

/// What is asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Many {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<Named>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    related_schema: Option<Named>,
    identities: Vec<Asked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge_policy_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_filter: Option<TimeFilter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    orderby: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(alias = "relatedEntityId")]
    entity_id: String,
    #[serde(
        rename = "entityIdNS",
        alias = "relatedEntityIdNS",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    namespace: Option<Namespace>,
    /// The page of events that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Namespace {
    code: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimeFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_time: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_time: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Instant {
    Milliseconds(i64),
    Text(String),
}

impl Asked {
    fn whom(&self) -> Result<Whom, Problem> {
        match (&self.namespace, ProfileId::parse(&self.entity_id)) {
            (Some(namespace), _) => {
                let (namespace, id) = (namespace.code.clone(), self.entity_id.clone());
                Ok(Whom::Identity(Identity { namespace, id }))
            }
            (None, Some(xid)) => Ok(Whom::Xid(xid)),
            (None, None) => {
                let detail = format!("`{}` is no XID, so its `entityIdNS` is needed", self.entity_id);
                Err(refused("entityIdNS", "a namespace is missing", detail))
            }
        }
    }

    /// Why there is no answer for it.
    fn without_answer(&self, problem: &Problem) -> Value {
        let mut error = problem.body();
        if let Value::Object(error) = &mut error {
            error.insert("entityId".into(), json!(self.entity_id));
            error.insert("entityIdNS".into(), json!(self.namespace));
        }
        error
    }
}

impl Instant {
    fn ms(&self, name: &'static str) -> Result<i64, Problem> {
        match self {
            Self::Milliseconds(ms) => Ok(*ms),
            Self::Text(text) => parse_instant(text)
                .ok_or_else(|| refused(name, "an instant cannot be read", format!("`{text}` is no instant"))),
        }
    }
}

impl Many {
    fn check(&self) -> Result<Schema, Problem> {
        let schema = Schema::named(self.schema.as_ref().map(|schema| schema.name.as_str()))?;
        let related = self.related_schema.as_ref().map(|schema| schema.name.as_str());
        if Schema::named(related)? != Schema::Profile {
            let detail = "events are related to profiles";
            return Err(refused("relatedSchema.name", "the schema does not fit", detail));
        }
        merge_policy(self.merge_policy_id.as_deref())?;
        if self.identities.is_empty() {
            return Err(refused("identities", "nobody is asked for", "`identities` is empty"));
        }
        if self.identities.len() > IDENTITIES_MAX {
            return Err(Problem::too_large("the request", IDENTITIES_MAX, "identities"));
        }
        let about_events = self.time_filter.is_some() || self.orderby.is_some() || self.limit.is_some();
        if schema == Schema::Profile && about_events {
            let detail = "`timeFilter`, `orderby` and `limit` are about events";
            return Err(refused("schema.name", "a parameter does not fit", detail));
        }
        Ok(schema)
    }

    fn wanted(&self, selection: Option<Selection>) -> Result<Wanted, Problem> {
        let times = self.time_filter.as_ref();
        let start = times.and_then(|times| times.start_time.as_ref());
        let end = times.and_then(|times| times.end_time.as_ref());
        Ok(Wanted {
            start_ms: start.map(|start| start.ms("timeFilter.startTime")).transpose()?,
            end_ms: end.map(|end| end.ms("timeFilter.endTime")).transpose()?,
            newest_first: events::newest_first(self.orderby.as_deref())?,
            selection,
            limit: self.limit.unwrap_or(LIMIT).clamp(1, PAGE_MAX),
            ..Wanted::default()
        })
    }

    /// The same request for the next page of one profile.
    fn next(&self, asked: &Asked, next: &Cursor) -> Value {
        let asked = Asked { start: Some(next.text()), ..asked.clone() };
        json!({"href": PATH, "payload": Self { identities: vec![asked], ..self.clone() }})
    }
}

pub(super) async fn many(
    State(app): State<Shared>,
    headers: HeaderMap,
    sent: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let many: Many = body::json(&body::read(&headers, sent, BODY_BYTES_MAX).await?)?;
    let schema = many.check()?;
    let paths = many.fields.as_ref().map(|fields| fields.iter().map(String::as_str));
    let selection = paths.map(Selection::of).transpose()?;
    let answer = blocking(&app, move |app| match schema {
        Schema::Profile => profiles(app, &many, selection.as_ref()),
        Schema::Event => event_pages(app, &many, selection),
    });
    let Answer { mut found, errors } = answer.await?;
    if errors.is_empty() {
        return Ok((StatusCode::OK, Json(Value::Object(found))));
    }
    found.insert("errors".into(), Value::Array(errors));
    Ok((StatusCode::MULTI_STATUS, Json(Value::Object(found))))
}

/// By XID what was found, and what was not.
#[derive(Default)]
struct Answer {
    found: Map<String, Value>,
    errors: Vec<Value>,
}

impl Answer {
    /// A profile that is not there is said to be missing; whatever else goes wrong is the answer to the whole request.
    fn add(&mut self, asked: &Asked, reply: Result<(ProfileId, Value), Problem>) -> Result<(), Problem> {
        match reply {
            Ok((id, reply)) => drop(self.found.insert(id.to_string(), reply)),
            Err(problem) if problem.status().is_client_error() => {
                self.errors.push(asked.without_answer(&problem));
            }
            Err(problem) => return Err(problem),
        }
        Ok(())
    }
}

fn profiles(app: &App, many: &Many, selection: Option<&Selection>) -> Result<Answer, Problem> {
    let snapshot = app.store.snapshot();
    let mut answer = Answer::default();
    for asked in &many.identities {
        let document = asked.whom().and_then(|whom| find_in(&*snapshot, &whom));
        let reply = document
            .and_then(|document| Ok((document.id, profile::reply(app, &*snapshot, &document, selection)?)));
        answer.add(asked, reply)?;
    }
    Ok(answer)
}

/// One answer has no more events than one page may have: who comes last may get an empty page, and the link to a fuller.
fn event_pages(app: &App, many: &Many, selection: Option<Selection>) -> Result<Answer, Problem> {
    let snapshot = app.store.snapshot();
    let mut wanted = many.wanted(selection)?;
    let (limit, mut left) = (wanted.limit, PAGE_MAX);
    let mut answer = Answer::default();
    for asked in &many.identities {
        wanted.limit = limit.min(left);
        let page = event_page(&*snapshot, many, asked, &mut wanted);
        left = left.saturating_sub(page.as_ref().map_or(0, |(_, _, count)| *count));
        answer.add(asked, page.map(|(id, page, _)| (id, page)))?;
    }
    Ok(answer)
}

fn event_page(
    snapshot: &dyn Snapshot,
    many: &Many,
    asked: &Asked,
    wanted: &mut Wanted,
) -> Result<(ProfileId, Value, usize), Problem> {
    let document = find_in(snapshot, &asked.whom()?)?;
    wanted.start = asked.start.as_deref().map(Cursor::read).transpose()?;
    let page = events::page(snapshot, &document, wanted)?;
    let next = page.next.as_ref().map(|next| many.next(asked, next));
    Ok((document.id, page.to_json(next), page.children.len()))
}
