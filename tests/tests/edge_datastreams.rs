//! What a datastream decides of a request, from the page to the control plane: the dataset of its events, the region that
//! its clients are told, and whether the control plane hears what they say of consent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use acquaint_tests::{Environment, System, wait};
use serde_json::{Value, json};

const LONGEST: Duration = Duration::from_secs(60);
/// Of the visitor.
const ECID: &str = "42288145126016480263080545890663705764";

fn definitions() -> Vec<Value> {
    let viewers = r#"xEvent[eventType = "view"].count() >= 1"#;
    let hook = json!({"type": "httpApi", "url": "env:DEMO_RECEIVER_URL", "secret": "env:DEMO_RECEIVER_SECRET",
        "allowPrivateNetwork": true});
    vec![
        json!({"kind": "schema", "id": "person", "class": "profile", "fieldGroups": ["consent"]}),
        json!({"kind": "dataset", "id": "people", "schema": "person"}),
        json!({"kind": "namespace", "id": "household", "type": "crossDevice"}),
        json!({"kind": "audience", "id": "viewers", "name": "Viewers", "expression": {"value": viewers},
            "evaluationInfo": {"continuous": {"enabled": true}}}),
        json!({"kind": "destination", "id": "hook", "connection": hook}),
        json!({"kind": "dataflow", "id": "signals", "destination": "hook", "audiences": ["viewers"],
            "consent": ["collect"]}),
        json!({"kind": "schema", "id": "deed", "class": "event", "additionalProperties": true}),
        json!({"kind": "dataset", "id": "web", "schema": "deed"}),
        json!({"kind": "dataset", "id": "shop", "schema": "deed"}),
        json!({"kind": "datastream", "id": "site", "org": "A@AdobeOrg", "dataset": "web",
            "datasetOverrides": ["shop"], "profileDataset": "people", "regions": [{"hint": "or2", "id": 9}, {"hint": "irl1", "id": 6}]}),
    ]
}

/// Everything running, with the definitions of this file at the edge.
fn system(folder: &Path) -> System {
    let system = System::start(&Environment::from_variables().unwrap(), folder, None).unwrap();
    let file = folder.join("definitions.json");
    std::fs::write(&file, json!(definitions()).to_string()).unwrap();
    system.control.cli(["apply".as_ref(), "--yes".as_ref(), "-f".as_ref(), file.as_os_str()]).unwrap();
    system.control.settle().unwrap();
    wait::until("the edge to have its bundle", LONGEST, || {
        let answer = system.edge.client.post(&interact("bundle"), &json!({"events": [{"xdm": {}}]}))?;
        Ok((answer.status == 200).then_some(()))
    })
    .unwrap();
    system
}

fn interact(request: &str) -> String {
    format!("/ee/v1/interact?configId=site&requestId={request}")
}

/// The records of the control plane that are of a kind.
fn records(system: &System, kind: &str) -> Vec<Value> {
    let answer = system.control.admin.get("/records").unwrap().ok().unwrap();
    answer["records"].as_array().unwrap().iter().filter(|record| record["kind"] == kind).cloned().collect()
}

