//! The JSON that clients send, and what it means, whichever of the two interfaces it came by (`edge-api.md` section 2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::consent::ConsentItem;
use crate::http;
use crate::identity::map::{IdentityItems, Item};
use crate::limits;
use crate::offers::surface;
use crate::overrides::{self, Overrides};
use crate::problem::Problem;
use crate::route::{Action, Route, Version};

/// Names of the parameter that says which datastream, in any case.
pub const DATASTREAM: &[&str] = &["configId", "dataStreamId"];

/// A request that was understood. Nothing in it has been checked against a bundle yet.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which path.
    pub route: Route,
    /// Key of idempotency: the Web SDK repeats a failed request under the same id.
    pub request_id: String,
    /// `configId` / `dataStreamId`.
    pub datastream: String,
    /// In the order sent.
    pub events: Vec<EventBody>,
    /// Identities of the whole request.
    pub identity_map: IdentityItems,
    /// Namespaces whose ids the caller wants to know.
    pub fetch: Vec<String>,
    /// Consent to be set; only for [`Action::SetConsent`].
    pub consent: Vec<ConsentItem>,
    /// State that the page keeps for us, and how long the events waited.
    pub meta: Meta,
    /// Whether the caller wants no more than to know that it was taken.
    pub silent: bool,
    /// What the page wants otherwise than its datastream says.
    pub overrides: Overrides,
}

/// One event as it was sent.
#[derive(Clone, Debug, Default)]
pub struct EventBody {
    /// The event without its identities.
    pub xdm: Map<String, Value>,
    /// Its identities.
    pub identity_map: IdentityItems,
    /// What is to be personalized; absent: nothing.
    pub personalization: Option<Personalization>,
}

/// `query.personalization`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personalization {
    /// Decision scopes and surfaces, in the order sent, each once.
    pub scopes: Vec<String>,
    /// The item schemas the client can show; empty: any.
    pub schemas: Vec<String>,
}

/// `meta`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// Cookies of the page.
    pub state: PageState,
    /// How long the events waited in the client.
    pub queue_time_millis: Option<i64>,
    config_overrides: Option<Value>,
}

/// `meta.state`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PageState {
    /// The page's apex domain; empty where it has none.
    pub domain: String,
    /// Whether the browser stores cookies.
    pub cookies_enabled: bool,
    /// Our cookies, when the browser would not send them by itself.
    pub entries: Vec<StateEntry>,
}

