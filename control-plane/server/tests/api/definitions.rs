//! Applying documents: whole or not at all, and the same documents twice change nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{documents, empty, with_definitions};

#[tokio::test(flavor = "multi_thread")]
async fn applying_twice_changes_nothing() {
    let server = empty().await;
    let first = server.apply(&documents()).await.ok();
    assert_eq!(
        (first["changes"].as_array().unwrap().len(), &first["version"]),
        (documents().len(), &json!(1))
    );
    let second = server.apply(&documents()).await.ok();
    assert_eq!((&second["changes"], &second["version"]), (&json!([]), &json!(1)));
    assert_eq!(second["unchanged"], documents().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_change_and_makes_none() {
    let server = with_definitions().await;
    let mut changed = documents();
    changed[9]["expression"]["value"] = json!("city = \"Bonn\"");
    let shown = server.post("/catalog/apply", &json!({"documents": changed, "dryRun": true})).await.ok();
    assert_eq!(
        shown["changes"],
        json!([{"change": "changed", "kind": "audience", "id": "berliners", "lines": [
            "- expression.value: city = \"Berlin\"", "+ expression.value: city = \"Bonn\""]}])
    );
    let kept = server.get("/data/core/ups/audiences/berliners").await.ok();
    assert_eq!(kept["expression"]["value"], "city = \"Berlin\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_document_keeps_all_of_them_out() {
    let server = empty().await;
    let mut wrong = documents();
    wrong[3]["schema"] = json!("nowhere");
    wrong[8]["expression"]["value"] = json!("xEvent[price > \"much\"].count() > 1");
    let problem = server.apply(&wrong).await.problem(400, "bad-definition");
    let found: Vec<_> = problem["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["document"].clone(), f["pointer"].clone()))
        .collect();
    assert!(found.contains(&(json!(3), json!("/schema"))), "{problem}");
    assert!(found.contains(&(json!(8), json!("/expression/value"))), "{problem}");
    assert_eq!(server.get("/catalog").await.ok()["version"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn putting_the_whole_catalogue_removes_what_it_does_not_name() {
    let server = with_definitions().await;
    let mut whole = server.get("/catalog").await.ok();
    assert_eq!(server.with_body(Method::PUT, "/catalog", &whole).await.ok()["changes"], json!([]));
    whole["audiences"].as_object_mut().unwrap().remove("berliners");
    let done = server.with_body(Method::PUT, "/catalog", &whole).await.ok();
    assert_eq!(
        (&done["changes"][0]["change"], &done["changes"][0]["id"]),
        (&json!("removed"), &json!("berliners"))
    );
    whole["datasets"] = json!({});
    server.with_body(Method::PUT, "/catalog", &whole).await.problem(400, "bad-definition");
    server.with_body(Method::PUT, "/catalog", &json!({"audience": {}})).await.problem(400, "wrong-shape");
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_survive_a_restart() {
    let server = with_definitions().await.restart().await;
    assert_eq!(server.get("/catalog").await.ok()["version"], 1);
    assert_eq!(server.apply(&documents()).await.ok()["changes"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_masked_and_kept_when_its_mask_is_sent_back() {
    let server = with_definitions().await;
    let hook = json!({
        "kind": "destination", "id": "hook",
        "connection": {
            "type": "httpApi", "url": "https://example.com/", "secret": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
            "headers": {"authorization": "Bearer hush", "x-from": "env:FROM"},
        },
    });
    let done = server.apply(std::slice::from_ref(&hook)).await.ok();
    let whole = server.get("/catalog").await.ok();
    for told in [done.to_string(), whole.to_string()] {
        assert!(!told.contains("whsec_") && !told.contains("hush") && told.contains("env:FROM"), "{told}");
    }
    assert_eq!(server.with_body(Method::PUT, "/catalog", &whole).await.ok()["changes"], json!([]));
    assert_eq!(server.apply(&[hook]).await.ok()["changes"], json!([]));
    let mut stray = whole["destinations"]["hook"].clone();
    stray["kind"] = json!("destination");
    stray["id"] = json!("other");
    let problem = server.apply(&[stray]).await.problem(400, "bad-definition");
    assert_eq!(problem["findings"][0]["pointer"], "/connection/secret", "{problem}");
}
