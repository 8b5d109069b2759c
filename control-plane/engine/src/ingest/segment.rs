//! Segment-compatible messages (`ingest-api.md` sections 4 and 6) to records, one for each message.

use acquaint_core::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};
use acquaint_store::catalog::{SchemaClass, Source};
use acquaint_store::record::Body;
use serde_json::{Map, Value as Json};

use super::rules::Rules;
use super::{Refusal, clock, mapping, validate};

/// The namespace of `userId` where the source names none.
pub const USER_NAMESPACE: &str = "userId";
/// The namespace of `anonymousId` where the source names none.
pub const ANONYMOUS_NAMESPACE: &str = "anonymousId";

/// Bytes that what a batch says of all its messages may come to once it lies under each of them: a small body must not
/// become a large store.
const SHARED_BYTES_MAX: usize = 16 * BATCH_BYTES_MAX;

/// What the request says of a message.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// When it came in: milliseconds since the epoch, UTC.
    pub received_ms: i64,
    /// The id of the message if it brings none. Has to be the same when the same request is sent again.
    pub fallback_id: &'a str,
    /// The caller's address, for `context.ip`; absent for server-side sources.
    pub client_ip: Option<&'a str>,
}

/// The messages of a `/v1/batch` body, each with what the batch says of all of them: its context and integrations lie
/// under those of the message.
pub fn split(body: Json) -> Result<Vec<Json>, Refusal> {
    let Json::Object(mut body) = body else {
        return Err(Refusal::new("not_an_object", "", "the body should be an object with a `batch`"));
    };
    let Some(Json::Array(items)) = body.remove("batch") else {
        return Err(Refusal::new("no_batch", "batch", "`batch` should be an array of messages"));
    };
    if items.len() > BATCH_EVENTS_MAX {
        let reason =
            format!("{} messages are more than the {BATCH_EVENTS_MAX} allowed in a batch", items.len());
        return Err(Refusal::new("too_many_events", "batch", reason));
    }
    let shared =
        ["context", "integrations"].map(|name| body.get(name).map_or(0, |part| part.to_string().len()));
    if shared.iter().sum::<usize>().saturating_mul(items.len()) > SHARED_BYTES_MAX {
        let reason = format!(
            "the batch's context under each of its {} messages is more than the {SHARED_BYTES_MAX} bytes allowed",
            items.len()
        );
        return Err(Refusal::new("batch_context_too_large", "context", reason));
    }
    Ok(items.into_iter().map(|item| with_batch(item, &body)).collect())
}

fn with_batch(item: Json, batch: &Map<String, Json>) -> Json {
    let Json::Object(mut item) = item else { return item };
    for shared in ["context", "integrations"] {
        if let Some(Json::Object(under)) = batch.get(shared) {
            let own = item.remove(shared);
            item.insert(shared.to_owned(), laid_over(under, own));
        }
    }
    if let (Some(sent_at), false) = (batch.get("sentAt"), item.contains_key("sentAt")) {
        item.insert("sentAt".to_owned(), sent_at.clone());
    }
    Json::Object(item)
}

/// `over` on top of `under`, field by field.
fn laid_over(under: &Map<String, Json>, over: Option<Json>) -> Json {
    let mut merged = under.clone();
    match over {
        Some(Json::Object(over)) => {
            for (name, value) in over {
                let value = match (merged.remove(&name), value) {
                    (Some(Json::Object(under)), value @ Json::Object(_)) => laid_over(&under, Some(value)),
                    (_, value) => value,
                };
                merged.insert(name, value);
            }
            Json::Object(merged)
        }
        None | Some(Json::Null) => Json::Object(merged),
        Some(other) => other,
    }
}

/// The message of a `/v1/track`, `/v1/t`, ... body: the route says its type.
pub fn single(body: Json, kind: &str) -> Json {
    let Json::Object(mut message) = body else { return body };
    message.insert("type".to_owned(), Json::String(kind.to_owned()));
    Json::Object(message)
}

