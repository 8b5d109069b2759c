//! The definitions of these tests, and who is in which audience by the specification: `eval::naive` over everything
//! that somebody has done.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::eval::{Subject, naive};
use acquaint_core::profile::{Event, IdentityMap, Memberships};
use acquaint_core::value::{Fields, Value};
use acquaint_engine::compile::{Compiled, compile_catalog};
use acquaint_store::catalog::{Catalog, Definition, Kind};
use serde_json::{Value as Json, json};

/// Where the clock of every test starts: 2018-01-01T12:00:00Z.
pub(crate) const NOW_MS: i64 = 1_514_808_000_000;
/// The write key of the source `web`.
pub(crate) const KEY: &str = "web-key";

/// Documents for `/catalog/apply`.
pub(crate) fn documents() -> Vec<Json> {
    let bought =
        |hours: u32| format!("xEvent[eventType = \"buy\" and timestamp occurs <= {hours} hours before now]");
    let audience = |id: &str, expression: String| {
        json!({"kind": "audience", "id": id, "name": id, "expression": {"value": expression},
            "evaluationInfo": {"continuous": {"enabled": true}}})
    };
    vec![
        json!({"kind": "schema", "id": "person", "class": "profile",
            "properties": {"city": {"type": "string"}, "age": {"type": "integer"}}}),
        json!({"kind": "schema", "id": "deed", "class": "event",
            "properties": {"price": {"type": "number"}, "context": {"type": "object", "additionalProperties": true},
                "properties": {"type": "object", "properties": {"price": {"type": "number"}}}}}),
        json!({"kind": "namespace", "id": "crm", "type": "crossDevice", "unique": true}),
        json!({"kind": "namespace", "id": "device", "type": "device"}),
        json!({"kind": "dataset", "id": "people", "schema": "person"}),
        json!({"kind": "dataset", "id": "deeds", "schema": "deed"}),
        json!({"kind": "source", "id": "web", "writeKey": KEY, "eventDataset": "deeds", "profileDataset": "people",
            "userNamespace": "crm", "anonymousNamespace": "device"}),
        json!({"kind": "source", "id": "people-file", "profileDataset": "people",
            "identities": [{"from": "id", "namespace": "crm"}]}),
        json!({"kind": "source", "id": "deeds-file", "eventDataset": "deeds",
            "identities": [{"from": "who", "namespace": "crm"}],
            "event": {"id": ["nr"], "timestamp": "at", "eventType": "buy"},
            "mapping": [{"from": "price", "to": "price"}]}),
        json!({"kind": "datastream", "id": "shop", "org": "A@AdobeOrg", "dataset": "deeds"}),
        audience("often", format!("{}.count() >= 3", bought(24))),
        audience("spent", format!("{}.properties.price.sum() > 50", bought(36))),
        audience(
            "away",
            "not (xEvent[eventType = \"look\" and timestamp occurs <= 12 hours before now])".into(),
        ),
        audience("berliners", "city = \"Berlin\"".into()),
        audience("vip", "inSegment(\"often\") and city = \"Berlin\"".into()),
    ]
}

/// What is known of somebody: what was accepted, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) city: Option<String>,
    /// By id.
    pub(crate) events: BTreeMap<String, Event>,
}

impl Person {
    /// Adds a deed.
    pub(crate) fn did(&mut self, id: &str, kind: &str, price: Option<i64>, timestamp_ms: i64) {
        let mut fields = Fields::from([("eventType".to_owned(), Value::String(kind.into()))]);
        if let Some(price) = price {
            let properties = Fields::from([("price".to_owned(), Value::Integer(price))]);
            fields.insert("properties".into(), Value::Object(properties));
        }
        self.events.insert(id.to_owned(), Event { id: id.to_owned(), timestamp_ms, fields });
    }
}

/// The audiences of [`documents`], by the specification.
pub(crate) struct Specification(Compiled);

impl Specification {
    pub(crate) fn new() -> Self {
        let mut catalog = Catalog::default();
        for mut document in documents() {
            let kind = document.as_object_mut().unwrap().remove("kind").unwrap();
            let kind = Kind::parse(kind.as_str().unwrap()).unwrap();
            catalog.put(Definition::from_json(kind, document).unwrap());
        }
        Self(compile_catalog(&catalog).map_err(|problems| format!("{problems:?}")).unwrap())
    }

    /// Who somebody is in.
    pub(crate) fn audiences(&self, person: &Person, now_ms: i64) -> BTreeSet<String> {
        let mut events: Vec<Event> = person.events.values().cloned().collect();
        events.sort_by(|left, right| (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id)));
        let attributes: Fields =
            person.city.iter().map(|city| ("city".to_owned(), Value::String(city.clone()))).collect();
        let subject = Subject {
            attributes: &attributes,
            identities: &IdentityMap::new(),
            memberships: &Memberships::new(),
            events: &events,
        };
        let all = &self.0.definitions;
        let is_in = |expression| naive(expression, all, subject, now_ms) == Value::Boolean(true);
        all.iter().filter(|one| is_in(&one.checked.expr)).map(|one| one.id.to_string()).collect()
    }
}
