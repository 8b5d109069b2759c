//! Several edges of one control plane, each in a region: every one answers from what all have seen, once a person has
//! come to it, and hears of nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use acquaint_core::profile::Identity;
use acquaint_tests::edge::{self, Edge};
use acquaint_tests::{ControlPlane, Environment, control_plane, wait};
use serde_json::{Value, json};

const LONGEST: Duration = Duration::from_secs(60);

/// Decided in the request, from events of every region.
fn definitions() -> Value {
    let twice = r#"xEvent[eventType = "view"].count() >= 2"#;
    json!([
        {"kind": "schema", "id": "person", "class": "profile", "properties": {"city": {"type": "string"}}},
        {"kind": "schema", "id": "deed", "class": "event", "additionalProperties": true},
        {"kind": "dataset", "id": "web", "schema": "deed"},
        {"kind": "namespace", "id": "crm", "type": "crossDevice"},
        {"kind": "audience", "id": "regulars", "name": "Regulars", "expression": {"value": twice},
            "evaluationInfo": {"synchronous": {"enabled": true}}},
        {"kind": "datastream", "id": "site", "org": "A@AdobeOrg", "dataset": "web"},
        {"kind": "destination", "id": "page", "connection":
            {"type": "customPersonalization", "datastream": "site", "alias": "page"}},
        {"kind": "dataflow", "id": "shown", "destination": "page", "audiences": ["regulars"]},
    ])
}

struct World {
    control: ControlPlane,
    edges: [Edge; 2],
}

const REGIONS: [&str; 2] = ["or2", "irl1"];

impl World {
    fn start(folder: &Path) -> Self {
        let environment = Environment::from_variables().unwrap();
        let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let edges = REGIONS.map(|region| {
            let data = folder.join(region);
            std::fs::create_dir_all(&data).unwrap();
            let settings = edge::Settings {
                control_url: format!("http://{listen}"),
                region: Some(region.into()),
                ..edge::Settings::default()
            };
            Edge::start(&environment, &data, &settings).unwrap()
        });
        let places = REGIONS.iter().zip(&edges);
        let settings = control_plane::Settings {
            listen: Some(listen),
            arguments: places.map(|(region, edge)| format!("--edge={region}={}", edge.url())).collect(),
            ..control_plane::Settings::default()
        };
        let control = ControlPlane::start(&environment, folder, &settings).unwrap();
        let file = folder.join("definitions.json");
        std::fs::write(&file, definitions().to_string()).unwrap();
        control.cli(["apply".as_ref(), "--yes".as_ref(), "-f".as_ref(), file.as_os_str()]).unwrap();
        for edge in &edges {
            wait::until("every edge to have its bundle", LONGEST, || {
                let answer =
                    edge.client.post("/ee/v1/interact?configId=site", &json!({"events": [{"xdm": {}}]}))?;
                Ok((answer.status == 200).then_some(()))
            })
            .unwrap();
        }
        Self { control, edges }
    }

    /// Somebody does something at an edge; the audiences they are told of.
    fn view(&self, edge: usize, id: &str, who: &str) -> Vec<String> {
        let map = json!({ "crm": [{ "id": who, "primary": true }] });
        let body = json!({ "events": [{ "xdm": { "_id": id, "eventType": "view", "identityMap": map } }] });
        let answer =
            self.edges[edge].client.post("/ee/v1/interact?configId=site", &body).unwrap().ok().unwrap();
        let handles = answer["handle"].as_array().unwrap().iter();
        acquaint_tests::membership::of_handles(handles).into_iter().collect()
    }

    /// Waits until nothing is on its way, in either direction.
    fn settle(&self) {
        wait::until("everything to have arrived", LONGEST, || {
            for edge in &self.edges {
                if edge.status()?["unacknowledged"] != 0 {
                    return Ok(None);
                }
            }
            Ok((self.control.settle()?["projections_owed"] == 0).then_some(()))
        })
        .unwrap();
    }

    /// The position of the log that an edge's profile of somebody covers; 0: it was told nothing.
    fn position(&self, edge: usize, who: &str) -> u64 {
        let identity = Identity { namespace: "crm".into(), id: who.into() };
        self.edges[edge].profile(&identity).unwrap()["position"].as_u64().unwrap()
    }
}

#[test]
fn a_person_is_known_in_every_region_they_have_come_to_and_in_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path());
    assert!(world.view(0, "a", "ada").is_empty());
    world.settle();
    assert!(world.position(0, "ada") > 0);
    assert_eq!(world.position(1, "ada"), 0, "nobody has seen her there");

    // Somewhere else: what she did before counts from the next page on.
    world.view(1, "b", "ada");
    world.settle();
    assert!(world.position(0, "ada") > 0 && world.position(1, "ada") > 0);
    assert_eq!(world.view(1, "c", "ada"), ["regulars"]);
    assert_eq!(world.view(0, "d", "ada"), ["regulars"], "also where she came first");
    world.settle();

    // An edge that is away keeps the other up to date.
    world.edges[1].kill().unwrap();
    let before = world.position(0, "ada");
    world.view(0, "e", "ada");
    world.view(0, "f", "bob");
    wait::until("the edge that is there to be told", LONGEST, || {
        Ok((world.position(0, "ada") > before && world.position(0, "bob") > 0).then_some(()))
    })
    .unwrap();
    wait::until("the one that is away to be owed her, and only her", LONGEST, || {
        Ok((world.control.settle()?["projections_owed"] == 1).then_some(()))
    })
    .unwrap();
}
