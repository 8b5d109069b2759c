//! Consent: whom destinations hear of, and whom audiences leave out.

use serde_json::{Value, json};

use crate::outside::{World, hook_at, outside};
use crate::server::{Server, buy, documents, empty, until};

const LEDGER: &str = "/flows/mails/ledger?entityIdNS=crm&entityId=1";

fn consents(purpose: &str, value: &str) -> Value {
    let mut said = json!({"val": value});
    for step in purpose.rsplit('.') {
        said = json!({step: said});
    }
    json!({"type": "identify", "userId": "1", "traits": {"consents": said}})
}

/// With the fields of consent, and a dataflow of buyers that asks for consent to mails.
async fn server(url: &str) -> Server {
    let server = empty().await;
    let mut all = documents();
    all[0]["fieldGroups"] = json!(["consent"]);
    all.extend([
        json!({"kind": "destination", "id": "hook", "connection": hook_at(url)}),
        json!({"kind": "dataflow", "id": "mails", "destination": "hook", "audiences": ["buyers"],
            "consent": ["marketing.email"], "mapping": [{"from": "identityMap.crm", "to": "id"}]}),
    ]);
    server.apply(&all).await.ok();
    server
}

fn types(heard: &World) -> Vec<String> {
    let heard = heard.lock().unwrap();
    heard.messages.iter().map(|message| message["type"].as_str().unwrap().to_owned()).collect()
}

async fn heard_of(heard: &World, expected: &[&str]) {
    until("the webhook heard of it", async || (types(heard) == expected).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_sends_nobody_who_has_not_consented_and_says_why() {
    let (url, heard) = outside(false).await;
    let server = server(&url).await;
    server.batch(&[buy("a", "1")]).await.ok();
    let row = until("the ledger has the row", async || {
        server.settle().await;
        server.get(LEDGER).await.ok()["rows"].get(0).cloned()
    })
    .await;
    assert_eq!(row["blocked"], "there is no consent to `marketing.email`");
    assert_eq!((&row["desired"]["status"], &row["delivered"]), (&json!("exited"), &Value::Null));
    assert_eq!(server.get("/flows/mails/status").await.ok()["blocked"], 1);
    server.batch(&[consents("marketing.email", "y")]).await.ok();
    heard_of(&heard, &["audience.entered"]).await;
    // What holds for all marketing does not overrule what was said of mails.
    server.batch(&[consents("marketing.any", "n")]).await.ok();
    server.batch(&[consents("marketing.email", "n")]).await.ok();
    heard_of(&heard, &["audience.entered", "audience.exited"]).await;
    assert_eq!(server.status_in("1", "buyers").await, "realized", "the audience does not ask");
    let row = &server.get(LEDGER).await.ok()["rows"][0];
    assert_eq!(row["blocked"], "consent to `marketing.email` is refused");
    server.batch(&[consents("marketing.email", "y")]).await.ok();
    heard_of(&heard, &["audience.entered", "audience.exited", "audience.entered"]).await;
    // The dataflow asks for more: who has not said so leaves.
    let more = json!({"kind": "dataflow", "id": "mails", "destination": "hook", "audiences": ["buyers"],
        "consent": ["marketing.email", "share"], "mapping": [{"from": "identityMap.crm", "to": "id"}]});
    server.apply(&[more]).await.ok();
    heard_of(&heard, &["audience.entered", "audience.exited", "audience.entered", "audience.exited"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_leaves_out_who_opted_out() {
    let (url, _) = outside(false).await;
    let server = server(&url).await;
    let audience = json!({"kind": "audience", "id": "careful", "name": "Careful",
        "expression": {"value": "xEvent[eventType = \"buy\"].count() >= 1 or age > 90"},
        "evaluationInfo": {"continuous": {"enabled": true}}, "dataGovernancePolicy": {"excludeOptOut": true}});
    server.apply(std::slice::from_ref(&audience)).await.ok();
    server.batch(&[buy("a", "1")]).await.ok();
    assert_eq!(server.status_in("1", "careful").await, "realized", "nothing said is no objection");
    server.batch(&[consents("share", "n")]).await.ok();
    assert_eq!(server.status_in("1", "careful").await, "exited");
    server.batch(&[consents("share", "y"), consents("collect", "n")]).await.ok();
    assert_eq!(server.status_in("1", "careful").await, "exited");
    server.batch(&[consents("collect", "y")]).await.ok();
    assert_eq!(server.status_in("1", "careful").await, "realized");

    let bare = empty().await;
    bare.apply(&documents()).await.ok();
    let refused = bare.apply(&[audience]).await.problem(400, "bad-definition");
    let told = refused["findings"][0]["help"].as_str().unwrap();
    assert!(told.contains("field group `consent`"), "{refused}");
}
