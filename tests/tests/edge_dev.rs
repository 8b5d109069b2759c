//! `acquaint edge dev`: an edge of its documented example, alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use acquaint_tests::{EdgeDev, Environment, wait};
use serde_json::{Value, json};

const SHOP: &str = "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83";
const EVERYONE: &str = "399eb3e7-3d50-47d3-ad30-a5ad99e8ab77";
const VIEWERS: &str = "499eb3e7-3d50-47d3-ad30-a5ad99e8ab77";
/// Whose profile the example has.
const KNOWN: &str = "42288145126016480263080545890663705764";

fn start(folder: &Path, more: &[&str]) -> EdgeDev {
    let environment = Environment::from_variables().unwrap();
    let config = environment.repository.join("examples/edge/edge.yaml");
    EdgeDev::start(&environment, folder, &config, more).unwrap()
}

/// The payload of all handles of a type.
fn payload<'a>(answer: &'a Value, kind: &str) -> Vec<&'a Value> {
    let handles = answer["handle"].as_array().unwrap().iter().filter(|handle| handle["type"] == kind);
    handles.flat_map(|handle| handle["payload"].as_array().unwrap()).collect()
}

fn segments(answer: &Value) -> Vec<&str> {
    let [item] = payload(answer, "activation:pull")[..] else { panic!("{answer}") };
    assert_eq!(item["alias"], "acceptance-personalization");
    item["segments"].as_array().unwrap().iter().map(|segment| segment["id"].as_str().unwrap()).collect()
}

fn view(event_type: &str) -> Value {
    let scopes = ["__view__", "banner", "config", "empty-slot"];
    let personalization = json!({ "decisionScopes": scopes, "surfaces": ["web://www.shop.test/#sidebar"] });
    let identities = json!({ "ECID": [{ "id": KNOWN, "primary": true }] });
    json!({ "events": [{
        "xdm": { "eventType": event_type, "identityMap": identities },
        "query": { "personalization": personalization },
    }] })
}

#[test]
fn the_example_answers_as_its_comments_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut edge = start(folder.path(), &[]);
    assert_eq!(edge.datastreams.len(), 4);
    let interact = |datastream: &str, body: &Value| {
        edge.client.post(&format!("/ee/v1/interact?configId={datastream}"), body).unwrap()
    };

    let answer = interact(SHOP, &view("web.webpagedetails.pageViews")).ok().unwrap();
    assert_eq!(segments(&answer), [EVERYONE]);
    let scopes: Vec<&str> = payload(&answer, "personalization:decisions")
        .iter()
        .map(|proposition| proposition["scope"].as_str().unwrap())
        .collect();
    for scope in ["__view__", "banner", "config", "empty-slot", "web://www.shop.test/#sidebar"] {
        assert!(scopes.contains(&scope), "{scope}: {scopes:?}");
    }
    let answer = interact(SHOP, &view("commerce.productViews")).ok().unwrap();
    assert_eq!(segments(&answer), [EVERYONE, VIEWERS]);

    let disabled = interact("dddd10e0-aee4-4e0e-ac5b-cdbb9abbec00", &view("x"));
    assert!(disabled.body["type"].as_str().unwrap().ends_with("EXEG-0004-422"), "{disabled:?}");

    let server = edge.client.clone().with_header("authorization", "Bearer test");
    let lookup =
        json!({ "event": { "xdm": { "identityMap": { "ECID": [{ "id": KNOWN, "primary": true }] } } } });
    let answer = server.post(&format!("/ee/v2/interact?dataStreamId={SHOP}"), &lookup).unwrap().ok().unwrap();
    assert_eq!(payload(&answer, "activation:pull")[0]["attributes"]["tier"]["value"], "gold");

    wait::until("both events to be forwarded", Duration::from_secs(30), || {
        Ok((edge.events()?.len() == 2).then_some(()))
    })
    .unwrap();
    assert_eq!(edge.events().unwrap()[0]["datastream"], SHOP);
    assert_eq!(edge.end().unwrap(), Some(0));
    assert!(edge.client.post("/ee/v1/interact", &json!({})).is_err(), "workerd ended too");
}

