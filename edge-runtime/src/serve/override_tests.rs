//! Tests of whole requests that want something otherwise than their datastream says.

use acquaint_core::plan::Program;
use acquaint_core::wire::{Bundle, Datastream, Offer};
use serde_json::{Value, json};

use super::tests::{Edge, interact};

fn bundle() -> Bundle {
    let datastream = Datastream {
        id: "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83".into(),
        org: "5BFE274A5F6980A50A495C08@AdobeOrg".into(),
        dataset: "web".into(),
        dataset_overrides: vec!["shop".into(), "app".into()],
        ..Datastream::default()
    };
    let offer = Offer {
        id: "trial".into(),
        scope: "banner".into(),
        schema: "https://ns.adobe.com/personalization/html-content-item".into(),
        split: Some(acquaint_core::wire::Split { experiment: "e".into(), from: 0, to: 10_000 }),
        ..Offer::default()
    };
    Bundle {
        version: 1,
        published_ms: 0,
        program: Program::default(),
        datastreams: vec![datastream],
        offers: vec![offer],
    }
}

/// The datasets of the event and of the exposure to the experiment, and the warning.
fn check(wanted: &str, expected: Option<&str>, warning: &Value) {
    let event = json!({ "xdm": { "eventType": "x" },
        "query": { "personalization": { "decisionScopes": ["banner"] } } });
    let overrides =
        json!({ "com_adobe_experience_platform": { "datasets": { "event": { "datasetId": wanted } } } });
    let mut edge = Edge::with(bundle());
    let reply =
        edge.answer(&interact(&json!({ "events": [event], "meta": { "configOverrides": overrides } })));
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, &body["warnings"][0]["type"]), (200, warning), "{wanted}");
    let profile = edge.profiles.values_mut().next().unwrap();
    let forward = profile.next_forward().unwrap();
    let datasets: Vec<_> =
        forward.events.iter().map(|event| event.as_event().unwrap().dataset.as_deref()).collect();
    assert_eq!(datasets, [expected, expected], "{wanted}");
}

#[test]
fn events_go_to_the_dataset_that_a_request_wants_if_the_datastream_allows_it() {
    check("shop", Some("shop"), &Value::Null);
    check("app", Some("app"), &Value::Null);
    check("web", None, &Value::Null);
    check("crm", None, &json!("https://ns.adobe.com/aep/errors/EXEG-0204-200"));
}