/// One message to its record; none for what says nothing (an alias of somebody to themselves).
pub fn message(
    rules: &Rules,
    source: &Source,
    message: &Json,
    envelope: &Envelope<'_>,
) -> Result<Vec<Body>, Refusal> {
    let Json::Object(object) = message else {
        return Err(Refusal::new("not_an_object", "", "a message should be an object"));
    };
    validate::size(object, EVENT_BYTES_MAX)?;
    let message = Message::new(rules, source, validate::patch(object)?, envelope)?;
    let kind = match message.fields.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(_) | None => {
            return Err(Refusal::new(
                "no_type",
                "type",
                "`type` should say what the message is, for example `track`",
            ));
        }
    };
    match kind.as_str() {
        "track" => {
            let name = message.text("event")?.ok_or_else(|| {
                Refusal::new("no_event", "event", "a track message needs the name of its `event`")
            })?;
            message.event(&name)
        }
        "page" => message.view("web.webpagedetails.pageViews"),
        "screen" => message.view("mobile.screenView"),
        "identify" => message.identify(),
        "group" => message.group(),
        "alias" => message.alias(),
        other => {
            let reason = format!(
                "`{other}` is no type of message; known are track, page, screen, identify, group and alias"
            );
            Err(Refusal::new("unknown_type", "type", reason))
        }
    }
}

struct Message<'a> {
    rules: &'a Rules,
    source: &'a Source,
    fields: Fields,
    id: String,
    received_ms: i64,
}

impl<'a> Message<'a> {
    fn new(
        rules: &'a Rules,
        source: &'a Source,
        mut fields: Fields,
        envelope: &Envelope<'_>,
    ) -> Result<Self, Refusal> {
        let id = validate::id_text("messageId", fields.get("messageId"))?
            .unwrap_or_else(|| envelope.fallback_id.to_owned());
        validate::message_id("messageId", &id)?;
        if let Some(address) = envelope.client_ip {
            let context = fields.entry("context".to_owned()).or_insert_with(|| Value::Object(Fields::new()));
            if let Value::Object(context) = context {
                context.entry("ip".to_owned()).or_insert_with(|| address.into());
            }
        }
        Ok(Self { rules, source, fields, id, received_ms: envelope.received_ms })
    }

    fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        validate::id_text(name, self.fields.get(name))
    }

    fn user_namespace(&self) -> &str {
        self.source.user_namespace.as_deref().unwrap_or(USER_NAMESPACE)
    }

    fn identity(&self, field: &str, namespace: &str) -> Result<Option<(String, Identity)>, Refusal> {
        let id = self.text(field)?;
        Ok(id.map(|id| (field.to_owned(), Identity { namespace: namespace.to_owned(), id })))
    }

    /// Who: the user first, since that is the primary identity.
    fn identities(&self) -> Result<Vec<Identity>, Refusal> {
        let anonymous = self.source.anonymous_namespace.as_deref().unwrap_or(ANONYMOUS_NAMESPACE);
        let found: Vec<_> =
            [self.identity("userId", self.user_namespace())?, self.identity("anonymousId", anonymous)?]
                .into_iter()
                .flatten()
                .collect();
        if found.is_empty() {
            let reason = "a message needs a `userId` or an `anonymousId`";
            return Err(Refusal::new("no_user_anon_id", "", reason));
        }
        validate::identities(self.rules, &found)
    }

    /// When, by a client's clock that may be wrong. A `sentAt` that cannot be read is ignored.
    fn timestamp_ms(&self) -> Result<i64, Refusal> {
        let original = match validate::instant("originalTimestamp", self.fields.get("originalTimestamp"))? {
            Some(original_ms) => Some(original_ms),
            None => validate::instant("timestamp", self.fields.get("timestamp"))?,
        };
        let sent = validate::instant("sentAt", self.fields.get("sentAt")).unwrap_or_default();
        Ok(clock::corrected(self.received_ms, sent, original))
    }

    fn object(&mut self, name: &str) -> Result<Fields, Refusal> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(Fields::new()),
            Some(Value::Object(fields)) => Ok(fields),
            Some(other) => {
                let reason = format!("`{name}` should be an object, found {}", other.kind());
                Err(Refusal::new("wrong_type", name, reason))
            }
        }
    }

    /// Rewrites the fields of the record by the source's mapping, which may also look at who it is about. What is
    /// mapped lies over what stays.
    fn mapped(&self, mut input: Fields, spread: Option<&str>) -> Result<Fields, Refusal> {
        let about = ["userId", "anonymousId"];
        for name in about {
            if let Some(value) = self.fields.get(name) {
                input.insert(name.to_owned(), value.clone());
            }
        }
        let (mapped, mut rest) = mapping::apply(&self.source.mapping, input)?;
        for name in about {
            rest.remove(name);
        }
        if let Some(Value::Object(inner)) = spread.and_then(|name| rest.remove(name)) {
            rest = inner;
        }
        mapping::lay(&mut rest, mapped);
        Ok(rest)
    }

    /// The client's context, where the schema has a place for it; elsewhere it is only there to be mapped from.
    fn event(mut self, event_type: &str) -> Result<Vec<Body>, Refusal> {
        let identities = self.identities()?;
        let timestamp_ms = self.timestamp_ms()?;
        let of = format!("source `{}`", self.source.id);
        let (dataset, rules) =
            self.rules.dataset(&of, self.source.event_dataset.as_deref(), SchemaClass::Event)?;
        let mut input = Fields::from([("eventType".to_owned(), event_type.into())]);
        for part in ["properties", "context"] {
            let value = self.object(part)?;
            if !value.is_empty() {
                input.insert(part.to_owned(), Value::Object(value));
            }
        }
        let mut found = self.mapped(input, None)?;
        if !rules.schema.event.contains_key("context") {
            found.remove("context");
        }
        let found = validate::event_fields(rules, found)?;
        let event = Event { id: self.id, timestamp_ms, fields: found };
        Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: false }])
    }

    /// A page or screen: its name and category are properties like any other.
    fn view(mut self, event_type: &str) -> Result<Vec<Body>, Refusal> {
        let mut properties = self.object("properties")?;
        for name in ["name", "category"] {
            if let Some(text) = self.text(name)? {
                properties.entry(name.to_owned()).or_insert_with(|| text.into());
            }
        }
        self.fields.insert("properties".to_owned(), Value::Object(properties));
        self.event(event_type)
    }

    fn upsert(self, input: Fields, spread: Option<&str>) -> Result<Vec<Body>, Refusal> {
        let identities = self.identities()?;
        let of = format!("source `{}`", self.source.id);
        let (dataset, rules) =
            self.rules.dataset(&of, self.source.profile_dataset.as_deref(), SchemaClass::Profile)?;
        let attributes = validate::attributes(rules, self.mapped(input, spread)?)?;
        Ok(vec![Body::Upsert { message: Some(self.id), dataset: dataset.into(), identities, attributes }])
    }

    /// Traits, and that the user and the anonymous visitor are one: the identities of one record are linked.
    fn identify(mut self) -> Result<Vec<Body>, Refusal> {
        let mut context = self.object("context")?;
        // RudderStack's browser client has the traits here, and only here.
        let mut traits = match context.remove("traits") {
            Some(Value::Object(traits)) => traits,
            Some(_) | None => Fields::new(),
        };
        let own = self.object("traits")?;
        mapping::lay(&mut traits, own);
        if traits.is_empty() {
            let identities = self.identities()?;
            return Ok(vec![Body::Link { message: Some(self.id), identities }]);
        }
        self.upsert(Fields::from([("traits".to_owned(), Value::Object(traits))]), Some("traits"))
    }

    fn group(mut self) -> Result<Vec<Body>, Refusal> {
        let Some(id) = self.text("groupId")? else {
            return Err(Refusal::new("no_group", "groupId", "a group message needs a `groupId`"));
        };
        let mut group = Fields::from([("id".to_owned(), id.into())]);
        let traits = self.object("traits")?;
        if !traits.is_empty() {
            group.insert("traits".to_owned(), Value::Object(traits));
        }
        self.upsert(Fields::from([("group".to_owned(), Value::Object(group))]), None)
    }

    fn alias(self) -> Result<Vec<Body>, Refusal> {
        let namespace = self.user_namespace();
        let (Some(user), Some(previous)) =
            (self.identity("userId", namespace)?, self.identity("previousId", namespace)?)
        else {
            let reason = "an alias needs a `userId` and a `previousId`";
            return Err(Refusal::new("no_user_anon_id", "", reason));
        };
        // analytics-next sends this after `identify("u1")`, `alias("u2", "u1")`.
        if user.1 == previous.1 {
            return Ok(Vec::new());
        }
        let identities = validate::identities(self.rules, &[user, previous])?;
        Ok(vec![Body::Link { message: Some(self.id), identities }])
    }
}
