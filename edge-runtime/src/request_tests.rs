//! Tests of reading requests.

use serde_json::json;

use super::*;

const INTERACT: Route = Route { version: Version::V1, action: Action::Interact };

fn request(body: &str) -> http::Request {
    http::Request {
        method: "POST".into(),
        query: vec![("configId".into(), "ds:dev".into()), ("requestId".into(), "r-1".into())],
        headers: vec![("content-type".into(), "text/plain; charset=UTF-8".into())],
        body: body.into(),
        ..http::Request::default()
    }
}

fn read(route: Route, body: &str) -> Result<Call, Problem> {
    parse(route, &request(body), "fresh".into())
}

fn check_problem(route: Route, body: &str, expected_code: &str) {
    let problem = read(route, body).expect_err(body).to_json("r-1", None);
    assert_eq!(problem["type"], format!("https://ns.adobe.com/aep/errors/{expected_code}"), "{problem}");
}

#[test]
fn scopes_are_read_from_all_their_places_and_kept_once() {
    let call = read(
        INTERACT,
        r#"{"events":[{"xdm":{},"query":{"personalization":{"decisionScopes":["a","b"],"scopes":["b"],"surfaces":["web://x/"]}}}]}"#,
    )
    .unwrap();
    let personalization = call.events[0].personalization.clone().unwrap();
    assert_eq!(personalization.scopes, ["a", "b", "web://x/"]);
    let route = Route { version: Version::V2, action: Action::Interact };
    let call = read(
        route,
        r#"{"event":{"xdm":{"eventType":"x"}},"query":{"personalization":{"decisionScopes":["a"]}}}"#,
    )
    .unwrap();
    assert_eq!(call.events[0].personalization.clone().unwrap().scopes, ["a"]);
}

#[test]
fn thirty_scopes_are_allowed_beside_that_of_the_page_and_as_many_surfaces() {
    let names = |count: usize, of: &str| (0..count).map(|number| format!("{of}{number}")).collect::<Vec<_>>();
    let body = |scopes: usize, surfaces: usize| {
        let scopes = [names(scopes, "scope"), vec!["__view__".to_owned()]].concat();
        let wanted = json!({ "decisionScopes": scopes, "surfaces": names(surfaces, "web://shop.test/") });
        json!({ "events": [{ "xdm": {}, "query": { "personalization": wanted } }] }).to_string()
    };
    let call = read(INTERACT, &body(30, 30)).unwrap();
    assert_eq!(call.events[0].personalization.as_ref().unwrap().scopes.len(), 61);
    check_problem(INTERACT, &body(31, 0), "EXEG-0104-422");
    check_problem(INTERACT, &body(0, 31), "EXEG-0104-422");
}

#[test]
fn an_event_without_a_query_or_in_authoring_mode_wants_no_decisions() {
    let call =
        read(INTERACT, r#"{"events":[{"xdm":{}},{"xdm":{},"query":{"personalization":{"enabled":false}}}]}"#)
            .unwrap();
    assert!(call.events.iter().all(|event| event.personalization.is_none()));
}

#[test]
fn identities_leave_the_event_and_stand_beside_it() {
    let call = read(
        INTERACT,
        r#"{"events":[{"xdm":{"eventType":"x","identityMap":{"household":[{"id":"7","primary":true}]}}}]}"#,
    )
    .unwrap();
    assert_eq!(call.events[0].identity_map.primary().unwrap().id, "7");
    assert!(!call.events[0].xdm.contains_key("identityMap"));
    assert_eq!((call.request_id.as_str(), call.datastream.as_str()), ("r-1", "ds:dev"));
}

#[test]
fn a_request_id_that_cannot_be_echoed_is_replaced() {
    let mut request = request(r#"{"events":[{}]}"#);
    request.query[1].1 = "a\r\nb".into();
    assert_eq!(parse(INTERACT, &request, "fresh".into()).unwrap().request_id, "fresh");
    request.query.pop();
    request.headers.push(("x-request-id".into(), "from-header".into()));
    assert_eq!(parse(INTERACT, &request, "fresh".into()).unwrap().request_id, "from-header");
}

#[test]
fn bad_bodies_have_their_own_codes() {
    check_problem(INTERACT, "", "EXEG-0109-408");
    check_problem(INTERACT, "{\"events\":", "EXEG-0101-400");
    check_problem(INTERACT, "[]", "EXEG-0101-400");
    check_problem(INTERACT, "{\"events\":5}", "EXEG-0102-400");
    check_problem(INTERACT, "{\"events\":[{\"xdm\":{\"identityMap\":{\"A\":5}}}]}", "EXEG-0102-400");
    check_problem(INTERACT, "{}", "EXEG-0103-400");
    check_problem(INTERACT, "{\"events\":[]}", "EXEG-0103-400");
    check_problem(INTERACT, "{\"events\":[{}],\"meta\":{\"configOverrides\":5}}", "EXEG-0113-400");
    let many = format!("{{\"events\":[{}]}}", vec!["{}"; 101].join(","));
    check_problem(INTERACT, &many, "EXEG-0104-422");
    let large = format!("{{\"events\":[{{\"xdm\":{{\"a\":\"{}\"}}}}]}}", "x".repeat(70_000));
    check_problem(INTERACT, &large, "EXEG-0112-413");
    check_problem(Route { version: Version::V1, action: Action::SetConsent }, "{}", "EXEG-0103-400");
}

#[test]
fn nesting_of_any_depth_is_an_error_and_not_a_crash() {
    let deep = format!("{{\"events\":[{{\"xdm\":{{\"a\":{}{}}}}}]}}", "[".repeat(20_000), "]".repeat(20_000));
    check_problem(INTERACT, &deep, "EXEG-0101-400");
}

#[test]
fn a_media_type_that_is_not_read_is_refused() {
    let mut request = request("{}");
    request.headers[0].1 = "application/x-jackson-smile".into();
    assert_eq!(parse(INTERACT, &request, String::new()).unwrap_err().status(), 415);
}
