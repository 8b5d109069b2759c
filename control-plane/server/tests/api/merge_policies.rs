//! Merge policies as people define them, and what profiles look like by them.

use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

async fn tier(server: &Server) -> (Value, Value, Value) {
    let profile = server.profile("1").await;
    let entity = &profile["entity"];
    (
        entity["city"].clone(),
        entity["age"].clone(),
        entity["segmentMembership"]["ups"]["berlin"]["status"].clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_override_each_other_by_attribute_and_audiences_follow() {
    let server = with_definitions().await;
    let audience = json!({"kind": "audience", "id": "berlin", "name": "In Berlin",
        "expression": {"value": "city = \"Berlin\""}, "evaluationInfo": {"continuous": {"enabled": true}}});
    let documents = [
        json!({"kind": "dataset", "id": "shop", "schema": "person"}),
        json!({"kind": "source", "id": "shop", "writeKey": "shop-key", "profileDataset": "shop", "userNamespace": "crm"}),
        audience,
    ];
    server.apply(&documents).await.ok();
    let identify = |city: &str, age: u32| json!({"type": "identify", "userId": "1", "traits": {"city": city, "age": age}});
    server.batch(&[identify("Berlin", 40)]).await.ok();
    let request = server.request(reqwest::Method::POST, "/v1/batch").basic_auth("shop-key", Some(""));
    crate::server::send(request.body(json!({"batch": [identify("Paris", 41)]}).to_string())).await.ok();
    assert_eq!(tier(&server).await, (json!("Paris"), json!(41), json!("exited")));

    let newest = json!({"type": "timestampOrdered"});
    let people = json!({"type": "dataSetPrecedence", "order": ["people"]});
    let policy = json!({"kind": "mergePolicy", "name": "City from people", "attributeMerge": newest,
        "overrides": {"city": people}});
    server.apply(&[policy]).await.ok();
    assert_eq!(tier(&server).await, (json!("Berlin"), json!(41), json!("realized")));
    let shown = &server.profile("1").await["mergePolicy"];
    assert_eq!(shown["overrides"]["city"]["order"], json!(["people"]));

    let back = json!({"kind": "mergePolicy", "attributeMerge": newest, "isActiveOnEdge": false});
    server.apply(&[back]).await.ok();
    assert_eq!(tier(&server).await, (json!("Paris"), json!(41), json!("exited")));
    let at_edge = json!({"kind": "audience", "id": "fast", "name": "Fast", "expression": {"value": "age > 3"},
        "evaluationInfo": {"synchronous": {"enabled": true}}});
    let refused = server.apply(&[at_edge]).await;
    assert_eq!(refused.body["findings"][0]["code"], "not-at-edge", "{}", refused.body);
}
