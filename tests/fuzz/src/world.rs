//! What the rules are checked against and evaluated over: a schema with a field of every type, and a profile.

use std::sync::OnceLock;

use acquaint_core::eval::Subject;
use acquaint_core::lang::AudienceDirectory;
use acquaint_core::lang::schema::{Class, Source, UnionSchema};
use acquaint_core::profile::{Event, Identity, IdentityMap, Membership, Memberships, Status, identity};
use acquaint_core::value::{Fields, fields};
use serde_json::{Map, Value, json};

/// 2018-08-28T00:00:00Z
pub const NOW_MS: i64 = 1_535_414_400_000;

/// Any audience may be there.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

impl AudienceDirectory for Anything {
    fn contains(&self, _id: &str) -> bool {
        true
    }
}

/// One rule a line, of every construct.
pub fn rules() -> Vec<Vec<u8>> {
    include_str!("../corpus/rules.txt").lines().map(|line| line.as_bytes().to_vec()).collect()
}

/// A schema with a field of every type.
pub fn schema() -> &'static UnionSchema {
    static SCHEMA: OnceLock<UnionSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let profile = json!({
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "score": {"type": "number"},
            "active": {"type": "boolean"},
            "birth": {"type": "string", "format": "date"},
            "seen": {"type": "string", "format": "date-time"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "points": {"type": "array", "items": {"type": "number"}},
            "homeAddress": {"type": "object", "properties": {"city": {"type": "string"}, "countryCode": {"type": "string"}}},
            "orders": {"type": "array", "items": {"type": "object", "properties": {
                "price": {"type": "number"}, "sku": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
                "lines": {"type": "array", "items": {"type": "object", "properties": {"quantity": {"type": "integer"}}}}}}},
            "counts": {"type": "object", "additionalProperties": {"type": "number"}},
        });
        let event = json!({
            "eventType": {"type": "string"},
            "price": {"type": "number"},
            "count": {"type": "integer"},
            "sku": {"type": "string"},
            "web": {"type": "object", "properties": {"url": {"type": "string"}, "views": {"type": "integer"}}},
            "items": {"type": "array", "items": {"type": "object", "properties": {
                "sku": {"type": "string"}, "priceTotal": {"type": "number"}, "quantity": {"type": "integer"}}}},
        });
        let empty = Map::new();
        let source = |id: &'static str, class, properties| Source { id, class, properties };
        UnionSchema::from_json_schemas([
            source("profile", Class::Profile, profile.as_object().unwrap_or(&empty)),
            source("event", Class::Event, event.as_object().unwrap_or(&empty)),
        ])
        .unwrap()
    })
}

/// A profile with everything that the schema has.
#[derive(Debug)]
pub struct Person {
    attributes: Fields,
    identities: IdentityMap,
    memberships: Memberships,
    /// Oldest first.
    pub events: Vec<Event>,
}

impl Person {
    /// As the evaluators want it.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            attributes: &self.attributes,
            identities: &self.identities,
            memberships: &self.memberships,
            events: &self.events,
        }
    }
}

/// The one profile.
pub fn person() -> &'static Person {
    static PERSON: OnceLock<Person> = OnceLock::new();
    PERSON.get_or_init(|| {
        let attributes = json!({
            "name": "Ada", "age": 36, "score": 2.5, "active": true, "birth": "1982-12-10", "seen": "2018-08-27T23:00:00Z",
            "tags": ["a", "b", "b"], "points": [1, 2.5, -3],
            "homeAddress": {"city": "Oslo", "countryCode": "NO"},
            "orders": [
                {"price": 10, "sku": "x", "at": "2018-08-20T10:00:00Z", "lines": [{"quantity": 1}, {"quantity": 2}]},
                {"price": 0.5, "sku": "y", "at": "2018-08-27T10:00:00Z", "lines": []}],
            "counts": {"one": 1, "two": 2.5},
        });
        let mut identities = IdentityMap::new();
        identity::insert(&mut identities, &Identity { namespace: "email".into(), id: "ada@example.com".into() });
        let member = |status| Membership { status, since_ms: NOW_MS - 1_000 };
        Person {
            attributes: of_json(&attributes),
            identities,
            memberships: Memberships::from([
                ("outside".into(), member(Status::Realized)),
                ("left".into(), member(Status::Exited)),
            ]),
            events: events(),
        }
    })
}

fn events() -> Vec<Event> {
    let hours_before = [1_000, 200, 48, 25, 24, 3, 0, -5];
    let events = (0..).zip(hours_before).map(|(number, hours): (i64, i64)| Event {
        id: format!("e{number}"),
        timestamp_ms: NOW_MS - hours * 3_600_000,
        fields: of_json(&json!({
            "eventType": if number % 2 == 0 { "buy" } else { "view" },
            "price": 1.5 * number as f64, "count": number, "sku": format!("s{}", number % 3),
            "web": {"url": format!("https://shop.example/{number}"), "views": 7 - number},
            "items": [{"sku": "s1", "priceTotal": number, "quantity": 2}, {"sku": "s2", "priceTotal": 0.25}],
        })),
    });
    events.collect()
}

fn of_json(json: &Value) -> Fields {
    json.as_object().and_then(|fields| fields::from_json(fields, 16).ok()).unwrap_or_default()
}