/// One cookie of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct StateEntry {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    events: Option<Vec<RawEvent>>,
    event: Option<RawEvent>,
    xdm: Option<RequestXdm>,
    identity_map: Option<BTreeMap<String, Vec<Item>>>,
    query: Option<Query>,
    consent: Option<Vec<ConsentItem>>,
    meta: Option<Meta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawEvent {
    xdm: Map<String, Value>,
    query: Option<Query>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestXdm {
    identity_map: Option<BTreeMap<String, Vec<Item>>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    identity: Option<IdentityQuery>,
    personalization: Option<RawPersonalization>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct IdentityQuery {
    fetch: Vec<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawPersonalization {
    enabled: Option<bool>,
    schemas: Vec<String>,
    decision_scopes: Vec<String>,
    scopes: Vec<String>,
    surfaces: Vec<String>,
}

/// Reads a request. `fresh_id` is used when the client gave no usable request id.
pub fn parse(route: Route, request: &http::Request, fresh_id: String) -> Result<Call, Problem> {
    let datastream = request.parameter(DATASTREAM).ok_or(Problem::DatastreamMissing)?;
    let body = read_body(request)?;
    let mut call = Call {
        route,
        request_id: request_id(request).unwrap_or(fresh_id),
        datastream: datastream.to_owned(),
        events: Vec::new(),
        identity_map: IdentityItems::new(body.xdm.and_then(|xdm| xdm.identity_map).unwrap_or_default())?,
        fetch: Vec::new(),
        consent: Vec::new(),
        meta: body.meta.unwrap_or_default(),
        silent: request.parameter(&["silent"]).is_some_and(|value| value.eq_ignore_ascii_case("true")),
        overrides: Overrides::default(),
    };
    if let Some(items) = body.identity_map {
        call.identity_map = IdentityItems::new(items)?;
    }
    let query = body.query.unwrap_or_default();
    call.fetch = query.identity.map(|identity| identity.fetch).unwrap_or_default();
    let personalization = query.personalization;
    match route.action {
        Action::Interact | Action::Collect => {
            let events = match (body.events, body.event) {
                (Some(events), None) => events,
                (None, Some(event)) => vec![event],
                (Some(_), Some(_)) => {
                    return Err(Problem::Field(
                        "both `event` and `events` are given: send one of them".into(),
                    ));
                }
                (None, None) => {
                    let name = if is_single(route) { "event" } else { "events" };
                    return Err(Problem::Missing(format!("`{name}` is missing")));
                }
            };
            call.events = read_events(events, personalization.as_ref())?;
        }
        Action::SetConsent => {
            call.consent = body.consent.ok_or_else(|| Problem::Missing("`consent` is missing".into()))?;
        }
        Action::Acquire => {}
    }
    call.overrides = overrides::read(call.meta.config_overrides.as_ref())?;
    Ok(call)
}

/// The request id that the client gave, if it can be echoed.
pub fn request_id(request: &http::Request) -> Option<String> {
    let given = request.parameter(&["requestId"]).or_else(|| request.header("x-request-id"))?;
    let usable = (1..=limits::REQUEST_ID_CHARACTERS_MAX).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
    usable.then(|| given.to_owned())
}

fn is_single(route: Route) -> bool {
    route == Route { version: Version::V2, action: Action::Interact }
}

fn read_body(request: &http::Request) -> Result<Body, Problem> {
    if let Some(content_type) = request.header("content-type") {
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(media.as_str(), "application/json" | "text/plain" | "text/javascript" | "") {
            return Err(Problem::MediaType(media.chars().take(100).collect()));
        }
    }
    let found = request.body.len();
    if found > limits::REQUEST_BYTES_MAX {
        return Err(Problem::TooLarge { found, max: limits::REQUEST_BYTES_MAX });
    }
    // A struct would also be read from an array.
    match request.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err(Problem::Empty),
        Some(b'{') => {}
        Some(_) => return Err(Problem::Json("an object is expected".into())),
    }
    serde_json::from_slice(&request.body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Problem::Field(error.to_string()),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => Problem::Json(error.to_string()),
    })
}

fn read_events(
    events: Vec<RawEvent>,
    of_request: Option<&RawPersonalization>,
) -> Result<Vec<EventBody>, Problem> {
    if events.is_empty() {
        return Err(Problem::Missing("`events` is empty".into()));
    }
    if events.len() > limits::EVENTS_PER_REQUEST_MAX {
        return Err(Problem::Invalid {
            field: "events".into(),
            detail: format!(
                "{} events are more than the {} allowed",
                events.len(),
                limits::EVENTS_PER_REQUEST_MAX
            ),
        });
    }
    events.into_iter().enumerate().map(|(index, event)| read_event(index, event, of_request)).collect()
}

fn read_event(
    index: usize,
    event: RawEvent,
    of_request: Option<&RawPersonalization>,
) -> Result<EventBody, Problem> {
    let mut xdm = event.xdm;
    let items = match xdm.remove("identityMap") {
        Some(items) => serde_json::from_value(items)
            .map_err(|error| Problem::Field(format!("`events[{index}].xdm.identityMap`: {error}")))?,
        None => BTreeMap::new(),
    };
    let own = event.query.and_then(|query| query.personalization);
    let personalization = match own.as_ref().or(of_request) {
        Some(personalization) => read_personalization(index, personalization, page(&xdm))?,
        None => None,
    };
    Ok(EventBody { xdm, identity_map: IdentityItems::new(items)?, personalization })
}

/// The address of the page that an event is of.
fn page(xdm: &Map<String, Value>) -> Option<&str> {
    xdm.get("web")?.get("webPageDetails")?.get("URL")?.as_str()
}

fn read_personalization(
    index: usize,
    raw: &RawPersonalization,
    page: Option<&str>,
) -> Result<Option<Personalization>, Problem> {
    if raw.enabled == Some(false) {
        return Ok(None);
    }
    let mut scopes: Vec<String> = Vec::new();
    let named = raw.decision_scopes.iter().chain(&raw.scopes).map(|scope| surface::normal(scope));
    let surfaces = raw.surfaces.iter().map(|surface| surface::of_page(surface, page));
    for scope in named.chain(surfaces) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
        if scopes.len() > limits::SCOPES_PER_EVENT_MAX {
            return Err(Problem::Invalid {
                field: format!("events[{index}].query.personalization"),
                detail: format!("more than the {} scopes allowed", limits::SCOPES_PER_EVENT_MAX),
            });
        }
    }
    Ok(Some(Personalization { scopes, schemas: raw.schemas.clone() }))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
