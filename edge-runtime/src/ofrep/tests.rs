//! Tests of whole requests for flags.

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{AudienceDirectory, compile};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::profile::Membership;
use acquaint_core::wire::{Access, Bundle, FlagRule, Share};

use super::*;

const NOW: i64 = 1_700_000_000_000;

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn shares(variant: &str) -> Vec<Share> {
    vec![Share { variant: variant.into(), to: 10_000 }]
}

fn flag(key: &str, audience: Option<&str>) -> Flag {
    let rules = audience.map(|id| FlagRule { audience: AudienceId::from(id), serve: shares("on") });
    Flag {
        key: key.into(),
        enabled: true,
        variants: vec![("on".into(), true.into()), ("off".into(), false.into())],
        rules: rules.into_iter().collect(),
        otherwise: shares("off"),
    }
}

/// Two datastreams: one for everybody, one for servers.
fn edition() -> Edition {
    let everyone = Definition {
        id: AudienceId::from("everyone"),
        mode: Mode::Edge,
        checked: compile("true", &UnionSchema::default(), &Nobody).unwrap(),
    };
    let shop = Datastream {
        id: "shop".into(),
        flags: vec![flag("plain", None), flag("vip", Some("vip")), flag("all", Some("everyone"))],
        targeting_namespace: "user".into(),
        allowed_origins: vec!["https://shop.test".into()],
        ..Datastream::default()
    };
    let servers = Datastream {
        id: "servers".into(),
        access: Access::Authenticated,
        flags: vec![flag("limits", None)],
        ..Datastream::default()
    };
    let bundle = Bundle {
        version: 1,
        published_ms: 0,
        program: Program::build(&[everyone]).unwrap().edge(),
        datastreams: vec![shop, servers],
        offers: Vec::new(),
    };
    Edition::new(bundle, "tag".into())
}

fn request(path: &str, body: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        method: "POST".into(),
        path: path.into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.into(),
        ..Request::default()
    }
}

/// Whom the edge knows: `vip`, who is one.
fn view(identity: &Identity) -> View {
    assert_eq!(identity.namespace, "user");
    let known = identity.id == "vip";
    let membership = Membership { status: Status::Realized, since_ms: 0 };
    let memberships = known.then(|| (AudienceId::from("vip"), membership)).into_iter().collect();
    View { known, memberships, ..View::default() }
}

fn ask(request: &Request) -> Reply {
    let config = Config { api_token: Some("secret".into()), ..Config::default() };
    let edition = edition();
    match begin(&config, Some(&edition), request) {
        Err(reply) => reply,
        Ok((asked, identities)) => {
            let views = identities.iter().map(|identity| Ok(view(identity))).collect();
            finish(asked, &edition, views, NOW)
        }
    }
}

fn check(path: &str, body: &str, headers: &[(&str, &str)], status: u16, expected: &Value) {
    let reply = ask(&request(path, body, headers));
    let found: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, &found), (status, expected), "{path} {body}");
}

fn on(key: &str, is_on: bool, reason: &str) -> Value {
    let variant = if is_on { "on" } else { "off" };
    json!({ "key": key, "value": is_on, "variant": variant, "reason": reason })
}

const ONE: &str = "/ofrep/v1/evaluate/flags/";
const ALL: &str = "/ofrep/v1/evaluate/flags";
const VIP: &str = r#"{"context":{"targetingKey":"vip","plan":"free"}}"#;
const STRANGER: &str = r#"{"context":{"targetingKey":"somebody"}}"#;

#[test]
fn one_flag_is_answered_for_who_asks() {
    check(&format!("{ONE}vip"), VIP, &[], 200, &on("vip", true, "TARGETING_MATCH"));
    check(&format!("{ONE}vip"), STRANGER, &[], 200, &on("vip", false, "DEFAULT"));
    check(&format!("{ONE}all"), STRANGER, &[], 200, &on("all", true, "TARGETING_MATCH"));
    check(&format!("{ONE}plain"), "", &[], 200, &on("plain", false, "STATIC"));
    check("/shop/ofrep/v1/evaluate/flags/%76ip", VIP, &[], 200, &on("vip", true, "TARGETING_MATCH"));
}

