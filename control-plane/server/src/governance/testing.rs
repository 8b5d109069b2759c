//! A catalogue for tests: people with birthdays and cities, and what they bought.

use acquaint_store::catalog::Catalog;
use serde_json::{Value, json};

use crate::definitions::decode::put_all;

pub(super) fn catalog(documents: &[Value]) -> Catalog {
    let mut catalog = Catalog::default();
    put_all(&mut catalog, documents, 0).unwrap();
    catalog
}

pub(super) fn shop() -> Vec<Value> {
    let audience = |id: &str, rule: &str| json!({"kind": "audience", "id": id, "name": id, "expression": {"value": rule}});
    vec![
        json!({"kind": "schema", "id": "person", "class": "profile", "properties": {
            "birthDate": {"type": "string", "format": "date"}, "city": {"type": "string"}}}),
        json!({"kind": "schema", "id": "deed", "class": "event", "properties": {"price": {"type": "number"}}}),
        json!({"kind": "dataset", "id": "people", "schema": "person"}),
        json!({"kind": "dataset", "id": "deeds", "schema": "deed"}),
        json!({"kind": "computedAttribute", "id": "spent", "name": "total_spent",
            "expression": {"value": "xEvent[eventType = \"buy\"].price.sum()"}, "duration": {"count": 7, "unit": "DAYS"}}),
        audience("young", "birthDate > date(2000, 1, 1)"),
        audience("rich", "computedAttributes.total_spent > 100"),
    ]
}
