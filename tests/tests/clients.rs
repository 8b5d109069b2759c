//! Unmodified clients of Segment and RudderStack, in Node and in Chromium, against `acquaint ingest dev`; and what that
//! command shows of what arrived.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use acquaint_tests::{Environment, IngestDev, wait};
use serde_json::{Value, json};

const KEY: &str = "acceptance-key";

fn start(folder: &Path, more: &[&str]) -> IngestDev {
    let environment = Environment::from_variables().unwrap();
    IngestDev::start(&environment, folder, KEY, more).unwrap()
}

#[test]
fn four_clients_pass_every_check() {
    let environment = Environment::from_variables().unwrap();
    let (folder, slow_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut ingest, mut slow) =
        (start(folder.path(), &[]), start(slow_folder.path(), &["--rate-limit", "2"]));
    let output = Command::new("node")
        .args(["--test-reporter=spec", "tests/clients/run.mjs"])
        .current_dir(&environment.repository)
        .env("INGEST", ingest.client.base())
        .env("SLOW", slow.client.base())
        .env("WRITE_KEY", KEY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((ingest.end().unwrap(), slow.end().unwrap()), (Some(0), Some(0)));
}

#[test]
fn the_file_holds_what_was_accepted_and_what_was_refused_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    // The clock of the client is an hour fast, and ours stands still.
    let more = ["--clock", "2026-01-01T12:00:00Z"];
    let mut ingest = start(folder.path(), &more);
    let message = |id: &str, event: Value| {
        json!({"type": "track", "event": event, "messageId": id, "userId": "u", "anonymousId": "a",
            "timestamp": "2026-01-01T12:59:50Z", "properties": {"total": 5}})
    };
    let batch = json!({"writeKey": KEY, "sentAt": "2026-01-01T13:00:00Z", "context": {"app": {"name": "shop"}},
        "batch": [message("m1", json!("Bought")), message("m1", json!("Bought")), message("m2", json!(null))]});
    let answer = ingest.client.post("/v1/batch", &batch).unwrap().ok().unwrap();
    assert_eq!(answer, json!({"success": true, "quarantined": 1}));
    assert_eq!(ingest.end().unwrap(), Some(0));
    let check = |lines: &[Value]| {
        // Both are followed at the same time, so either may be written first.
        let with = |status: &str| lines.iter().find(|line| line["status"] == status).unwrap();
        let (accepted, refused) = (with("accepted"), with("quarantined"));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(accepted["messageId"], "m1");
        assert_eq!(accepted["timestamp"], "2026-01-01T11:59:50.000Z");
        assert_eq!(
            accepted["identities"],
            json!([{"namespace": "userId", "id": "u"}, {"namespace": "anonymousId", "id": "a"}])
        );
        assert_eq!(
            accepted["fields"],
            json!({"eventType": "Bought", "properties": {"total": 5}, "context": {"app": {"name": "shop"}},
                "originalTimestamp": "2026-01-01T12:59:50.000Z", "sentAt": "2026-01-01T13:00:00.000Z",
                "receivedAt": "2026-01-01T12:00:00.000Z"})
        );
        assert_eq!((&refused["code"], &refused["path"]), (&json!("no_event"), &json!("event")));
    };
    check(&ingest.events().unwrap());

    let ingest = start(folder.path(), &more);
    wait::until("the file to be written again", Duration::from_secs(30), || {
        Ok((ingest.events()?.len() == 2).then_some(()))
    })
    .unwrap();
    check(&ingest.events().unwrap());
    assert_eq!(ingest.client.post("/v1/batch", &batch).unwrap().ok().unwrap()["success"], true);
    let asked = ingest.client.clone().with_header("authorization", &format!("Bearer {KEY}"));
    assert_eq!(asked.get("/records").unwrap().ok().unwrap()["records"].as_array().unwrap().len(), 1);
    assert_eq!(ingest.client.get("/records").unwrap().status, 401);
}

#[test]
fn messages_of_other_kinds_are_taken_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut ingest = start(folder.path(), &[]);
    let identities =
        json!({"ECID": [{"id": "1".repeat(38), "primary": true}], "Email": [{"id": "ada@example.test"}]});
    let entity = json!({"_id": "x1", "timestamp": "2026-01-01T12:00:00Z", "eventType": "commerce.purchases",
        "identityMap": identities});
    let message = json!({"header": {"imsOrgId": "A@AdobeOrg"}, "body": {"xdmEntity": entity}});
    let answer = ingest.client.post(&format!("/collection/{KEY}"), &message).unwrap().ok().unwrap();
    assert_eq!(answer["inletId"], KEY);
    let batch = json!({"messages": [message, {"header": {}}]});
    assert_eq!(ingest.client.post(&format!("/collection/batch/{KEY}"), &batch).unwrap().status, 207);
    let event = json!({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order.placed", "subject": "u",
        "data": {"total": 5}});
    let path = format!("/cloudevents?access_token={KEY}");
    let sent = ingest
        .client
        .post_bytes(&path, "application/cloudevents+json", event.to_string().as_bytes())
        .unwrap();
    assert_eq!(sent.status, 202);
    assert_eq!(ingest.end().unwrap(), Some(0));
    let lines = ingest.events().unwrap();
    let shown: Vec<[&Value; 2]> = lines.iter().map(|line| [&line["status"], &line["messageId"]]).collect();
    assert_eq!(
        shown,
        [
            [&json!("accepted"), &json!("x1")],
            [&json!("accepted"), &json!("/shop 1")],
            [&json!("quarantined"), &json!(null)]
        ]
    );
}
