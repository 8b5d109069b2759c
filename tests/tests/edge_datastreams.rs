//! What a datastream decides of a request, from the page to the control plane: the dataset of its events, the region that
//! its clients are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use acquaint_tests::{Environment, System, wait};
use serde_json::{Value, json};

const LONGEST: Duration = Duration::from_secs(60);
/// Of the visitor.
const ECID: &str = "42288145126016480263080545890663705764";

fn definitions() -> Vec<Value> {
    vec![
        json!({"kind": "schema", "id": "deed", "class": "event", "additionalProperties": true}),
        json!({"kind": "dataset", "id": "web", "schema": "deed"}),
        json!({"kind": "dataset", "id": "shop", "schema": "deed"}),
        json!({"kind": "datastream", "id": "site", "org": "A@AdobeOrg", "dataset": "web",
            "datasetOverrides": ["shop"], "regions": [{"hint": "or2", "id": 9}, {"hint": "irl1", "id": 6}]}),
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
