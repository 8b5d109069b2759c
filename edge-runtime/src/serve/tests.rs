//! Tests of whole requests: the recorded traffic of the Web SDK, replayed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use acquaint_core::id::AudienceId;
use acquaint_core::plan::Program;
use acquaint_core::profile::Identity;
use acquaint_core::wire::{Bundle, Datastream, EdgeDestination, IdentityExchange, Offer, Projection};
use serde_json::{Value, json};

use super::*;
use crate::bundle::Edition;
use crate::decide::decide;
use crate::http::{Config, Reply, Request};
use crate::limits;
use crate::profile::EdgeProfile;

pub(super) const NOW: i64 = 1_795_445_300_000; // within the minutes of the recording
pub(super) const RANDOM: Random = Random { ecid: [7; 16], request: [9; 16] };

fn offer(scope: &str, schema: &str) -> Offer {
    Offer {
        id: format!("offer-{scope}"),
        scope: scope.into(),
        audience: None,
        schema: format!("https://ns.adobe.com/personalization/{schema}"),
        data: acquaint_core::value::Value::from("x"),
        ..Offer::default()
    }
}

pub(super) fn edition() -> Edition {
    let datastream = |id: &str, enabled| Datastream {
        id: id.into(),
        org: "5BFE274A5F6980A50A495C08@AdobeOrg".into(),
        dataset: "web".into(),
        enabled,
        destinations: vec![EdgeDestination {
            id: "7bb4cb8d".into(),
            alias: "shop".into(),
            audiences: vec![AudienceId::from("a")],
            attributes: vec![("tier".into(), vec!["loyalty".into(), "tier".into()])],
        }],
        ..Datastream::default()
    };
    let bundle = Bundle {
        version: 1,
        published_ms: 0,
        program: Program::default(),
        datastreams: vec![
            datastream("bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83", true),
            datastream("aaaa10e0-aee4-4e0e-ac5b-cdbb9abbec99", true),
            datastream("off", false),
        ],
        offers: vec![offer("__view__", "dom-action"), offer("banner", "html-content-item")],
    };
    Edition::new(bundle, "tag".into())
}

/// An edge with its profiles in memory.
pub(super) struct Edge {
    pub(super) config: Config,
    pub(super) edition: Edition,
    pub(super) profiles: BTreeMap<Identity, EdgeProfile>,
    requests: u8,
}

impl Edge {
    pub(super) fn new() -> Self {
        let config = Config { api_token: Some("test".into()), ..Config::default() };
        Self { config, edition: edition(), profiles: BTreeMap::new(), requests: 0 }
    }

    pub(super) fn with(bundle: Bundle) -> Self {
        Self { edition: Edition::new(bundle, "tag".into()), ..Self::new() }
    }

    /// What the control plane says of a profile.
    pub(super) fn project(&mut self, namespace: &str, id: &str, projection: Projection) {
        let identity = Identity { namespace: namespace.into(), id: id.into() };
        self.profiles.entry(identity).or_default().project(projection, NOW);
    }

    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        self.requests = self.requests.wrapping_add(1);
        let random = Random { request: [self.requests; 16], ..RANDOM };
        let (begun, visits) = match begin(&self.config, Some(&self.edition), request, random, NOW) {
            Ok(begun) => begun,
            Err(reply) => return reply,
        };
        let outcomes = visits.iter().map(|visit| {
            let profile = self.profiles.remove(&visit.primary).unwrap_or_default();
            let (outcome, profile) = decide(&self.edition, profile, visit, NOW);
            self.profiles.insert(visit.primary.clone(), profile);
            outcome
        });
        let outcomes = outcomes.collect();
        finish(&self.config, &self.edition, begun, outcomes)
    }

    pub(super) fn events(&self) -> usize {
        self.profiles.values().map(EdgeProfile::outbox_events).sum()
    }
}

pub(super) fn request(recorded: &Value) -> Request {
    let url = recorded["url"].as_str().unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let (path, query) = path.split_once('?').unwrap();
    Request {
        method: "POST".into(),
        host: host.split(':').next().unwrap().into(),
        path: format!("/{path}"),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.into(), v.into()))
            .collect(),
        headers: recorded["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: recorded["body"].to_string().into_bytes(),
    }
}