#[test]
fn an_event_lands_in_the_dataset_that_its_request_wants_if_the_datastream_allows_it() {
    let folder = tempfile::tempdir().unwrap();
    let system = system(folder.path());
    let send = |id: &str, dataset: Option<&str>| {
        let datasets = dataset.map(|dataset| json!({ "event": { "datasetId": dataset } }));
        let body = json!({
            "events": [{ "xdm": { "_id": id, "eventType": "view" } }],
            "xdm": { "identityMap": { "ECID": [{ "id": ECID }] } },
            "meta": { "configOverrides": { "com_adobe_experience_platform": { "datasets": datasets.unwrap_or(json!({})) } } },
        });
        let answer = system.edge.client.post(&interact(id), &body).unwrap().ok().unwrap();
        answer["warnings"][0]["type"].as_str().map(|kind| kind.rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(send("ordinary", None), None);
    assert_eq!(send("allowed", Some("shop")), None);
    assert_eq!(send("unlisted", Some("crm")).as_deref(), Some("EXEG-0204-200"));
    system.edge_drained().unwrap();
    let mut found: Vec<_> = records(&system, "event")
        .iter()
        .map(|event| (event["messageId"].as_str().unwrap().to_owned(), event["dataset"].clone()))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("allowed", "shop"), ("ordinary", "web"), ("unlisted", "web")];
    assert_eq!(found, expected.map(|(id, dataset)| (id.to_owned(), json!(dataset))));
}

#[test]
fn clients_are_sent_to_the_regions_of_their_datastream() {
    let folder = tempfile::tempdir().unwrap();
    let system = system(folder.path());
    let check = |place: &str, edge: &str, hint: &str| {
        let path = format!("/ee{place}/v1/interact?configId=site&requestId=r");
        let answer = system.edge.client.post(&path, &json!({"events": [{"xdm": {}}]})).unwrap();
        assert_eq!(answer.status, 200, "{place}");
        assert_eq!(answer.header("x-adobe-edge").collect::<Vec<_>>(), [edge], "{place}");
        let handles = answer.body["handle"].as_array().unwrap();
        let told = handles.iter().find(|handle| handle["type"] == "locationHint:result").unwrap();
        assert_eq!(told["payload"][0]["hint"], hint, "{place}");
    };
    check("", "OR2;9", "or2");
    check("/irl1", "IRL1;6", "irl1");
    check("/t38", "OR2;9", "or2");
}

fn household() -> Value {
    json!({ "ECID": [{ "id": ECID }], "household": [{ "id": "h", "primary": true }] })
}

/// Sends what `setConsent` does.
fn say(system: &System, request: &str, standard: &str, version: &str, value: &Value) {
    let path = format!("/ee/v1/privacy/set-consent?configId=site&requestId={request}");
    let consent = json!([{ "standard": standard, "version": version, "value": value }]);
    let body = json!({ "consent": consent, "identityMap": household() });
    system.edge.client.post(&path, &body).unwrap().ok().unwrap();
}

/// Sends an event; whether it was warned of missing consent.
fn view(system: &System, id: &str) -> bool {
    let xdm = json!({ "_id": id, "eventType": "view", "identityMap": household() });
    let answer =
        system.edge.client.post(&interact(id), &json!({ "events": [{ "xdm": xdm }] })).unwrap().ok().unwrap();
    answer["warnings"][0]["type"].as_str().is_some_and(|kind| kind.ends_with("EXEG-0301-200"))
}

fn members(system: &System, expected: &Value) {
    wait::until(&format!("the destination to have {expected}"), LONGEST, || {
        Ok((system.receiver.members()?["viewers"] == *expected).then_some(()))
    })
    .unwrap();
}

#[test]
fn what_is_said_of_consent_at_the_edge_decides_whom_a_dataflow_sends() {
    let folder = tempfile::tempdir().unwrap();
    let mut system = system(folder.path());
    assert!(!view(&system, "first"));
    let granted = json!({ "collect": { "val": "y" }, "share": { "val": "y" } });
    say(&system, "in", "Adobe", "2.0", &granted);
    members(&system, &json!(["h"]));

    // Said while the control plane is away, and twice, as a client does that had no answer.
    system.control.kill().unwrap();
    for _ in 0..2 {
        say(&system, "out", "Adobe", "1.0", &json!({ "general": "out" }));
    }
    assert!(view(&system, "refused"));
    system.crash_control_plane(&Environment::from_variables().unwrap(), folder.path()).unwrap();
    members(&system, &json!([]));
    system.edge_drained().unwrap();
    let path =
        "/data/core/ups/access/entities?schema.name=_xdm.context.profile&entityId=h&entityIdNS=household";
    let profile = system.control.admin.get(path).unwrap().ok().unwrap();
    let consents = profile.as_object().unwrap().values().next().unwrap()["entity"]["consents"].clone();
    assert_eq!((&consents["collect"]["val"], &consents["share"]), (&json!("n"), &Value::Null), "{profile}");
    let events: Vec<_> = records(&system, "event").iter().map(|event| event["messageId"].clone()).collect();
    assert_eq!(events, ["first"], "what was done without consent is nowhere");
    assert_eq!(records(&system, "attributes").len(), 4, "two people were told of twice, each time once");

    let string = json!("CO052l-O052l-DGAMBFRACBgAIBAAAAAAIYgEawAQEagAAAA");
    say(&system, "in-again", "IAB TCF", "2.0", &string);
    members(&system, &json!(["h"]));
    assert_eq!(system.control.admin.get("/quarantine").unwrap().ok().unwrap()["records"], json!([]));
}
