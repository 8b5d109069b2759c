//! Schemas that name standard field groups.

use serde_json::{Value, json};

use crate::server::{empty, with_definitions};

fn schemas() -> Vec<Value> {
    vec![
        json!({"kind": "schema", "id": "customer", "class": "profile", "fieldGroups": ["person", "address"],
            "properties": {"loyal": {"type": "boolean"}}}),
        json!({"kind": "schema", "id": "visit", "class": "event", "fieldGroups": ["commerce", "web"]}),
    ]
}

fn audience(rule: &str) -> Value {
    json!({"kind": "audience", "id": "a", "name": "A", "expression": {"value": rule}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_has_the_fields_of_its_groups_beside_its_own() {
    let server = empty().await;
    let mut all = schemas();
    all.push(audience(
        "loyal and person.name.firstName = \"Ada\" and homeAddress.countryCode = \"GB\" \
         and xEvent[commerce.order.priceTotal > 100 and web.webPageDetails.isHomePage].count() > 1",
    ));
    server.apply(&all).await.ok();
    let kept = server.get("/catalog").await.ok();
    assert_eq!(kept["schemas"]["customer"]["fieldGroups"], json!(["person", "address"]));
    assert_eq!(kept["schemas"]["customer"]["properties"], json!({"loyal": {"type": "boolean"}}));
    let problem =
        server.apply(&[audience("person.name.firstname = \"Ada\"")]).await.problem(400, "bad-definition");
    assert_eq!(problem["findings"][0]["help"], "did you mean `firstName`?", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_group_and_one_of_the_other_class_are_named() {
    let server = empty().await;
    let mut all = schemas();
    all[0]["fieldGroups"] = json!(["person", "adress", "web"]);
    let problem = server.apply(&all).await.problem(400, "bad-definition");
    let found: Vec<_> = problem["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["code"] == "unknown-field-group")
        .map(|found| (found["pointer"].as_str().unwrap(), found["help"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("/fieldGroups/1", "did you mean `address`?"),
            ("/fieldGroups/2", "name it in a schema of the other class")
        ],
        "{problem}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_does_not_fit_that_of_a_group_is_named() {
    let server = with_definitions().await;
    let mut all = schemas();
    all[0]["properties"] = json!({"person": {"properties": {"name": {"type": "string"}}}});
    let problem = server.apply(&all).await.problem(400, "bad-definition");
    let message = problem["findings"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("schema `customer`, field `person.name`"), "{problem}");
}
