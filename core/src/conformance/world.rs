//! What a case is evaluated over: a profile, its events, an instant, the types of all that, and other audiences.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use crate::id::AudienceId;
use crate::lang::AudienceDirectory;
use crate::lang::schema::standard::FIELD_GROUPS;
use crate::lang::schema::{Class, OTHERS, Source, Type, UnionSchema};
use crate::limits::VALUE_DEPTH_MAX;
use crate::plan::Mode;
use crate::profile::{Event, IdentityMap, Membership, Memberships, Status, identity};
use crate::time::{format_instant, parse_instant};
use crate::value::{Fields, Value, fields};

/// 2018-08-28T00:00:00Z, the day of the documentation's examples.
pub(super) const NOW_MS: i64 = 1_535_414_400_000;

const KEYS: [&str; 8] = ["now", "profile", "events", "audiences", "members", "schema", "dialect", "context"];

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) attributes: Fields,
    pub(super) identities: IdentityMap,
    pub(super) memberships: Memberships,
    /// Sorted by timestamp and id.
    pub(super) events: Vec<Event>,
    /// What a decision knows besides, by name.
    pub(super) context: Fields,
    pub(super) now_ms: i64,
    /// The first in which the expression is in order is the one that counts.
    pub(super) schemas: Vec<UnionSchema>,
    pub(super) audiences: Vec<Audience>,
    /// Whether there is every audience that anybody names.
    pub(super) has_every_audience: bool,
}

/// Another audience that the expression may refer to.
#[derive(Debug)]
pub(super) struct Audience {
    pub(super) id: AudienceId,
    pub(super) mode: Mode,
    pub(super) text: String,
}

impl AudienceDirectory for World {
    fn contains(&self, id: &str) -> bool {
        let id = AudienceId::from(id);
        self.has_every_audience
            || self.memberships.contains_key(&id)
            || self.audiences.iter().any(|audience| audience.id == id)
    }
}

