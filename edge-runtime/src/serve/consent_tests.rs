//! Tests of whole requests of people who object, and of requests of which a part fails.

use serde_json::{Value, json};

use super::tests::{Edge, NOW, RANDOM, edition, interact};
use super::{begin, finish};
use crate::http::{Config, Reply, Request};
use crate::visit::Outcome;

/// Purpose 1 is missing.
const DENIED: &str = "CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA";

fn body(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or(Value::Null)
}

fn handles(reply: &Reply) -> Vec<String> {
    let body = body(reply);
    let handles = body["handle"].as_array().into_iter().flatten();
    handles.map(|handle| handle["type"].as_str().unwrap().to_owned()).collect()
}

fn codes(reply: &Reply, list: &str) -> Vec<String> {
    let body = body(reply);
    let items = body[list].as_array().into_iter().flatten();
    items.map(|item| item["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
}

fn stored(reply: &Reply, suffix: &str) -> Option<String> {
    let body = body(reply);
    let handles = body["handle"].as_array().into_iter().flatten();
    let items = handles.filter(|handle| handle["type"] == "state:store");
    let mut items = items.flat_map(|handle| handle["payload"].as_array().unwrap().clone());
    let item = items.find(|item| item["key"].as_str().unwrap().ends_with(suffix))?;
    Some(item["value"].as_str().unwrap().to_owned())
}

fn to(path: &str, body: &Value) -> Request {
    Request { path: path.into(), ..interact(body) }
}

fn ecid() -> String {
    "7".repeat(38)
}

fn set_consent(general: &str, identity_map: &Value) -> Request {
    let body = json!({
        "consent": [{ "standard": "Adobe", "version": "1.0", "value": { "general": general } }],
        "identityMap": identity_map,
        "query": { "identity": { "fetch": ["ECID"] } },
    });
    to("/ee/v1/privacy/set-consent", &body)
}

/// What a server sends: no cookies, only who it is about.
fn server_event(namespace: &str, id: &str) -> Request {
    let identity_map = json!({ namespace: [{ "id": id, "primary": true }] });
    let query = json!({ "personalization": { "decisionScopes": ["banner"] } });
    to(
        "/ee/v2/interact",
        &json!({ "event": { "xdm": { "eventType": "x", "identityMap": identity_map } }, "query": query }),
    )
}

#[test]
fn of_several_people_only_the_one_who_objects_is_left_out() {
    let event = |household: &str, consent: Option<&str>| {
        let strings = consent.map(|value| json!([{ "consentStandard": "IAB TCF", "consentStringValue": value, "gdprApplies": true }]));
        let identity_map = json!({ "household": [{ "id": household, "primary": true }] });
        let mut xdm = json!({ "eventType": "x", "identityMap": identity_map });
        if let Some(strings) = strings {
            xdm["consentStrings"] = strings;
        }
        json!({ "xdm": xdm })
    };
    let events = [event("1", None), event("2", None), event("2", Some(DENIED)), event("3", None)];
    let mut edge = Edge::new();
    let reply = edge.answer(&to("/ee/v2/collect", &json!({ "events": events })));
    assert_eq!((reply.status, codes(&reply, "warnings")), (202, vec!["EXEG-0301-200".into()]));
    assert_eq!(edge.events(), 2);
    let reply = edge.answer(&server_event("household", "2"));
    assert_eq!(codes(&reply, "warnings"), ["EXEG-0301-200"], "the objection is remembered");
    assert_eq!(handles(&edge.answer(&server_event("household", "1")))[0], "personalization:decisions");
}

#[test]
fn an_objection_holds_for_callers_who_bring_no_cookie_until_it_is_taken_back() {
    let mut edge = Edge::new();
    let map = json!({ "ECID": [{ "id": ecid() }] });
    let reply = edge.answer(&set_consent("out", &map));
    assert_eq!((reply.status, codes(&reply, "warnings").len()), (200, 0));
    assert!(stored(&reply, "_identity").is_some(), "or the page would forget the objection");
    assert_eq!(stored(&reply, "_consent").unwrap(), "general=out");

    for request in [server_event("ECID", &ecid()), old_tab()] {
        let reply = edge.answer(&request);
        assert_eq!((reply.status, codes(&reply, "warnings")), (200, vec!["EXEG-0301-200".into()]));
        assert_eq!(handles(&reply), ["identity:result", "locationHint:result", "state:store"]);
        assert_eq!(stored(&reply, "_consent").unwrap(), "general=out", "the browser is told");
    }
    assert_eq!(edge.events(), 0);

    assert_eq!(edge.answer(&set_consent("in", &map)).status, 200);
    let reply = edge.answer(&server_event("ECID", &ecid()));
    assert!(handles(&reply).contains(&"personalization:decisions".into()), "{}", reply.body);
    assert_eq!((codes(&reply, "warnings").len(), edge.events()), (0, 1));
}

/// A tab that was opened before the objection, and still says that all is well.
fn old_tab() -> Request {
    let entry = json!({ "key": "kndctr_5BFE274A5F6980A50A495C08_AdobeOrg_consent", "value": "general=in" });
    let map = json!({ "ECID": [{ "id": ecid() }] });
    let event = json!({ "xdm": { "eventType": "x" } });
    interact(
        &json!({ "events": [event], "xdm": { "identityMap": map }, "meta": { "state": { "entries": [entry] } } }),
    )
}

#[test]
fn an_objection_is_of_the_person_that_set_consent_names() {
    let mut edge = Edge::new();
    let map = json!({ "CRMID": [{ "id": "crm-1", "primary": true }] });
    assert_eq!(edge.answer(&set_consent("out", &map)).status, 200);
    assert_eq!(codes(&edge.answer(&server_event("CRMID", "crm-1")), "warnings"), ["EXEG-0301-200"]);
    assert_eq!(codes(&edge.answer(&server_event("CRMID", "crm-2")), "warnings").len(), 0);
    assert_eq!(edge.events(), 1);
}

#[test]
fn what_says_neither_leaves_an_objection_as_it_is() {
    let mut edge = Edge::new();
    edge.answer(&set_consent("out", &json!({ "ECID": [{ "id": ecid() }] })));
    let pending = json!([{ "standard": "Adobe", "version": "2.0", "value": { "collect": { "val": "p" } } }]);
    let map = json!({ "ECID": [{ "id": ecid() }] });
    let reply =
        edge.answer(&to("/ee/v1/privacy/set-consent", &json!({ "consent": pending, "identityMap": map })));
    assert_eq!((reply.status, stored(&reply, "_consent")), (200, None));
    assert_eq!(codes(&edge.answer(&server_event("ECID", &ecid())), "warnings"), ["EXEG-0301-200"]);
}

fn finished(request: &Request, outcomes: Vec<Outcome>) -> Reply {
    let config = Config::default();
    let (begun, visits) = begin(&config, Some(&edition()), request, RANDOM, NOW).unwrap();
    assert_eq!(visits.len(), outcomes.len());
    finish(&config, &edition(), begun, outcomes)
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn what_fails_of_a_request_is_told_beside_what_does_not() {
    let event = |household: &str| json!({ "xdm": { "eventType": "x", "identityMap": { "household": [{ "id": household, "primary": true }] } } });
    let events = json!({ "events": [event("1"), event("2"), event("1")] });
    let outcomes = || vec![Outcome::Unavailable, Outcome::Decided(crate::visit::Decision::default())];
    for path in ["/ee/v2/collect", "/ee/v1/collect", "/ee/v1/interact"] {
        let reply = finished(&to(path, &events), outcomes());
        assert_eq!((reply.status, header(&reply, "retry-after")), (207, Some("2")), "{path}");
        assert_eq!(codes(&reply, "errors"), ["EXEG-0201-503"]);
        assert_eq!(body(&reply)["errors"][0]["report"]["eventIndexes"], json!([0, 2]));
        assert!(body(&reply)["handle"].is_array());
    }
    let reply =
        finished(&to("/ee/v2/collect", &events), vec![Outcome::Unavailable, Outcome::TooManyRequests]);
    assert_eq!((reply.status, header(&reply, "retry-after")), (503, Some("2")), "all of it failed");
}

#[test]
fn an_answer_that_fails_still_sets_the_cookies_of_an_objection() {
    let with_domain = |general: &str| {
        let mut request = set_consent(general, &json!({ "ECID": [{ "id": ecid() }] }));
        let mut body: Value = serde_json::from_slice(&request.body).unwrap();
        body["meta"] = json!({ "state": { "domain": "cdp.test", "cookiesEnabled": true } });
        request.body = body.to_string().into_bytes();
        let reply = finished(&request, vec![Outcome::Unavailable]);
        assert_eq!(reply.status, 503);
        let cookies = reply.headers.into_iter().filter(|(name, _)| name == "set-cookie");
        cookies.map(|(_, value)| value).collect::<Vec<_>>().join("\n")
    };
    let out = with_domain("out");
    assert!(out.contains("_consent=general=out") && out.contains("_identity="), "{out}");
    assert!(!with_domain("in").contains("general=in"), "the client has to say it again");
}

#[test]
fn silence_is_kept_when_it_is_wanted() {
    let mut request = to(
        "/ee/v2/collect",
        &json!({ "events": [{ "xdm": { "eventType": "x", "identityMap": { "household": [{ "id": "1", "primary": true }] } } }] }),
    );
    request.query.push(("silent".into(), "true".into()));
    let mut edge = Edge::new();
    let reply = edge.answer(&request);
    assert_eq!((reply.status, reply.body.as_str(), edge.events()), (204, "", 1));
}
