//! Labels, marketing actions and policies: what they refuse, wherever the change comes from, and what they say beforehand.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, until, with_definitions};

const PATH: &str = "/data/foundation/dulepolicy";

fn policy(status: &str) -> Value {
    json!({"kind": "policy", "id": "stay", "name": "Stays here", "status": status, "deny": {"label": "C2"},
        "marketingActionRefs": ["core/exportToThirdParty"]})
}

fn person(labels: &Value) -> Value {
    json!({"kind": "schema", "id": "person", "class": "profile", "labels": labels, "properties": {
        "city": {"type": "string"}, "age": {"type": "integer"}, "email": {"type": "string"}}})
}

fn destination(actions: &[&str]) -> Value {
    json!({"kind": "destination", "id": "ads", "marketingActions": actions,
        "connection": {"type": "csvFile", "directory": "out"}})
}

fn flow(audiences: &[&str], mapping: &Value) -> Value {
    json!({"kind": "dataflow", "id": "to-ads", "destination": "ads", "audiences": audiences, "mapping": mapping})
}

/// A policy in force, a labelled city, and a dataflow of those who buy: nothing of it is refused.
async fn governed() -> Server {
    let server = with_definitions().await;
    let documents = [
        policy("ENABLED"),
        person(&json!({"city": ["C2"]})),
        destination(&["core/exportToThirdParty"]),
        flow(&["buyers"], &json!([{"from": "age", "to": "age"}])),
    ];
    server.apply(&documents).await.ok();
    server
}