impl World {
    /// The world of a page.
    pub(super) fn of_page(json: &Map<String, Json>) -> Result<Self, String> {
        if let Some(key) = json.keys().find(|key| !KEYS.contains(&&***key)) {
            return Err(format!("a world has no `{key}`"));
        }
        let mut world = Self { now_ms: NOW_MS, ..Self::default() };
        if let Some(now) = json.get("now") {
            world.now_ms = instant(now)?;
        }
        world.profile(object(json, "profile")?)?;
        world.add_events(json.get("events"))?;
        world.add_members(json.get("members"))?;
        let context = object(json, "context")?;
        world.context = fields::from_json(&context, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
        for (id, audience) in object(json, "audiences")? {
            world.audiences.push(Audience::read(id, audience)?);
        }
        let schema = match json.get("schema") {
            Some(Json::Object(schema)) => union(schema)?,
            None => world.inferred(),
            Some(Json::String(open)) if open == "open" => {
                world.schemas.push(UnionSchema::open());
                opened(world.inferred())
            }
            Some(_) => {
                return Err("`schema` is \"open\" or has the properties of `profile` and `event`".to_owned());
            }
        };
        world.schemas.insert(0, schema);
        Ok(world)
    }

    fn profile(&mut self, mut json: Map<String, Json>) -> Result<(), String> {
        if let Some(map) = json.remove("identityMap") {
            let map = map.as_object().ok_or("`identityMap` is not an object")?;
            for one in &identity::identities_from_json(map).map_err(|error| error.to_string())? {
                identity::insert(&mut self.identities, one);
            }
        }
        if let Some(all) = json.remove("segmentMembership") {
            self.memberships = memberships(&all)
                .ok_or("`segmentMembership` is like {\"ups\": {\"id\": {\"status\": \"realized\"}}}")?;
        }
        self.attributes = fields::from_json(&json, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// An event may leave out its id: its place is one; and its timestamp: it is now.
    pub(super) fn add_events(&mut self, events: Option<&Json>) -> Result<(), String> {
        let events = match events {
            None => return Ok(()),
            Some(Json::Array(events)) => events,
            Some(_) => return Err("events are a list".to_owned()),
        };
        for (event, number) in events.iter().zip(1_usize..) {
            let mut event = event.as_object().cloned().ok_or("an event is an object")?;
            event.entry("_id").or_insert_with(|| format!("{number:04}").into());
            event.entry("timestamp").or_insert_with(|| format_instant(self.now_ms).into());
            let fields = fields::from_json(&event, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
            self.events.push(Event::from_fields(fields).map_err(|error| format!("event {number}: {error}"))?);
        }
        self.events.sort_by(|left, right| left.order().cmp(&right.order()));
        Ok(())
    }

    fn add_members(&mut self, members: Option<&Json>) -> Result<(), String> {
        let members = match members {
            None => return Ok(()),
            Some(Json::Array(members)) => members,
            Some(_) => return Err("`members` is a list of ids".to_owned()),
        };
        for id in members {
            let id = id.as_str().ok_or("`members` is a list of ids")?;
            self.memberships.insert(id.into(), Membership { status: Status::Realized, since_ms: 0 });
        }
        Ok(())
    }

    /// The types of what is there, and no more.
    pub(super) fn inferred(&self) -> UnionSchema {
        let mut schema = UnionSchema::default();
        schema.profile.extend(types_of(&self.attributes));
        for event in &self.events {
            for (name, of) in types_of(&event.fields) {
                let joined = schema.event.get(&name).map(|known| known.join(&of).unwrap_or(Type::Any));
                schema.event.insert(name, joined.unwrap_or(of));
            }
        }
        schema
    }
}

impl Audience {
    /// Its text; or that and the mode that it was published with, which otherwise is streaming.
    fn read(id: String, json: Json) -> Result<Self, String> {
        let (text, mode) = match &json {
            Json::String(text) => (Some(&**text), Some(Mode::Streaming)),
            _ => {
                let mode = match json.get("mode").and_then(Json::as_str) {
                    Some("edge") => Some(Mode::Edge),
                    Some("streaming") | None => Some(Mode::Streaming),
                    Some("batch") => Some(Mode::Batch),
                    Some(_) => None,
                };
                (json.get("pql").and_then(Json::as_str), mode)
            }
        };
        match (text, mode) {
            (Some(text), Some(mode)) => Ok(Self { id: AudienceId::new(id), mode, text: text.to_owned() }),
            (_, _) => Err(format!("audience `{id}` is a text, or an object with `pql` and `mode`")),
        }
    }
}

pub(super) fn instant(json: &Json) -> Result<i64, String> {
    match json {
        Json::Number(number) => number.as_i64(),
        other => other.as_str().and_then(parse_instant),
    }
    .ok_or_else(|| format!("{json} is no instant"))
}

fn object(json: &Map<String, Json>, key: &str) -> Result<Map<String, Json>, String> {
    match json.get(key) {
        None => Ok(Map::new()),
        Some(Json::Object(found)) => Ok(found.clone()),
        Some(_) => Err(format!("`{key}` is not an object")),
    }
}

fn union(schema: &Map<String, Json>) -> Result<UnionSchema, String> {
    let (profile, event) = (object(schema, "profile")?, object(schema, "event")?);
    let named: &[Json] = match schema.get("fieldGroups") {
        None => &[],
        Some(named) => named.as_array().ok_or("`fieldGroups` is a list of names")?,
    };
    let groups = FIELD_GROUPS.iter().filter(|group| named.iter().any(|name| name == group.name));
    let groups: Vec<_> = groups.map(|group| (group, group.properties())).collect();
    if groups.len() != named.len() {
        return Err("`fieldGroups` has something twice, or what is no field group".to_owned());
    }
    let groups =
        groups.iter().map(|(group, properties)| Source { id: group.name, class: group.class, properties });
    let own = [
        Source { id: "profile", class: Class::Profile, properties: &profile },
        Source { id: "event", class: Class::Event, properties: &event },
    ];
    UnionSchema::from_json_schemas(groups.chain(own)).map_err(|error| error.to_string())
}

/// `segmentMembership` as profiles carry it.
pub(super) fn memberships(all: &Json) -> Option<Memberships> {
    let mut found = Memberships::new();
    for (audience, membership) in all.as_object()?.values().filter_map(Json::as_object).flatten() {
        let status = match membership.get("status")?.as_str()? {
            "realized" | "existing" => Status::Realized,
            "exited" => Status::Exited,
            _ => return None,
        };
        let since = membership.get("lastQualificationTime").and_then(Json::as_str).and_then(parse_instant);
        found.insert(audience.as_str().into(), Membership { status, since_ms: since.unwrap_or(0) });
    }
    Some(found)
}

/// The same types, with any other field besides.
pub(super) fn opened(mut schema: UnionSchema) -> UnionSchema {
    for fields in [&mut schema.profile, &mut schema.event] {
        open_fields(fields);
    }
    schema
}

fn open_fields(fields: &mut BTreeMap<String, Type>) {
    fields.values_mut().for_each(open_type);
    fields.insert(OTHERS.to_owned(), Type::Any);
}

fn open_type(of: &mut Type) {
    match of {
        Type::Object(fields) => open_fields(fields),
        Type::List(item) => open_type(item),
        Type::Any
        | Type::Boolean
        | Type::Integer
        | Type::Number
        | Type::String
        | Type::Date
        | Type::DateTime
        | Type::Map(_) => {}
    }
}

fn types_of(fields: &Fields) -> BTreeMap<String, Type> {
    fields.iter().map(|(name, value)| (name.clone(), type_of(value))).collect()
}

/// The type of a value; of a list, what holds all its items.
fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Any,
        Value::Boolean(_) => Type::Boolean,
        Value::Integer(_) => Type::Integer,
        Value::Double(_) => Type::Number,
        Value::Time(_) => Type::DateTime,
        Value::String(_) => Type::String,
        Value::List(items) => {
            // What is missing in one item says nothing of the others.
            let types = items.iter().filter(|item| **item != Value::Null).map(type_of);
            Type::list(
                types.reduce(|left, right| left.join(&right).unwrap_or(Type::Any)).unwrap_or(Type::Any),
            )
        }
        Value::Object(fields) => Type::Object(types_of(fields)),
    }
}
