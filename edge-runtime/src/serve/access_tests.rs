//! Tests of whole requests: who may call, what a datastream switches off, who a new visitor is, and look-ups.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Identity, Membership, Status};
use acquaint_core::value::Value as Field;
use acquaint_core::wire::{Access, Bundle, Datastream, EdgeDestination, Projection};
use serde_json::{Value, json};

use super::tests::{Edge, NOW, RANDOM, interact};
use super::{Random, begin, lookup};
use crate::decide::view;
use crate::http::{Reply, Request};
use crate::identity::ecid;
use crate::profile::EdgeProfile;

const DATASTREAM: &str = "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83";
const ORG: &str = "O@AdobeOrg";
const DEVICE: &str = "79bf8e83-f708-414b-b1ed-5789ff33bf0b";

fn edge(change: impl FnOnce(&mut Datastream)) -> Edge {
    let mut datastream = Datastream {
        id: DATASTREAM.into(),
        org: ORG.into(),
        destinations: vec![EdgeDestination {
            id: "d".into(),
            alias: "shop".into(),
            audiences: vec![AudienceId::from("vip")],
            attributes: vec![("tier".into(), vec!["tier".into()])],
        }],
        ..Datastream::default()
    };
    change(&mut datastream);
    let program = acquaint_core::plan::Program::default();
    let bundle =
        Bundle { version: 1, published_ms: 0, program, datastreams: vec![datastream], offers: Vec::new() };
    let mut edge = Edge::with(bundle);
    let membership = Membership { status: Status::Realized, since_ms: NOW };
    edge.project(
        "ECID",
        &who(),
        Projection {
            memberships: [(AudienceId::from("vip"), membership)].into(),
            attributes: [("tier".to_owned(), Field::from("gold"))].into(),
            ..Projection::default()
        },
    );
    edge
}

fn who() -> String {
    "3".repeat(38)
}