/// What is refused, as `kind id pointer` of the finding; and the way of the data.
async fn check(server: &Server, documents: &[Value], place: &str, path: &str) {
    let version = server.get("/catalog").await.ok()["version"].clone();
    let problem = server.apply(documents).await.problem(409, "policy-violation");
    let finding = &problem["findings"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = format!("{} {} {}", text(&finding["kind"]), text(&finding["id"]), text(&finding["pointer"]));
    assert_eq!(found, place, "{problem}");
    let violation = &problem["violations"][0];
    let nodes = violation["lineage"][0]["path"].as_array().unwrap().iter();
    let nodes: Vec<String> =
        nodes.map(|node| format!("{} {}", text(&node["kind"]), text(&node["id"]))).collect();
    assert_eq!(nodes.join(" > "), path, "{problem}");
    assert_eq!((&violation["policy"], &violation["labels"]), (&json!("stay"), &json!(["C2"])), "{problem}");
    assert_eq!(server.get("/catalog").await.ok()["version"], version, "nothing was changed");
}

const BERLINERS: &str =
    "dataset people > mergePolicy default > audience berliners > dataflow to-ads > destination ads";
const BUYERS: &str =
    "dataset people > mergePolicy default > audience buyers > dataflow to-ads > destination ads";

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_is_refused_for_its_audiences_and_for_what_it_maps() {
    let server = governed().await;
    let nothing = json!([]);
    let rule = [flow(&["buyers", "berliners"], &nothing)];
    check(&server, &rule, "dataflow to-ads /audiences/1", BERLINERS).await;
    let mapped = [flow(&["buyers"], &json!([{"from": "age", "to": "age"}, {"from": "city", "to": "town"}]))];
    check(&server, &mapped, "dataflow to-ads /mapping/1/from", BUYERS).await;
    let calculated = [flow(&["buyers"], &json!([{"calculated": "upper(city)", "to": "town"}]))];
    check(&server, &calculated, "dataflow to-ads /mapping/0/calculated", BUYERS).await;
    let dry = json!({"documents": rule, "dryRun": true});
    server.post("/catalog/apply", &dry).await.problem(409, "policy-violation");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_later_change_that_would_violate_a_policy_is_refused_where_it_is_made() {
    let server = governed().await;
    let audience = |rule: &str| json!({"kind": "audience", "id": "buyers", "name": "Buyers", "expression": {"value": rule}});
    // The rule, also through another audience and through a computed attribute.
    check(&server, &[audience("city = \"Rome\"")], "audience buyers /expression", BUYERS).await;
    check(
        &server,
        &[audience("inSegment(\"berliners\")")],
        "audience buyers /expression",
        "dataset people > mergePolicy default > audience berliners > audience buyers > dataflow to-ads > destination ads",
    )
    .await;
    // Labels of a field and of a dataset.
    check(&server, &[person(&json!({"age": ["C2"]}))], "schema person /labels", BUYERS).await;
    let deeds = json!({"kind": "dataset", "id": "deeds", "schema": "deed", "labels": ["C2"]});
    check(
        &server,
        std::slice::from_ref(&deeds),
        "dataset deeds /labels",
        "dataset deeds > mergePolicy default > audience buyers > dataflow to-ads > destination ads",
    )
    .await;
    // The actions of a destination, and a policy that comes into force.
    server.apply(&[destination(&[]), deeds]).await.ok();
    let way = "dataset deeds > mergePolicy default > audience buyers > dataflow to-ads > destination ads";
    let acting = [destination(&["core/exportToThirdParty"])];
    check(&server, &acting, "destination ads /marketingActions", way).await;
    server.apply(&[policy("DISABLED"), acting[0].clone()]).await.ok();
    check(&server, &[policy("ENABLED")], "policy stay /deny", way).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_of_audiences_and_versions_are_held_too() {
    let server = governed().await;
    let path = "/data/core/ups/audiences/buyers";
    let rule = json!({"expression": {"value": "city = \"Rome\""}});
    let problem = server.with_body(Method::PATCH, path, &rule).await.problem(409, "policy-violation");
    assert_eq!(problem["violations"][0]["audience"], "buyers");
    // A rule beside the one in force is told to nobody; it cannot take its place.
    server.post(&format!("{path}/versions"), &rule).await.ok();
    until("the staged rule is evaluated", async || {
        let diff = server.get(&format!("{path}/versions/diff")).await.ok();
        (diff["ready"] == true).then_some(())
    })
    .await;
    server.post(&format!("{path}/versions/switch"), &json!({})).await.problem(409, "policy-violation");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_carry_the_labels_of_their_columns() {
    let server = governed().await;
    let external = |labels: Value| {
        json!({"kind": "audience", "id": "list", "name": "List", "external": {"labels": labels,
            "fields": [{"name": "who", "identityNs": "crm"}, {"name": "score", "labels": ["C2"]}]}})
    };
    let documents = [external(json!([])), flow(&["list"], &json!([]))];
    server.apply(&documents).await.ok();
    let scored = [flow(&["list"], &json!([{"from": "externalAudiences.list.score", "to": "score"}]))];
    let way = "dataset external-audience/list > mergePolicy default > audience list > dataflow to-ads > destination ads";
    check(&server, &scored, "dataflow to-ads /mapping/0/from", way).await;
    check(&server, &[external(json!(["C2"]))], "audience list /expression", way).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_asked_for_what_it_would_violate() {
    let server = governed().await;
    let asked = format!("{PATH}/marketingActions/core/exportToThirdParty/constraints");
    let answer = server.get(&format!("{asked}?duleLabels=C1,C2")).await.ok();
    assert_eq!(answer["duleLabels"], json!(["C1", "C2"]));
    assert_eq!(answer["violatedPolicies"][0]["id"], "stay");
    assert_eq!(
        answer["violatedPolicies"][0]["_links"]["self"]["href"],
        format!("{PATH}/policies/custom/stay")
    );
    let answer = server.get(&format!("{asked}?duleLabels=C1")).await.ok();
    assert_eq!(answer["violatedPolicies"], json!([]));
    let people = json!({"entityType": "dataSet", "entityId": "people"});
    let answer = server.post(&asked, &json!([people])).await.ok();
    assert_eq!(answer["violatedPolicies"][0]["name"], "Stays here");
    assert_eq!(
        answer["discoveredLabels"][0]["dataSetLabels"]["fields"],
        json!([{"path": "/properties/city", "labels": ["C2"]}])
    );
    server.get(&format!("{asked}?duleLabels=C99")).await.problem(400, "unknown-label");
    server.get(&asked).await.problem(400, "bad-query");
    server
        .get(&format!("{PATH}/marketingActions/custom/x/constraints?duleLabels=C1"))
        .await
        .problem(404, "not-found");

    let reference = format!("https://example.com{asked}");
    let answers = server
        .post(&format!("{PATH}/bulk-eval"), &json!([
            {"evalRef": reference, "labels": ["C2"]},
            {"evalRef": "../marketingActions/core/exportToThirdParty/constraints", "entityList": [people]},
            {"evalRef": "../marketingActions/custom/x/constraints", "labels": ["C2"]},
            {"evalRef": "somewhere", "labels": ["C2"]},
        ]))
        .await
        .ok();
    let statuses: Vec<&Value> = answers.as_array().unwrap().iter().map(|answer| &answer["status"]).collect();
    assert_eq!(statuses, [200, 200, 404, 400]);
    let both = json!([{"evalRef": "x", "labels": [], "entityList": []}]);
    server.post(&format!("{PATH}/bulk-eval"), &both).await.problem(400, "wrong-shape");
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_actions_and_policies_are_made_and_removed_one_by_one() {
    let server = governed().await;
    let put =
        async |path: &str, sent: Value| server.with_body(Method::PUT, &format!("{PATH}/{path}"), &sent).await;
    let label = put(
        "labels/custom/loyalty",
        json!({"name": "loyalty", "category": "Custom", "friendlyName": "Points"}),
    )
    .await
    .ok();
    assert_eq!((&label["name"], &label["category"]), (&json!("loyalty"), &json!("Custom")));
    put("marketingActions/custom/telesales", json!({"description": "Calls people"})).await.ok();
    let made = put(
        "policies/custom/quiet",
        json!({"name": "Quiet", "deny": {"label": "loyalty"},
        "marketingActionRefs": [format!("{PATH}/marketingActions/custom/telesales")]}),
    )
    .await
    .ok();
    assert_eq!((&made["id"], &made["status"]), (&json!("quiet"), &json!("DRAFT")));
    let actions = server.get(&format!("{PATH}/marketingActions/custom")).await.ok();
    assert_eq!(actions["children"][0]["name"], "telesales");
    assert_eq!(server.get(&format!("{PATH}/labels/core")).await.ok()["_page"]["count"], 18);
    let remove =
        async |path: &str| server.with_body(Method::DELETE, &format!("{PATH}/{path}"), &Value::Null).await;
    remove("marketingActions/custom/telesales").await.problem(409, "in-use");
    remove("labels/custom/loyalty").await.problem(409, "in-use");
    assert_eq!(remove("policies/custom/quiet").await.status, 204);
    assert_eq!(remove("labels/custom/loyalty").await.status, 204);
    remove("labels/core/C1").await.problem(409, "read-only");
    put("labels/custom/a", json!({"name": "b"})).await.problem(400, "wrong-id");
    put("labels/other/a", json!({})).await.problem(404, "not-found");
    let catalog = server.get("/catalog").await.ok();
    let again = server.with_body(Method::PUT, "/catalog", &catalog).await.ok();
    assert_eq!(again["changes"], json!([]));
}
