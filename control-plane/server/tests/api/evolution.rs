//! Schemas while there is data of them.

use serde_json::{Value, json};

use crate::server::{buy, with_definitions};

fn person(properties: Value) -> Value {
    json!({"kind": "schema", "id": "person", "class": "profile", "properties": properties})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_which_there_is_data_can_grow_and_nothing_else() {
    let server = with_definitions().await;
    let narrowed = person(json!({"city": {"type": "integer"}, "age": {"type": "integer"}}));
    let rule = json!({"kind": "audience", "id": "berliners", "name": "Berliners", "expression": {"value": "age > 5"}});
    server.batch(&[buy("1", "ada")]).await.ok();
    let problem = server.apply(&[narrowed, rule]).await.problem(409, "incompatible-schema");
    let found: Vec<_> = problem["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            (found["code"].as_str().unwrap(), found["pointer"].as_str().unwrap(), &found["document"])
        })
        .collect();
    assert_eq!(
        found,
        [("type-changed", "/properties/city", &json!(0)), ("field-removed", "/properties/email", &json!(0)),]
    );
    let city = &problem["findings"][0];
    assert_eq!(
        city["message"],
        "field `city` of schema `person` is a string and cannot become an integer, and dataset `people` may hold data of it"
    );
    assert!(city["help"].as_str().unwrap().contains("a schema and a dataset of other ids"), "{city}");

    let wider = json!({"city": {"type": "string", "title": "City"}, "age": {"type": "number"},
        "email": {"type": "string"}, "phone": {"type": "string"}});
    server.apply(&[person(wider)]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_there_is_no_data_a_schema_may_become_anything() {
    let server = with_definitions().await;
    let other = json!({"city": {"type": "string"}, "age": {"type": "string"}});
    server.apply(&[person(other)]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_what_would_happen_is_refused_too() {
    let server = with_definitions().await;
    server.batch(&[buy("1", "ada")]).await.ok();
    let documents = [json!({"kind": "schema", "id": "deed", "class": "event", "properties": {
        "properties": {"type": "object", "additionalProperties": true},
        "context": {"type": "object", "additionalProperties": true}}})];
    let asked = json!({"documents": documents, "dryRun": true});
    server.post("/catalog/apply", &asked).await.problem(409, "incompatible-schema");
}