#[test]
fn what_is_saved_is_published_and_what_is_wrong_is_not() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("edge.yaml");
    let stream = |id: &str| format!("kind: datastream\nid: {id}\norg: A@B\n");
    std::fs::write(&config, stream("one")).unwrap();
    let mut edge = EdgeDev::start(&environment, folder.path(), &config, &[]).unwrap();
    assert_eq!(edge.datastreams, ["one"]);
    let status = |id: &str| {
        let body = json!({ "events": [{ "xdm": { "eventType": "x" } }] });
        edge.client.post(&format!("/ee/v1/interact?configId={id}"), &body).unwrap().status
    };
    assert_eq!((status("one"), status("two")), (200, 400));

    std::fs::write(&config, "kind: datastream\nid: three\n").unwrap();
    wait::until("the mistake to be told", Duration::from_secs(30), || {
        let told = std::fs::read_to_string(folder.path().join("edge-dev.err"))?;
        Ok(told.contains("missing field `org`").then_some(()))
    })
    .unwrap();
    assert_eq!(status("one"), 200, "what was published before stays");

    std::fs::write(&config, format!("{}---\n{}", stream("one"), stream("two"))).unwrap();
    edge.says("published: ").unwrap();
    let status = |id: &str| {
        let body = json!({ "events": [{ "xdm": { "eventType": "x" } }] });
        edge.client.post(&format!("/ee/v1/interact?configId={id}"), &body).unwrap().status
    };
    assert_eq!(status("two"), 200);
}

#[test]
fn openfeature_sdks_get_the_flags_and_leave_nothing_behind() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let edge = start(folder.path(), &["--api-token", "secret"]);
    let ask = |targeting_key: &str| -> Value {
        let output = Command::new("node")
            .arg(environment.repository.join("tests/openfeature/ask.mjs"))
            .env("EDGE", edge.client.base())
            .env("TARGETING_KEY", targeting_key)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let stranger = "1".repeat(38);
    let answers = ask(&stranger);
    for side in ["server", "page"] {
        let of = &answers[side];
        let is = |flag: &str, expected: &Value| assert_eq!(&of[flag], expected, "{side} {flag}");
        is("button", &json!({ "value": "#00c", "variant": "blue", "reason": "DEFAULT" }));
        is("limits", &json!({ "value": { "items": 10 }, "variant": "standard", "reason": "STATIC" }));
        is("results", &json!({ "value": 10, "variant": "few", "reason": "DISABLED" }));
        assert_eq!(of["search"]["reason"], "SPLIT");
        assert_eq!(of["missing"]["errorCode"], "FLAG_NOT_FOUND");
    }
    assert_eq!(answers["server"]["search"], answers["page"]["search"], "both in the same part");
    assert_eq!(answers["unnamed"], "TARGETING_KEY_MISSING");
    assert_eq!(answers["wrong"], "GENERAL", "a wrong token is refused");
    assert_eq!(answers["requests"], json!([[200, false], [304, true]]));

    let lookup = format!("/ee/v2/profile?dataStreamId={SHOP}&namespace=ECID&id={stranger}");
    let server = edge.client.clone().with_header("authorization", "Bearer secret");
    assert_eq!(server.get(&lookup).unwrap().status, 404, "asking for flags makes no profile");

    let seen = view("commerce.productViews");
    edge.client.post(&format!("/ee/v1/interact?configId={SHOP}"), &seen).unwrap().ok().unwrap();
    let answers = ask(KNOWN);
    for side in ["server", "page"] {
        let expected = json!({ "value": "#c00", "variant": "red", "reason": "TARGETING_MATCH" });
        assert_eq!(answers[side]["button"], expected, "{side}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let environment = Environment::from_variables().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let config = environment.repository.join("examples/edge/edge.yaml");
    let error = EdgeDev::start(&environment, folder.path(), &config, &["--port", &port]).unwrap_err();
    assert!(error.to_string().contains(&format!("port {port} of loopback is taken")), "{error}");
}
