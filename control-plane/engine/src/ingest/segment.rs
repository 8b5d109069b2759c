//! Segment-compatible messages (`ingest-api.md` sections 4 and 6) to records, one for each message.

use acquaint_core::limits::EVENT_BYTES_MAX;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::time::format_instant;
use acquaint_core::value::{Fields, Value};
use acquaint_store::catalog::{SchemaClass, Source};
use acquaint_store::record::Body;
use serde_json::Value as Json;

use super::request::Envelope;
use super::rules::Rules;
use super::{Refusal, clock, mapping, validate};

/// The namespace of `userId` where the source names none.
pub const USER_NAMESPACE: &str = "userId";
/// The namespace of `anonymousId` where the source names none.
pub const ANONYMOUS_NAMESPACE: &str = "anonymousId";

/// What else a message says that an event keeps, where its schema has a place for it; elsewhere it is only there to be
/// mapped from.
const OPTIONAL: [&str; 5] = ["context", "integrations", "originalTimestamp", "sentAt", "receivedAt"];

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
        fields: Fields,
        envelope: &Envelope<'_>,
    ) -> Result<Self, Refusal> {
        let id = validate::id_text("messageId", fields.get("messageId"))?
            .unwrap_or_else(|| envelope.fallback_id.to_owned());
        validate::message_id("messageId", &id)?;
        Ok(Self { rules, source, fields, id, received_ms: envelope.received_ms })
    }

    fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        validate::id_text(name, self.fields.get(name))
    }

    fn user_namespace(&self) -> &str {
        self.source.user_namespace.as_deref().unwrap_or(USER_NAMESPACE)
    }

    fn anonymous_namespace(&self) -> &str {
        self.source.anonymous_namespace.as_deref().unwrap_or(ANONYMOUS_NAMESPACE)
    }

    fn identity(&self, field: &str, namespace: &str) -> Result<Option<(String, Identity)>, Refusal> {
        let id = self.text(field)?;
        Ok(id.map(|id| (field.to_owned(), Identity { namespace: namespace.to_owned(), id })))
    }

    /// Who: the user first, since that is the primary identity.
    fn identities(&self) -> Result<Vec<Identity>, Refusal> {
        let anonymous = self.anonymous_namespace();
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

    /// When, by the client's clock: what it says first, and when it sent it. A `sentAt` that cannot be read is ignored.
    fn told_ms(&self) -> Result<(Option<i64>, Option<i64>), Refusal> {
        let original = match validate::instant("originalTimestamp", self.fields.get("originalTimestamp"))? {
            Some(original_ms) => Some(original_ms),
            None => validate::instant("timestamp", self.fields.get("timestamp"))?,
        };
        Ok((original, validate::instant("sentAt", self.fields.get("sentAt")).unwrap_or_default()))
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
    /// mapped lies over what stays; what is homeless does not stay.
    fn mapped(&self, mut input: Fields, spread: Option<&str>, homeless: &[&str]) -> Result<Fields, Refusal> {
        let about = ["userId", "anonymousId"];
        for name in about {
            if let Some(value) = self.fields.get(name) {
                input.insert(name.to_owned(), value.clone());
            }
        }
        let (mapped, mut rest) = mapping::apply(&self.source.mapping, input)?;
        for name in about.iter().chain(homeless) {
            rest.remove(*name);
        }
        if let Some(Value::Object(inner)) = spread.and_then(|name| rest.remove(name)) {
            rest = inner;
        }
        mapping::lay(&mut rest, mapped);
        Ok(rest)
    }

    fn event(mut self, event_type: &str) -> Result<Vec<Body>, Refusal> {
        let identities = self.identities()?;
        let (original_ms, sent_ms) = self.told_ms()?;
        let of = format!("source `{}`", self.source.id);
        let (dataset, rules) =
            self.rules.dataset(&of, self.source.event_dataset.as_deref(), SchemaClass::Event)?;
        let mut input = Fields::from([
            ("eventType".to_owned(), event_type.into()),
            ("receivedAt".to_owned(), format_instant(self.received_ms).into()),
        ]);
        for (name, told_ms) in [("originalTimestamp", original_ms), ("sentAt", sent_ms)] {
            input.extend(told_ms.map(|told_ms| (name.to_owned(), format_instant(told_ms).into())));
        }
        for part in ["properties", "context"] {
            let value = self.object(part)?;
            if !value.is_empty() {
                input.insert(part.to_owned(), Value::Object(value));
            }
        }
        input.extend(
            self.fields.remove_entry("integrations").filter(|(_, value)| matches!(value, Value::Object(_))),
        );
        let schema = &rules.schema.event;
        let homeless: Vec<&str> = OPTIONAL.into_iter().filter(|name| !schema.contains_key(*name)).collect();
        let found = validate::event_fields(rules, self.mapped(input, None, &homeless)?)?;
        let timestamp_ms = clock::corrected(self.received_ms, sent_ms, original_ms);
        let event = Event { id: self.id, timestamp_ms, fields: found };
        Ok(vec![Body::Event { dataset: dataset.into(), identities, event, from_edge: None }])
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
        let attributes = validate::attributes(rules, self.mapped(input, spread, &[])?)?;
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
        // Browsers give the anonymous id of whom they have not identified.
        let previous = match self.text("previousId")? {
            Some(previous) if self.text("anonymousId")? == Some(previous.clone()) => {
                self.anonymous_namespace()
            }
            Some(_) | None => namespace,
        };
        let (Some(user), Some(previous)) =
            (self.identity("userId", namespace)?, self.identity("previousId", previous)?)
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