fn page_view(more: &Value) -> Request {
    let mut body = json!({
        "events": [{ "xdm": { "eventType": "x" } }],
        "xdm": { "identityMap": { "ECID": [{ "id": who() }] } },
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    interact(&body)
}

fn on_server(mut request: Request, headers: &[(&str, &str)]) -> Request {
    request.path = "/ee/v2/interact".into();
    request.headers.retain(|(name, _)| name != "origin");
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    request.headers.extend(headers);
    request
}

fn code(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    body["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned()
}

fn payload(reply: &Reply, kind: &str) -> Option<Value> {
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    let handle = body["handle"].as_array()?.iter().find(|handle| handle["type"] == kind)?.clone();
    Some(handle["payload"].clone())
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_page_of_another_origin_is_refused_and_cannot_read_why() {
    let mut edge = edge(|datastream| datastream.allowed_origins = vec!["https://*.shop.test".into()]);
    let mut request = page_view(&json!({}));
    let reply = edge.answer(&request);
    assert_eq!((reply.status, code(&reply)), (403, "EXEG-0400-403".into()));
    assert_eq!(header(&reply, "access-control-allow-origin"), None);
    assert_eq!(header(&reply, "access-control-allow-credentials"), None);
    assert_eq!((header(&reply, "vary"), edge.events()), (Some("Origin"), 0));
    request.headers[0].1 = "https://www.shop.test".into();
    let reply = edge.answer(&request);
    assert_eq!(header(&reply, "access-control-allow-origin"), Some("https://www.shop.test"));
    request.headers.clear();
    assert_eq!(edge.answer(&request).status, 200, "servers have no origin");
}

#[test]
fn a_datastream_for_known_callers_refuses_the_others() {
    let mut edge = edge(|datastream| datastream.access = Access::Authenticated);
    let token = ("authorization", "Bearer test");
    let refused = |edge: &mut Edge, request: &Request, expected: &str| {
        let reply = edge.answer(request);
        assert_eq!((reply.status, code(&reply).as_str()), (401, expected), "{:?}", request.headers);
    };
    let mut on_page = page_view(&json!({}));
    refused(&mut edge, &on_page, "EXEG-0500-401");
    on_page.headers.push(("authorization".into(), "Bearer test".into()));
    refused(&mut edge, &on_page, "EXEG-0500-401");
    fn server(headers: &[(&str, &str)]) -> Request {
        on_server(page_view(&json!({})), headers)
    }
    refused(&mut edge, &server(&[]), "EXEG-0500-401");
    refused(&mut edge, &server(&[("authorization", "Bearer tes")]), "EXEG-0500-401");
    refused(&mut edge, &server(&[("authorization", "Basic dGVzdA==")]), "EXEG-0500-401");
    refused(&mut edge, &server(&[token, ("x-gw-ims-org-id", "P@AdobeOrg")]), "EXEG-0504-401");
    assert_eq!(edge.events(), 0);
    let reply = edge.answer(&server(&[token, ("x-api-key", "any"), ("x-gw-ims-org-id", ORG)]));
    assert_eq!(payload(&reply, "activation:pull").unwrap()[0]["attributes"]["tier"]["value"], "gold");
}

#[test]
fn attributes_are_for_known_callers_alone() {
    let mut edge = edge(|_| {});
    for request in [page_view(&json!({})), on_server(page_view(&json!({})), &[])] {
        let reply = edge.answer(&request);
        let item = payload(&reply, "activation:pull").unwrap()[0].clone();
        assert_eq!(item["segments"], json!([{ "id": "vip", "namespace": "ups" }]));
        assert!(item.get("attributes").is_none());
    }
}

#[test]
fn what_is_switched_off_is_not_answered_and_the_event_counts_all_the_same() {
    let off = |key: &str| json!({ "meta": { "configOverrides": { "com_adobe_experience_platform": { key: { "enabled": false } } } } });
    let segments = |edge: &mut Edge, more: &Value| {
        let reply = edge.answer(&page_view(more));
        assert_eq!((reply.status, edge.events(), reply.body.contains("warnings")), (200, 1, false));
        payload(&reply, "activation:pull").map(|payload| payload[0]["segments"].clone())
    };
    assert_eq!(segments(&mut edge(|_| {}), &off("com_adobe_edge_segmentation")), Some(json!([])));
    assert_eq!(segments(&mut edge(|_| {}), &off("com_adobe_edge_destinations")), None);
    assert_eq!(segments(&mut edge(|one| one.edge_segmentation = false), &json!({})), Some(json!([])));
    assert_eq!(segments(&mut edge(|one| one.personalization_destinations = false), &json!({})), None);
    let other = json!({ "meta": { "configOverrides": { "com_adobe_target": { "propertyToken": "t" } } } });
    assert_ne!(segments(&mut edge(|_| {}), &other), Some(json!([])));
}

#[test]
fn ids_that_are_not_given_are_told_but_for_the_one_that_every_page_asks_for() {
    let warnings = |fetch: Value| {
        let reply = edge(|_| {}).answer(&page_view(&json!({ "query": { "identity": { "fetch": fetch } } })));
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["handle"][0]["payload"].as_array().unwrap().len(), 1);
        body["warnings"][0]["type"].as_str().map(str::to_owned)
    };
    assert_eq!(warnings(json!(["ECID", "CORE"])), None);
    assert!(warnings(json!(["ECID", "AAID"])).unwrap().ends_with("EXEG-0303-200"));
}

#[test]
fn the_cookie_of_a_device_id_has_the_name_that_the_datastream_gives_it() {
    let mut edge = edge(|datastream| datastream.first_party_id_cookie = "device".into());
    let id = |edge: &mut Edge, cookie: &str| {
        let mut request = interact(&json!({ "events": [{ "xdm": { "eventType": "x" } }] }));
        request.headers.push(("cookie".into(), cookie.into()));
        payload(&edge.answer(&request), "identity:result").unwrap()[0]["id"].as_str().unwrap().to_owned()
    };
    let expected = ecid::from_fpid(ORG, DEVICE);
    assert_eq!(id(&mut edge, &format!("a=b; device={DEVICE}")), expected);
    assert_ne!(id(&mut edge, &format!("FPID={DEVICE}")), expected);
}

#[test]
fn a_repeated_request_of_a_new_visitor_makes_no_second_visitor() {
    let mut edge = edge(|_| {});
    edge.config.visitor_key = "secret".into();
    let minted = |edge: &Edge, id: &str, kind: &str, byte: u8, now_ms: i64| {
        let mut request = interact(&json!({ "events": [{ "xdm": { "eventType": kind } }] }));
        request.query[1].1 = id.into();
        let random = Random { ecid: [byte; 16], ..RANDOM };
        let (begun, visits) = begin(&edge.config, Some(&edge.edition), &request, random, now_ms).unwrap();
        assert!(begun.brings_newcomer());
        visits[0].primary.id.clone()
    };
    let first = minted(&edge, DEVICE, "x", 1, NOW);
    assert_eq!(minted(&edge, DEVICE, "x", 2, NOW + 5_000), first);
    assert_ne!(minted(&edge, DEVICE, "y", 1, NOW), first, "another body");
    assert_ne!(minted(&edge, DEVICE, "x", 1, NOW + 3_600_000), first, "an hour later");
    assert_ne!(minted(&edge, "r-1", "x", 1, NOW), minted(&edge, "r-1", "x", 2, NOW), "not a unique id");
    edge.config.visitor_key = "other".into();
    assert_ne!(minted(&edge, DEVICE, "x", 1, NOW), first, "nobody else can tell");
}

#[test]
fn who_brings_an_identity_or_is_somebody_else_is_no_newcomer() {
    let edge = edge(|_| {});
    let is_newcomer = |body: &Value| {
        let (begun, _) = begin(&edge.config, Some(&edge.edition), &interact(body), RANDOM, NOW).unwrap();
        begun.brings_newcomer()
    };
    let event = |map: Value| json!({ "events": [{ "xdm": { "eventType": "x", "identityMap": map } }] });
    assert!(is_newcomer(&event(json!({}))));
    assert!(!is_newcomer(&event(json!({ "ECID": [{ "id": who() }] }))));
    assert!(!is_newcomer(&event(json!({ "FPID": [{ "id": DEVICE }] }))));
    assert!(!is_newcomer(&event(json!({ "household": [{ "id": "7", "primary": true }] }))));
}

fn look(edge: &Edge, query: &[(&str, &str)], token: Option<&str>) -> Reply {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let authorization = token.map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
    let request = Request {
        method: "GET".into(),
        path: "/ee/v2/profile".into(),
        query: query.collect(),
        headers: authorization.into_iter().collect(),
        ..Request::default()
    };
    let lookup = match lookup::begin(&edge.config, Some(&edge.edition), &request, "fresh".into()) {
        Ok(lookup) => lookup,
        Err(reply) => return reply,
    };
    let nobody = EdgeProfile::default();
    let profile = edge.profiles.get(lookup.identity()).unwrap_or(&nobody);
    lookup.finish(&edge.config, Ok(view(&edge.edition, profile, NOW)))
}

#[test]
fn a_server_may_look_at_a_profile_and_nobody_else() {
    let mut edge = edge(|_| {});
    let query = [("datastreamId", DATASTREAM), ("namespace", "ECID"), ("id", &who())];
    let reply = look(&edge, &query, Some("test"));
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, &body["requestId"]), (200, &json!("fresh")));
    assert_eq!(body["identity"], json!({ "id": who(), "namespace": { "code": "ECID" } }));
    assert_eq!(body["attributes"], json!({ "tier": "gold" }));
    assert_eq!(body["segmentMembership"]["ups"]["vip"]["status"], "realized");
    for token in [None, Some("tes"), Some("")] {
        assert_eq!(look(&edge, &query, token).status, 401, "{token:?}");
    }
    let whom = Identity { namespace: "ECID".into(), id: who() };
    edge.profiles.get_mut(&whom).unwrap().set_consent(crate::consent::Consent::Out, NOW);
    let body: Value = serde_json::from_str(&look(&edge, &query, Some("test")).body).unwrap();
    assert_eq!(body["attributes"], json!({}), "of who objects nothing is told");
    assert!(body["warnings"][0]["type"].as_str().unwrap().ends_with("EXEG-0301-200"));
}

#[test]
fn a_look_up_that_cannot_be_answered_says_why() {
    let edge = edge(|_| {});
    let check = |query: &[(&str, &str)], status: u16, expected: &str| {
        let reply = look(&edge, query, Some("test"));
        assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{query:?}");
    };
    let datastream = ("dataStreamId", DATASTREAM);
    check(&[("namespace", "ECID")], 400, "EXEG-0002-400");
    check(&[("configId", "nobody")], 400, "EXEG-0003-400");
    check(&[datastream, ("id", "1")], 400, "EXEG-0103-400");
    check(&[datastream, ("namespace", "ECID")], 400, "EXEG-0103-400");
    check(&[datastream, ("namespace", "ECID"), ("id", "1")], 400, "EXEG-0308-400");
    check(&[datastream, ("namespace", "household"), ("id", "null")], 400, "EXEG-0305-400");
    check(&[datastream, ("namespace", "household"), ("id", "7")], 404, "EXEG-0000-404");
}
