//! Event forwarding through the real worker: an endpoint beside the control plane gets every event of the kinds that it
//! wants, again until it has taken it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use acquaint_tests::{EdgeDev, Environment, endpoint, wait};
use serde_json::{Value, json};

/// What came in: id of the event by the header, a header of the rule, the body.
type Seen = Arc<Mutex<Vec<(String, String, Value)>>>;

/// An endpoint that is away for the first request, and never takes the event `wrong`.
fn endpoint(seen: &Seen) -> String {
    let seen = Arc::clone(seen);
    endpoint::serve(move |request| {
        let header = |name| request.header(name).unwrap_or_default().to_owned();
        let mut seen = seen.lock().unwrap();
        let id = header("idempotency-key");
        let status = match seen.len() {
            0 => 503,
            _ if id == "wrong" => 400,
            _ => 200,
        };
        seen.push((id, header("x-team"), serde_json::from_slice(&request.body).unwrap()));
        (status, Vec::new())
    })
    .unwrap()
}

fn send(edge: &EdgeDev, id: &str, kind: &str, total: f64) {
    let body = json!({ "events": [{ "xdm": {
        "_id": id,
        "eventType": kind,
        "commerce": { "order": { "priceTotal": total } },
        "identityMap": { "email": [{ "id": "a@b.test", "primary": true }] },
    } }] });
    let answer = edge.client.post("/ee/v1/interact?configId=shop", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn an_endpoint_gets_the_events_it_wants_until_it_has_taken_or_refused_them() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    let config = folder.path().join("edge.yaml");
    let datastream = json!({
        "kind": "datastream", "id": "shop", "org": "A@AdobeOrg",
        "eventForwarding": [{
            "id": "orders", "eventTypes": ["buy"], "url": endpoint(&seen), "headers": { "x-team": "shop" },
            "template": "{\"total\": {{commerce.order.priceTotal}}}",
        }],
    });
    std::fs::write(&config, datastream.to_string()).unwrap();
    let edge = EdgeDev::start(&environment, folder.path(), &config, &[]).unwrap();

    send(&edge, "first", "buy", 1.5);
    send(&edge, "other", "look", 2.0);
    send(&edge, "wrong", "buy", 3.0);
    send(&edge, "last", "buy", 4.0);
    wait::until("the last event", Duration::from_secs(60), || {
        Ok(seen.lock().unwrap().iter().any(|(id, ..)| id == "last").then_some(()))
    })
    .unwrap();

    let seen = seen.lock().unwrap();
    let total = |id: &str| {
        let of = seen.iter().filter(|(found, ..)| found == id);
        of.map(|(_, team, body)| (team.as_str(), body["total"].as_f64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(total("first"), [("shop", 1.5), ("shop", 1.5)], "away at first, then taken");
    assert_eq!(total("wrong"), [("shop", 3.0)], "refused for good");
    assert_eq!(total("last"), [("shop", 4.0)]);
    assert_eq!(total("other"), [], "of a kind that nobody wants");
}