/// The shape of our answer, in the words of the recording. Handles that this edge does not have are not expected.
fn check(recorded: &Value, reply: &Reply, expected: &Value) {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
    let mut shape = json!({ "status": reply.status });
    if let Some(handles) = body["handle"].as_array() {
        shape["handles"] = handles.iter().map(|handle| handle["type"].clone()).collect();
        let stored = handles.iter().filter(|handle| handle["type"] == "state:store");
        let stored = stored.flat_map(|handle| handle["payload"].as_array().unwrap().iter());
        shape["stored"] = stored.map(|item| suffix(item["key"].as_str().unwrap())).collect();
    }
    let code = |value: &Value| Value::from(value["type"].as_str().unwrap().rsplit('/').next().unwrap());
    if let Some(warnings) = body["warnings"].as_array() {
        shape["warnings"] = warnings.iter().map(code).collect();
    }
    if body["type"].is_string() {
        shape["problem"] = code(&body);
    }
    let cookies: Vec<Value> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| suffix(value.split('=').next().unwrap()))
        .collect();
    if !cookies.is_empty() {
        shape["cookies"] = cookies.into();
    }
    let mut expected = expected.clone();
    if let Some(handles) = expected.get_mut("handles").and_then(Value::as_array_mut) {
        handles.retain(|handle| handle != "activation:push");
    }
    assert_eq!(shape, expected, "{recorded}\n{}", reply.body);
    let origin = recorded["headers"]["origin"].as_str();
    let allowed = reply.headers.iter().find(|(name, _)| name == "access-control-allow-origin");
    assert_eq!(allowed.map(|(_, value)| value.as_str()), origin);
}

fn suffix(key: &str) -> Value {
    key.split("_AdobeOrg_").nth(1).unwrap().into()
}

fn recordings() -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/alloy");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert_eq!(files.len(), 13);
    files.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

#[test]
fn recorded_traffic_gets_answers_of_the_recorded_shape() {
    for recording in recordings() {
        let mut edge = Edge::new();
        for recorded in recording["requests"].as_array().unwrap() {
            let reply = edge.answer(&request(recorded));
            let mut expected = recorded["answer"].clone();
            // The datastream allows no other dataset, and the edge says so.
            if !recorded["body"]["meta"]["configOverrides"]["com_adobe_experience_platform"].is_null() {
                expected["warnings"] = json!(["EXEG-0204-200"]);
            }
            check(recorded, &reply, &expected);
        }
    }
}

#[test]
fn every_recorded_event_is_kept_once_even_if_the_request_is_repeated() {
    for recording in recordings() {
        let mut edge = Edge::new();
        let mut expected = 0;
        for recorded in recording["requests"].as_array().unwrap() {
            // Without a request id of the client, a repetition cannot be recognised.
            let repeatable = recorded["url"].as_str().unwrap().contains("requestId=");
            let first = edge.answer(&request(recorded));
            if repeatable {
                assert_eq!(edge.answer(&request(recorded)), first);
            }
            let kept = first.status < 300 && !first.body.contains("EXEG-0301-200");
            let events = recorded["body"]["events"].as_array().map_or(0, Vec::len);
            let single = usize::from(recorded["body"]["event"].is_object());
            expected += if kept { events + single } else { 0 };
        }
        assert_eq!(edge.events(), expected, "{}", recording["scenario"]);
    }
}

pub(super) fn interact(body: &Value) -> Request {
    let url =
        "https://edge.cdp.test/ee/v1/interact?configId=bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83&requestId=r-1";
    request(&json!({ "url": url, "headers": { "origin": "https://shop.test" }, "body": body }))
}

#[test]
fn ids_are_exchanged_also_where_audiences_are_not_decided() {
    let check = |edge_segmentation: bool, overrides: &Value| {
        let exchange = IdentityExchange {
            id: "partner".into(),
            url: "https://p.example/?id={ecid}".into(),
            hide_referrer: false,
            ttl_minutes: 10,
        };
        let datastream = Datastream {
            id: "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83".into(),
            org: "5BFE274A5F6980A50A495C08@AdobeOrg".into(),
            edge_segmentation,
            exchanges: vec![exchange],
            ..Datastream::default()
        };
        let bundle = Bundle {
            version: 1,
            published_ms: 0,
            program: Program::default(),
            datastreams: vec![datastream],
            offers: Vec::new(),
        };
        let body = json!({ "events": [{ "xdm": {} }], "meta": { "configOverrides": overrides } });
        let reply = Edge::with(bundle).answer(&interact(&body));
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        let handles = body["handle"].as_array().unwrap();
        let exchanges = handles.iter().filter(|handle| handle["type"] == "identity:exchange");
        assert_eq!(exchanges.count(), 1, "{body}");
    };
    check(true, &json!({}));
    check(false, &json!({}));
    check(true, &json!({ "com_adobe_edge_segmentation": { "enabled": false } }));
}

