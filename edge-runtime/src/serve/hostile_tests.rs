//! Tests of bad requests: each gets the code of the contract in bounded time, and its neighbours notice nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::tests::{Edge, interact};
use crate::http::Request;
use crate::identity::cookie::IdentityCookie;
use crate::identity::ecid;

/// Far more than any of them takes.
const LONGEST: Duration = Duration::from_secs(5);

struct Case {
    name: String,
    request: Request,
    status: u16,
    code: &'static str,
}

fn good() -> Request {
    interact(&json!({ "events": [{ "xdm": { "eventType": "x" } }] }))
}

fn case(name: impl Into<String>, status: u16, code: &'static str, change: impl FnOnce(&mut Request)) -> Case {
    let mut request = good();
    change(&mut request);
    Case { name: name.into(), request, status, code }
}

fn with_body(body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Case {
    let body = body.into();
    let name = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
    case(name, status, code, |request| request.body = body)
}

fn at(path: &'static str, cases: Vec<Case>) -> Vec<Case> {
    let moved = cases.into_iter().map(|mut case| {
        case.request.path = path.into();
        case
    });
    moved.collect()
}

fn paths() -> Vec<Case> {
    let hints = ["..%2f..", "%00", "..", "%2e%2e", "or2%0d%0a", "a;b", "a\\b", "OR 2", "é", "or2?"];
    let hints = hints.iter().map(|hint| format!("/ee/{hint}/v1/interact"));
    let others = ["/", "/ee", "/ee/v1", "/ee/v1/interact/x", "/ee/v3/interact", "/ee/or2/or2/v1/interact"];
    let others = others.iter().map(|path| (*path).to_owned()).chain([format!("/{}", "a/".repeat(4_000))]);
    let found = hints
        .chain(others)
        .map(|path| case(path.clone(), 404, "EXEG-0000-404", |request| request.path = path));
    let methods = ["GET", "HEAD", "PUT", "DELETE", "BREW"]
        .iter()
        .map(|method| case(*method, 405, "EXEG-0000-405", |request| request.method = (*method).into()));
    found.chain(methods).collect()
}

fn datastreams() -> Vec<Case> {
    let long = "d".repeat(100_000);
    let unknown = ["nobody", "../bc1a10e0", "\0", "__proto__", ":", "é", "bc1a10e0-aee4-4e0e-ac5b", &long];
    let unknown = unknown.iter().map(|id| {
        case(format!("datastream {id:.20}"), 400, "EXEG-0003-400", |request| {
            request.query[0].1 = (*id).into()
        })
    });
    let mut cases: Vec<_> = unknown.collect();
    cases.push(case("no datastream", 400, "EXEG-0002-400", |request| drop(request.query.remove(0))));
    cases.push(case("empty datastream", 400, "EXEG-0002-400", |request| request.query[0].1.clear()));
    cases.push(case("disabled", 422, "EXEG-0004-422", |request| request.query[0].1 = "off:dev".into()));
    cases
}

fn media_types() -> Vec<Case> {
    let types = [
        "application/x-jackson-smile",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "application/json+x",
        "json",
    ];
    let refused = types.iter().map(|media_type| {
        case(*media_type, 415, "EXEG-0111-415", |request| {
            request.headers.push(("content-type".into(), (*media_type).into()));
        })
    });
    refused.collect()
}

fn bodies() -> Vec<Case> {
    let deep = |open: &str, close: &str, depth: usize| {
        format!(r#"{{"events":[{{"xdm":{{"a":{}1{}}}}}]}}"#, open.repeat(depth), close.repeat(depth))
    };
    let mut cases = vec![
        with_body("", 408, "EXEG-0109-408"),
        with_body(" \r\n\t", 408, "EXEG-0109-408"),
        with_body("x".repeat(65 * 1024), 413, "EXEG-0112-413"),
        with_body(vec![b'{'; 4 * 1024 * 1024], 413, "EXEG-0112-413"),
        with_body(deep("[", "]", 20_000), 400, "EXEG-0101-400"),
        with_body(deep(r#"{"a":"#, "}", 10_000), 400, "EXEG-0101-400"),
        with_body(deep("[", "]", 40), 422, "EXEG-0104-422"),
        with_body(r#"{"events":[{"xdm":{"a":1e999}}]}"#, 400, "EXEG-0101-400"),
        with_body(b"{\"events\":[{\"xdm\":{\"a\":\"\xff\xfe\"}}]}".to_vec(), 400, "EXEG-0101-400"),
        with_body(b"\xef\xbb\xbf{}".to_vec(), 400, "EXEG-0101-400"),
        with_body(b"{\0}".to_vec(), 400, "EXEG-0101-400"),
        with_body(b"\xff\xfe{\0}\0".to_vec(), 400, "EXEG-0101-400"),
    ];
    let broken = [
        "null",
        "[]",
        "5",
        "\"x\"",
        "{",
        "{]",
        "{'events':[]}",
        "{\"events\":[{}]",
        "{}{}",
        "{}//x",
        r#"{"events":[{"xdm":{"a":"\ud800"}}]}"#,
        "{\"a\":NaN}",
    ];
    cases.extend(broken.iter().map(|body| with_body(*body, 400, "EXEG-0101-400")));
    cases
}

fn fields() -> Vec<Case> {
    let shapes = [
        r#"{"events":5}"#,
        r#"{"events":[5]}"#,
        r#"{"events":[{"xdm":"x"}]}"#,
        r#"{"events":[{}],"event":{}}"#,
        r#"{"events":[{}],"events":[{}]}"#,
        r#"{"events":[{}],"meta":5}"#,
        r#"{"events":[{}],"meta":{"state":{"entries":{}}}}"#,
        r#"{"events":[{}],"meta":{"state":{"entries":[{"key":1,"value":2}]}}}"#,
        r#"{"events":[{}],"meta":{"queueTimeMillis":99999999999999999999}}"#,
        r#"{"events":[{}],"query":{"identity":{"fetch":"ECID"}}}"#,
        r#"{"events":[{"query":{"personalization":{"decisionScopes":"a"}}}]}"#,
        r#"{"events":[{"xdm":{"_id":5,"eventType":"x"}}]}"#,
        r#"{"events":[{"xdm":{"timestamp":5,"eventType":"x"}}]}"#,
        r#"{"events":[{"xdm":{"eventType":["x"]}}]}"#,
        r#"{"events":[{"xdm":{"consentStrings":{}}}]}"#,
        r#"{"events":[{"xdm":{"identityMap":[]}}]}"#,
        r#"{"events":[{"xdm":{"identityMap":{"ECID":{"id":"x"}}}}]}"#,
        r#"{"events":[{"xdm":{"identityMap":{"ECID":[{"id":5}]}}}]}"#,
        r#"{"events":[{}],"xdm":{"identityMap":"x"}}"#,
    ];
    let mut cases: Vec<_> = shapes.iter().map(|body| with_body(*body, 400, "EXEG-0102-400")).collect();
    cases.push(with_body("{}", 400, "EXEG-0103-400"));
    cases.push(with_body(r#"{"events":[]}"#, 400, "EXEG-0103-400"));
    let scopes: Vec<_> = (0..31).map(|scope| format!("s{scope}")).collect();
    for body in [
        json!({ "events": vec![json!({}); 101] }),
        json!({ "events": [{ "query": { "personalization": { "decisionScopes": scopes } } }] }),
        json!({ "events": [{ "xdm": { "timestamp": "yesterday", "eventType": "x" } }] }),
        json!({ "events": [{ "xdm": { "_id": "x".repeat(257), "eventType": "x" } }] }),
        json!({ "events": [{ "xdm": { "eventType": "x", "consentStrings": [{ "consentStandard": "IAB TCF", "consentStringValue": "?" }] } }] }),
    ] {
        cases.push(with_body(body.to_string(), 422, "EXEG-0104-422"));
    }
    for overrides in [json!(5), json!([]), json!({ "com_adobe_experience_platform": 5 })] {
        let body = json!({ "events": [{}], "meta": { "configOverrides": overrides } });
        cases.push(with_body(body.to_string(), 400, "EXEG-0113-400"));
    }
    cases
}

fn identities() -> Vec<Case> {
    let event = |map: &Value| json!({ "events": [{ "xdm": { "identityMap": map } }] }).to_string();
    let many = |count: usize| {
        let items: Vec<_> = (0..count).map(|id| json!({ "id": id.to_string() })).collect();
        json!({ "A": items })
    };
    let mut cases = vec![
        with_body(event(&many(21)), 400, "EXEG-0305-400"),
        with_body(event(&many(4_000)), 400, "EXEG-0305-400"),
        with_body(event(&many(10_000)), 413, "EXEG-0112-413"),
        with_body(event(&json!({ "A": [{ "id": "x".repeat(1_025) }] })), 400, "EXEG-0305-400"),
        with_body(event(&json!({ "x".repeat(300): [{ "id": "1" }] })), 400, "EXEG-0305-400"),
        with_body(event(&json!({ "": [{ "id": "1" }] })), 400, "EXEG-0305-400"),
        with_body(event(&json!({ "ECID\u{1f}x": [{ "id": "1" }] })), 400, "EXEG-0305-400"),
        with_body(
            event(&json!({ "A": [{ "id": "1", "primary": true }, { "id": "2", "primary": true }] })),
            400,
            "EXEG-0305-400",
        ),
    ];
    for word in ["null", "undefined", "None", "NaN", "unknown", "anonymous", "[object Object]", " "] {
        cases.push(with_body(event(&json!({ "email": [{ "id": word }] })), 400, "EXEG-0305-400"));
    }
    let digits = "1".repeat(37);
    for id in
        [&digits, &format!("{digits}x"), &format!("{digits}１"), &format!("{digits}\n"), &"1".repeat(39)]
    {
        cases.push(with_body(event(&json!({ "ECID": [{ "id": id }] })), 400, "EXEG-0308-400"));
    }
    for id in ["x", "79bf8e83-f708-114b-b1ed-5789ff33bf0b", "79bf8e83f708414bb1ed5789ff33bf0b"] {
        cases.push(with_body(event(&json!({ "FPID": [{ "id": id }] })), 400, "EXEG-0308-400"));
    }
    cases
}

fn servers() -> Vec<Case> {
    let token = |value: &'static str| {
        case(value, 401, "EXEG-0500-401", |request| {
            request.headers.push(("authorization".into(), value.into()));
        })
    };
    let mut cases: Vec<_> =
        ["Bearer guess", "Bearer ", "Bearer", "Basic dGVzdA==", "test", "Bearer test x", "Bearer TEST", ""]
            .into_iter()
            .map(token)
            .collect();
    cases.push(case("nobody's event", 400, "EXEG-0306-400", |_| {}));
    cases.push(case("another organisation", 401, "EXEG-0504-401", |request| {
        request.headers.push(("authorization".into(), "Bearer test".into()));
        request.headers.push(("x-gw-ims-org-id".into(), "other@AdobeOrg".into()));
    }));
    at("/ee/v2/interact", cases)
}

fn consents() -> Vec<Case> {
    let consent = |standard: &str, version: &str, value: Value| {
        json!({ "consent": [{ "standard": standard, "version": version, "value": value }] }).to_string()
    };
    let mut cases = vec![
        with_body("{}", 400, "EXEG-0103-400"),
        with_body(r#"{"consent":[]}"#, 400, "EXEG-0103-400"),
        with_body(r#"{"consent":[{}]}"#, 400, "EXEG-0103-400"),
        with_body(r#"{"consent":{}}"#, 400, "EXEG-0102-400"),
        with_body(r#"{"consent":[5]}"#, 400, "EXEG-0102-400"),
        with_body(consent("Adobe", "1.0", json!({ "general": "maybe" })), 400, "EXEG-0102-400"),
        with_body(consent("Adobe", "9.0", json!({})), 400, "EXEG-0102-400"),
        with_body(consent("Other", "1.0", json!({})), 400, "EXEG-0102-400"),
        with_body(consent("Adobe", "2.0", json!({ "collect": { "val": 1 } })), 400, "EXEG-0103-400"),
        with_body(consent("IAB TCF", "2.0", json!(5)), 400, "EXEG-0102-400"),
    ];
    for text in ["", "C", "CO052l", "????", "CO052l-O052l-DGAMBFRACBgAIBAAA\u{0}", "\u{1f600}"] {
        cases.push(with_body(consent("IAB TCF", "2.0", json!(text)), 422, "EXEG-0104-422"));
    }
    at("/ee/v1/privacy/set-consent", cases)
}

#[test]
fn every_bad_request_gets_its_code_and_its_neighbours_notice_nothing() {
    let groups =
        [paths(), datastreams(), media_types(), bodies(), fields(), identities(), servers(), consents()];
    let cases: Vec<Case> = groups.into_iter().flatten().collect();
    assert!(cases.len() >= 100, "{}", cases.len());
    let mut edge = Edge::new();
    let neighbour = good();
    let answer = edge.answer(&neighbour);
    assert_eq!(answer.status, 200);
    let mut wrong = Vec::new();
    for case in cases {
        let start = Instant::now();
        let reply = edge.answer(&case.request);
        let took = start.elapsed();
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let code = body["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let is_right = (reply.status, code) == (case.status, case.code);
        let is_short = took < LONGEST && reply.body.len() < 2_000;
        let is_alone = (edge.profiles.len(), edge.events()) == (1, 1);
        if !(is_right && is_short && is_alone) {
            wrong.push(format!("{}: {:.300} after {took:?}", case.name, reply.body));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(edge.answer(&neighbour), answer);
}

fn identity(edge: &mut Edge, value: &str) -> String {
    let mut request = good();
    let name = "kndctr_5BFE274A5F6980A50A495C08_AdobeOrg_identity";
    request.headers.push(("cookie".into(), format!("a; {name}={value}; =; ==;{name}=x")));
    let reply = edge.answer(&request);
    assert_eq!(reply.status, 200, "{value}: {}", reply.body);
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    body["handle"][0]["payload"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_forged_or_broken_cookie_names_the_visitor_it_holds_whole_or_nobody() {
    let neighbour = "4".repeat(38);
    let cookie = IdentityCookie {
        ecid: neighbour.clone(),
        created_ms: 1,
        is_new: true,
        source: 0,
        region: "OR2".into(),
        written_ms: 1,
    };
    let whole = cookie.encode();
    let mut edge = Edge::new();
    let stranger = identity(&mut edge, "");
    assert_eq!(identity(&mut edge, &whole), neighbour);
    for end in 0..whole.len() {
        let found = identity(&mut edge, whole.get(..end).unwrap());
        // Its first field is 2 + 38 bytes: 54 letters. Without it there is nobody; with it, there may be more or not.
        assert!(found == stranger || (end >= 54 && found == neighbour), "{end}: {found}");
    }
    for place in 0..whole.len() {
        for letter in ["A", "_", "%", "é"] {
            let forged =
                format!("{}{letter}{}", whole.get(..place).unwrap(), whole.get(place + 1..).unwrap());
            assert!(ecid::is_ecid(&identity(&mut edge, &forged)), "{forged}");
        }
    }
    let long = "A".repeat(100_000);
    for other in ["%00", "CiY=", &long, "CiYxMjM", "\"\"", "{}", "../../x"] {
        assert_eq!(identity(&mut edge, other), stranger, "{other:.20}");
    }
}
