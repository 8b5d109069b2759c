//! Tests of who is calling.

use super::*;
use crate::http;
use crate::request;
use crate::route::{Action, Route};

const FPID_VALUE: &str = "79bf8e83-f708-414b-b1ed-5789ff33bf0b";

struct Case<'a> {
    version: Version,
    body: &'a str,
    cookie: Option<&'a str>,
    fpid_cookie: Option<&'a str>,
}

fn run(case: &Case<'_>) -> Result<Resolved, Problem> {
    let http = http::Request {
        query: vec![("configId".into(), "ds".into())],
        body: case.body.into(),
        ..http::Request::default()
    };
    let route = Route { version: case.version, action: Action::Collect };
    let call = request::parse(route, &http, "r".into()).unwrap();
    let cookie = case.cookie.map(|ecid| IdentityCookie {
        ecid: ecid.into(),
        created_ms: 1,
        is_new: true,
        source: 0,
        region: String::new(),
        written_ms: 1,
    });
    resolve(
        &call,
        Evidence {
            org: "O@AdobeOrg",
            cookie: cookie.as_ref(),
            fpid_cookie: case.fpid_cookie,
            random: [0; 16],
        },
    )
}

fn check_ecid(case: &Case<'_>, expected: (&str, EcidSource)) {
    let (ecid, source) = run(case).unwrap().ecid.unwrap();
    assert_eq!((ecid.as_str(), source), expected, "{}", case.body);
}

fn check_identities(case: &Case<'_>, expected: &[(&str, &str)]) {
    let found = run(case).unwrap().events;
    let found: Vec<_> = found[0].iter().map(|one| (one.namespace.as_str(), one.id.as_str())).collect();
    assert_eq!(found, expected, "{}", case.body);
}

fn v1(body: &str) -> Case<'_> {
    Case { version: Version::V1, body, cookie: None, fpid_cookie: None }
}

#[test]
fn the_sources_of_an_ecid_have_their_priority() {
    let ones = "1".repeat(38);
    let twos = "2".repeat(38);
    let of_fpid = ecid::from_fpid("O@AdobeOrg", FPID_VALUE);
    let received = format!(
        r#"{{"events":[{{"xdm":{{"identityMap":{{"ECID":[{{"id":"{twos}"}}]}}}}}}],"xdm":{{"identityMap":{{"ECID":[{{"id":"{ones}"}}]}}}}}}"#
    );
    check_ecid(&Case { cookie: Some(&twos), ..v1(&received) }, (&ones, EcidSource::Received));
    let fpid = format!(r#"{{"events":[{{"xdm":{{"identityMap":{{"FPID":[{{"id":"{FPID_VALUE}"}}]}}}}}}]}}"#);
    check_ecid(&Case { cookie: Some(&twos), ..v1(&fpid) }, (&twos, EcidSource::Cookie));
    check_ecid(&v1(&fpid), (&of_fpid, EcidSource::Fpid));
    let nothing = r#"{"events":[{}]}"#;
    check_ecid(&Case { fpid_cookie: Some(FPID_VALUE), ..v1(nothing) }, (&of_fpid, EcidSource::Fpid));
    check_ecid(&Case { fpid_cookie: Some("junk"), ..v1(nothing) }, (&"0".repeat(38), EcidSource::Minted));
}

#[test]
fn the_marked_identity_is_primary_and_the_browser_comes_along() {
    let zeros = "0".repeat(38);
    check_identities(
        &v1(
            r#"{"events":[{"xdm":{"identityMap":{"household":[{"id":"7","primary":true}],"Email":[{"id":"e"}]}}}]}"#,
        ),
        &[("household", "7"), ("ECID", &zeros), ("Email", "e")],
    );
    check_identities(
        &v1(r#"{"events":[{"xdm":{"identityMap":{"household":[{"id":"7"}]}}}]}"#),
        &[("ECID", &zeros), ("household", "7")],
    );
}

#[test]
fn a_first_party_device_id_stands_for_its_ecid() {
    let body = format!(
        r#"{{"events":[{{"xdm":{{"identityMap":{{"FPID":[{{"id":"{FPID_VALUE}","primary":true}}]}}}}}}]}}"#
    );
    let case = Case { version: Version::V2, ..v1(&body) };
    check_identities(&case, &[("ECID", &ecid::from_fpid("O@AdobeOrg", FPID_VALUE))]);
}

#[test]
fn a_server_must_say_whose_event_it_is() {
    let body = r#"{"events":[{"xdm":{"identityMap":{"household":[{"id":"7"}]}}}]}"#;
    let case = Case { version: Version::V2, ..v1(body) };
    assert_eq!(run(&case), Err(Problem::NoPrimary));
    let body = r#"{"events":[{"xdm":{"identityMap":{"household":[{"id":"7","primary":true}]}}}]}"#;
    let case = Case { version: Version::V2, ..v1(body) };
    check_identities(&case, &[("household", "7")]);
    assert_eq!(run(&case).unwrap().ecid, None);
}