fn check_problem(request: &Request, status: u16, code: &str) {
    let reply = Edge::new().answer(request);
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(reply.status, status, "{body}");
    assert!(body["type"].as_str().unwrap().ends_with(code), "{body}");
    assert_eq!(body["report"]["requestId"], "r-1");
    let header =
        |name: &str| reply.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("content-type"), Some("application/problem+json"));
    assert_eq!(
        header("access-control-allow-origin"),
        Some("https://shop.test"),
        "or the page sees a network error"
    );
}

#[test]
fn problems_have_a_document_and_the_headers_that_let_a_page_read_it() {
    let good = interact(&json!({ "events": [{ "xdm": { "eventType": "x" } }] }));
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    check_problem(&with(&|request| request.path = "/ee/v9/interact".into()), 404, "EXEG-0000-404");
    check_problem(&with(&|request| request.method = "GET".into()), 405, "EXEG-0000-405");
    check_problem(
        &with(&|request| request.query.retain(|(name, _)| name != "configId")),
        400,
        "EXEG-0002-400",
    );
    check_problem(&with(&|request| request.query[0].1 = "nobody".into()), 400, "EXEG-0003-400");
    check_problem(&with(&|request| request.query[0].1 = "off".into()), 422, "EXEG-0004-422");
    check_problem(&with(&|request| request.body = b"{".into()), 400, "EXEG-0101-400");
    let v2 = with(&|request| request.path = "/ee/v2/interact".into());
    check_problem(&v2, 400, "EXEG-0306-400");
    let mut stranger = v2;
    stranger.headers.push(("authorization".into(), "Bearer guess".into()));
    check_problem(&stranger, 401, "EXEG-0500-401");
}

#[test]
fn without_a_bundle_the_client_is_asked_to_come_again() {
    let request = interact(&json!({ "events": [{ "xdm": { "eventType": "x" } }] }));
    let reply = begin(&Config::default(), None, &request, RANDOM, NOW).unwrap_err();
    assert_eq!(reply.status, 503);
    assert!(reply.headers.iter().any(|(name, value)| name == "retry-after" && value == "2"));
    assert!(reply.body.contains("EXEG-0000-503"));
}

#[test]
fn a_full_outbox_is_told_with_503_and_nothing_is_lost() {
    let mut edge = Edge::new();
    let mut accepted = 0;
    loop {
        let body = json!({
            "events": [{ "xdm": { "_id": format!("e{accepted}"), "eventType": "x" } }],
        });
        let reply = edge.answer(&interact(&body));
        if reply.status == 503 {
            assert!(reply.body.contains("EXEG-0201-503"));
            break;
        }
        assert_eq!(reply.status, 200);
        accepted += 1;
    }
    assert_eq!(accepted, limits::OUTBOX_EVENTS_MAX);
    assert_eq!(edge.events(), accepted);
}

#[test]
fn events_of_several_people_go_to_several_profiles() {
    let event = |household: &str| json!({ "xdm": { "eventType": "x", "identityMap": { "household": [{ "id": household, "primary": true }] } } });
    let mut request = interact(&json!({ "events": [event("1"), event("2"), event("1")] }));
    request.path = "/ee/v2/collect".into();
    let mut edge = Edge::new();
    assert_eq!(edge.answer(&request).status, 202);
    let kept: Vec<_> =
        edge.profiles.iter().map(|(who, profile)| (who.id.as_str(), profile.outbox_events())).collect();
    assert_eq!(kept, [("1", 2), ("2", 1)]);
}

#[test]
fn a_cookie_is_set_only_on_a_domain_that_the_request_itself_lies_in() {
    let body = |domain: &str| json!({ "events": [{ "xdm": { "eventType": "x" } }], "meta": { "state": { "domain": domain, "cookiesEnabled": true } } });
    let sets = |domain: &str| {
        let reply = Edge::new().answer(&interact(&body(domain)));
        reply.headers.iter().any(|(name, _)| name == "set-cookie")
    };
    assert!(sets("cdp.test"));
    for other in ["", "test", "dp.test", "other.test", "cdp.test; HttpOnly", "edge.cdp.test.evil"] {
        assert!(!sets(other), "{other}");
    }
}

#[test]
fn a_preflight_allows_what_servers_and_tools_send() {
    let reply = crate::reply::preflight(&interact(&json!({})));
    assert_eq!(reply.status, 204);
    let allowed = reply.headers.iter().find(|(name, _)| name == "access-control-allow-headers").unwrap();
    assert!(allowed.1.contains("authorization") && allowed.1.contains("content-type"));
}
