//! The JSON that clients send, and what it means, whichever of the two interfaces it came by (`edge-api.md` section 2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::consent::ConsentItem;
use crate::http;
use crate::identity::map::{self, IdentityItems, Items};
use crate::json::{self, Read, Wrong, need, take};
use crate::limits;
use crate::offers::{self, surface};
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
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Cookies of the page.
    pub state: PageState,
    /// How long the events waited in the client.
    pub queue_time_millis: Option<i64>,
    config_overrides: Option<Value>,
}

impl Read for Meta {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self {
            state: take(&mut object, "state")?.unwrap_or_default(),
            queue_time_millis: take(&mut object, "queueTimeMillis")?,
            config_overrides: take(&mut object, "configOverrides")?,
        })
    }
}

/// `meta.state`
#[derive(Clone, Debug, Default)]
pub struct PageState {
    /// The page's apex domain; empty where it has none.
    pub domain: String,
    /// Whether the browser stores cookies.
    pub cookies_enabled: bool,
    /// Our cookies, when the browser would not send them by itself.
    pub entries: Vec<StateEntry>,
}

impl Read for PageState {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self {
            domain: take(&mut object, "domain")?.unwrap_or_default(),
            cookies_enabled: take(&mut object, "cookiesEnabled")?.unwrap_or_default(),
            entries: take(&mut object, "entries")?.unwrap_or_default(),
        })
    }
}

/// One cookie of the page.
#[derive(Clone, Debug)]
pub struct StateEntry {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
}

impl Read for StateEntry {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self { key: need(&mut object, "key")?, value: need(&mut object, "value")? })
    }
}

#[derive(Default)]
struct Body {
    events: Option<Vec<RawEvent>>,
    event: Option<RawEvent>,
    xdm_identity_map: Option<Items>,
    identity_map: Option<Items>,
    query: Query,
    consent: Option<Vec<ConsentItem>>,
    meta: Meta,
}

impl Read for Body {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        let mut xdm = take::<Map<_, _>>(&mut object, "xdm")?.unwrap_or_default();
        Ok(Self {
            events: take(&mut object, "events")?,
            event: take(&mut object, "event")?,
            xdm_identity_map: map::take_items(&mut xdm).map_err(|wrong| wrong.within("xdm"))?,
            identity_map: map::take_items(&mut object)?,
            query: take(&mut object, "query")?.unwrap_or_default(),
            consent: take(&mut object, "consent")?,
            meta: take(&mut object, "meta")?.unwrap_or_default(),
        })
    }
}

struct RawEvent {
    xdm: Map<String, Value>,
    query: Query,
}

impl Read for RawEvent {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self {
            xdm: take(&mut object, "xdm")?.unwrap_or_default(),
            query: take(&mut object, "query")?.unwrap_or_default(),
        })
    }
}

#[derive(Default)]
struct Query {
    fetch: Vec<String>,
    personalization: Option<RawPersonalization>,
}

impl Read for Query {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        let mut identity = take::<Map<_, _>>(&mut object, "identity")?.unwrap_or_default();
        Ok(Self {
            fetch: take(&mut identity, "fetch")
                .map_err(|wrong| wrong.within("identity"))?
                .unwrap_or_default(),
            personalization: take(&mut object, "personalization")?,
        })
    }
}

struct RawPersonalization {
    enabled: Option<bool>,
    schemas: Vec<String>,
    decision_scopes: Vec<String>,
    scopes: Vec<String>,
    surfaces: Vec<String>,
}

impl Read for RawPersonalization {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        let mut texts = |name: &str| take(&mut object, name).map(Option::unwrap_or_default);
        Ok(Self {
            schemas: texts("schemas")?,
            decision_scopes: texts("decisionScopes")?,
            scopes: texts("scopes")?,
            surfaces: texts("surfaces")?,
            enabled: take(&mut object, "enabled")?,
        })
    }
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
        identity_map: IdentityItems::new(body.xdm_identity_map.unwrap_or_default())?,
        fetch: Vec::new(),
        consent: Vec::new(),
        meta: body.meta,
        silent: request.parameter(&["silent"]).is_some_and(|value| value.eq_ignore_ascii_case("true")),
        overrides: Overrides::default(),
    };
    if let Some(items) = body.identity_map {
        call.identity_map = IdentityItems::new(items)?;
    }
    call.fetch = body.query.fetch;
    let personalization = body.query.personalization;
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
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::Empty);
    }
    match json::parse(&request.body) {
        Ok(json @ Value::Object(_)) => Body::read(json).map_err(|wrong| Problem::Field(wrong.to_string())),
        Ok(_) => Err(Problem::Json("an object is expected".into())),
        Err(error) if error.is_data() => Err(Problem::Field(error.to_string())),
        Err(error) => Err(Problem::Json(error.to_string())),
    }
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
    let place = |wrong: Wrong| wrong.within("xdm").within(&index.to_string()).within("events").to_string();
    let items = map::take_items(&mut xdm).map_err(|wrong| Problem::Field(place(wrong)))?.unwrap_or_default();
    let own = event.query.personalization;
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
    let named = raw.decision_scopes.iter().chain(&raw.scopes).map(|scope| surface::normal(scope));
    let surfaces = raw.surfaces.iter().map(|surface| surface::of_page(surface, page));
    let mut scopes = at_most_allowed(index, "scopes", named)?;
    for surface in at_most_allowed(index, "surfaces", surfaces)? {
        if !scopes.contains(&surface) {
            scopes.push(surface);
        }
    }
    Ok(Some(Personalization { scopes, schemas: raw.schemas.clone() }))
}

/// Each once. That of the whole page is not counted: the SDK adds it to those that a page asks for.
fn at_most_allowed(
    index: usize,
    what: &str,
    asked: impl Iterator<Item = String>,
) -> Result<Vec<String>, Problem> {
    let mut all: Vec<String> = Vec::new();
    for one in asked {
        if !all.contains(&one) {
            all.push(one);
        }
        let counted = all.len() - usize::from(all.iter().any(|one| one == offers::PAGE));
        if counted > limits::SCOPES_PER_EVENT_MAX {
            return Err(Problem::Invalid {
                field: format!("events[{index}].query.personalization"),
                detail: format!("more than the {} {what} allowed", limits::SCOPES_PER_EVENT_MAX),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