#[test]
fn what_cannot_be_answered_has_the_code_of_the_protocol() {
    let error = |path: &str, body: &str, status: u16, code: &str| {
        let reply = ask(&request(path, body, &[]));
        let found: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, found["errorCode"].as_str()), (status, Some(code)), "{path} {body}");
    };
    error(&format!("{ONE}none"), VIP, 404, "FLAG_NOT_FOUND");
    error("/servers/ofrep/v1/evaluate/flags/vip", VIP, 404, "FLAG_NOT_FOUND");
    error(&format!("{ONE}vip"), "{}", 400, "TARGETING_KEY_MISSING");
    error(&format!("{ONE}vip"), r#"{"context":{"targetingKey":""}}"#, 400, "TARGETING_KEY_MISSING");
    error(&format!("{ONE}vip"), r#"{"context":{"targetingKey":5}}"#, 400, "INVALID_CONTEXT");
    error(&format!("{ONE}vip"), r#"{"context":[]}"#, 400, "INVALID_CONTEXT");
    let long = json!({ "context": { "targetingKey": "x".repeat(5_000) } }).to_string();
    error(&format!("{ONE}vip"), &long, 400, "INVALID_CONTEXT");
    error(&format!("{ONE}vip"), "{", 400, "PARSE_ERROR");
    error(&format!("{ONE}vip"), "[]", 400, "PARSE_ERROR");
    error(ALL, &"[".repeat(10_000), 400, "PARSE_ERROR");
    error(ALL, &" ".repeat(70_000), 400, "PARSE_ERROR");
    assert_eq!(ask(&request("/ofrep/v1/configuration", "", &[])).status, 404);
    let get = Request { method: "GET".into(), ..request(ALL, "", &[]) };
    assert_eq!(ask(&get).status, 405);
}

#[test]
fn all_flags_come_at_once_and_not_again_while_they_are_the_same() {
    let flags = json!({ "flags": [
        on("plain", false, "STATIC"), on("vip", true, "TARGETING_MATCH"), on("all", false, "DEFAULT"),
    ] });
    check(ALL, VIP, &[], 200, &flags);
    let reply = ask(&request(ALL, VIP, &[]));
    let tag = reply.headers.iter().find(|(name, _)| name == "etag").unwrap().1.clone();
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = ask(&request(ALL, VIP, &[("if-none-match", &known)]));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
    }
    assert_eq!(ask(&request(ALL, STRANGER, &[("if-none-match", &tag)])).status, 200);
    let missing = ask(&request(ALL, "{}", &[]));
    assert!(missing.body.contains(r#""errorCode":"TARGETING_KEY_MISSING""#), "{}", missing.body);
}

#[test]
fn flags_for_servers_need_the_token_and_a_wrong_one_is_refused() {
    let path = format!("{ONE}limits");
    let expected = on("limits", false, "STATIC");
    check(&path, "", &[("authorization", "Bearer secret")], 200, &expected);
    check(&path, "", &[("x-api-key", "secret")], 200, &expected);
    assert_eq!(ask(&request(&path, "", &[])).status, 401);
    for wrong in [("authorization", "Bearer no"), ("authorization", "secret"), ("x-api-key", "no")] {
        assert_eq!(ask(&request(&format!("{ONE}plain"), "", &[wrong])).status, 401, "{wrong:?}");
    }
    let all = ask(&request(ALL, VIP, &[]));
    assert!(!all.body.contains("limits"), "{}", all.body);
}

#[test]
fn pages_of_other_origins_are_not_answered() {
    let of = |origin: &str| ask(&request(&format!("{ONE}plain"), "", &[("origin", origin)]));
    let header = |reply: &Reply, name: &str| {
        reply.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let page = of("https://shop.test");
    assert_eq!(page.status, 200);
    assert_eq!(header(&page, "access-control-allow-origin").as_deref(), Some("https://shop.test"));
    assert!(header(&page, "access-control-expose-headers").unwrap().contains("ETag"));
    let other = of("https://evil.test");
    assert_eq!((other.status, header(&other, "access-control-allow-origin")), (403, None));
    let preflight =
        Request { method: "OPTIONS".into(), ..request(ALL, "", &[("origin", "https://shop.test")]) };
    assert_eq!(ask(&preflight).status, 204);
}

#[test]
fn who_objects_gets_what_all_get_and_a_profile_that_is_away_is_said_to_be() {
    let edition = edition();
    let (asked, _) =
        begin(&Config::default(), Some(&edition), &request(&format!("{ONE}all"), VIP, &[])).unwrap();
    let objects = View { known: true, objects: true, ..View::default() };
    let reply = finish(asked.clone(), &edition, vec![Ok(objects)], NOW);
    assert_eq!(serde_json::from_str::<Value>(&reply.body).unwrap(), on("all", false, "DEFAULT"));
    let away = finish(asked.clone(), &edition, vec![Err(Problem::Unavailable)], NOW);
    assert_eq!(away.status, 503);
    let often = finish(asked, &edition, vec![Err(Problem::TooManyRequests)], NOW);
    assert_eq!(often.status, 429);
    assert!(often.headers.iter().any(|(name, _)| name == "retry-after"));
    assert_eq!(begin(&Config::default(), None, &request(ALL, VIP, &[])).unwrap_err().status, 503);
}
