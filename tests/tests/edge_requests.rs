//! Bad requests on the wire, to the worker under workerd: the contract's code, never a 500, in bounded time, and a
//! neighbour who notices nothing. The long list of them is tested without a host, in the worker's own crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use acquaint_core::plan::Program;
use acquaint_core::wire::{self, Access, Bundle, Datastream};
use acquaint_tests::Environment;
use acquaint_tests::control_plane::EDGE_TOKEN;
use acquaint_tests::edge::{API_TOKEN, Edge, Settings};
use serde_json::{Value, json};

const INTERACT: &str = "/ee/v1/interact?configId=shop&requestId=r1";
/// 2026-01-01.
const NOW_MS: i64 = 1_767_225_600_000;
/// Far more than any of them takes.
const LONGEST: Duration = Duration::from_secs(20);

fn edge(folder: &std::path::Path) -> Edge {
    let environment = Environment::from_variables().unwrap();
    // Stopped, so that the same request has the same answer.
    let settings = Settings { clock_ms: Some(NOW_MS), ..Settings::default() };
    let edge = Edge::start(&environment, folder, &settings).unwrap();
    let datastream =
        |id: &str| Datastream { id: id.into(), org: "O@AdobeOrg".into(), ..Datastream::default() };
    let closed = Datastream { access: Access::Authenticated, ..datastream("closed") };
    let pages = Datastream { allowed_origins: vec!["https://*.shop.test".into()], ..datastream("pages") };
    let bundle = Bundle {
        version: 1,
        published_ms: 0,
        program: Program::default(),
        datastreams: vec![datastream("shop"), closed, pages],
        offers: Vec::new(),
    };
    let token = format!("authorization: Bearer {EDGE_TOKEN}");
    let answer = send(&edge, "PUT", "/_acquaint/v1/bundle", &[&token], &wire::seal(&bundle).unwrap());
    assert_eq!(answer.status, 200, "{}", answer.text);
    edge
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    text: String,
}

impl Answer {
    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
    }

    fn ecid(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        body["handle"][0]["payload"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// Sends bytes as they are and reads until the edge ends the connection.
fn raw(edge: &Edge, bytes: &[u8], half_close: bool) -> Answer {
    let mut stream = TcpStream::connect(edge.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(LONGEST)).unwrap();
    // An edge that has answered already need not take the rest.
    stream.write_all(bytes).ok();
    if half_close {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    let mut read = Vec::new();
    stream.read_to_end(&mut read).ok();
    let text = String::from_utf8_lossy(&read).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), text: body.to_owned() }
}

fn request(method: &str, path: &str, headers: &[&str], length: usize) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n");
    for header in headers {
        head += &format!("{header}\r\n");
    }
    head += &format!("content-length: {length}\r\n\r\n");
    head.into_bytes()
}

fn send(edge: &Edge, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut bytes = request(method, path, headers, body.len());
    bytes.extend(body);
    raw(edge, &bytes, false)
}

fn good() -> Vec<u8> {
    let map = json!({ "ECID": [{ "id": "5".repeat(38) }] });
    json!({ "events": [{ "xdm": { "eventType": "x" } }], "xdm": { "identityMap": map } }).to_string().into()
}

#[test]
fn bad_requests_get_their_code_and_their_neighbours_notice_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let edge = edge(folder.path());
    let before = send(&edge, "POST", INTERACT, &[], &good());
    assert_eq!(before.status, 200, "{}", before.text);
    let mut wrong = Vec::new();
    let mut check = |name: &str, send: &dyn Fn() -> Answer, expected: (u16, &str)| {
        let start = Instant::now();
        let answer = send();
        let took = start.elapsed();
        if (answer.status, answer.code().as_str()) != expected || took > LONGEST {
            wrong.push(format!("{name}: {} {:.200} after {took:?}", answer.status, answer.text));
        }
    };
    let deep = format!(r#"{{"events":[{{"xdm":{{"a":{}{}}}}}]}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let many: Vec<_> = (0..4_000).map(|id| json!({ "id": id.to_string() })).collect();
    let many = json!({ "events": [{ "xdm": { "identityMap": { "A": many } } }] }).to_string();
    let long = vec![b'x'; 70_000];
    let bodies: [(&[u8], u16, &str); 7] = [
        (b"", 408, "EXEG-0109-408"),
        (b"{", 400, "EXEG-0101-400"),
        (b"\xff\xfe", 400, "EXEG-0101-400"),
        (deep.as_bytes(), 400, "EXEG-0101-400"),
        (many.as_bytes(), 400, "EXEG-0305-400"),
        (br#"{"events":[{"xdm":{"identityMap":{"ECID":[{"id":"1"}]}}}]}"#, 400, "EXEG-0308-400"),
        (&long, 413, "EXEG-0112-413"),
    ];
    for (body, status, code) in bodies {
        let name = String::from_utf8_lossy(body).chars().take(40).collect::<String>();
        check(&name, &|| send(&edge, "POST", INTERACT, &[], body), (status, code));
    }
    for hint in ["..%2f..", "%00", "or2%0d%0ax", "a;b", "%c3%a9"] {
        let path = format!("/ee/{hint}/v1/interact?configId=shop");
        check(hint, &|| send(&edge, "POST", &path, &[], &good()), (404, "EXEG-0000-404"));
    }
    let unknown = "/ee/v1/interact?configId=..%2f..%2fshop";
    check(unknown, &|| send(&edge, "POST", unknown, &[], &good()), (400, "EXEG-0003-400"));
    check("a method", &|| send(&edge, "DELETE", INTERACT, &[], b""), (405, "EXEG-0000-405"));
    let smile = ["content-type: application/x-jackson-smile"];
    check("smile", &|| send(&edge, "POST", INTERACT, &smile, &good()), (415, "EXEG-0111-415"));
    let server = "/ee/v2/interact?dataStreamId=shop";
    for token in ["authorization: Bearer guess", "authorization: Bearer", "authorization: Basic eDp5"] {
        check(token, &|| send(&edge, "POST", server, &[token], &good()), (401, "EXEG-0500-401"));
    }
    let closed = "/ee/v1/interact?configId=closed";
    check("closed", &|| send(&edge, "POST", closed, &[], &good()), (401, "EXEG-0500-401"));
    let pages = "/ee/v1/interact?configId=pages";
    let origin = ["origin: https://evil.test"];
    check("another origin", &|| send(&edge, "POST", pages, &origin, &good()), (403, "EXEG-0400-403"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(send(&edge, "POST", INTERACT, &[], &good()).text, before.text);
}

#[test]
fn a_body_is_as_long_as_it_is_whatever_is_said_of_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let edge = edge(folder.path());
    let with_length = |length: usize, body: &[u8], half_close: bool| {
        let mut bytes = request("POST", INTERACT, &[], length);
        bytes.extend(body);
        raw(&edge, &bytes, half_close)
    };
    let short = with_length(5, &good(), false);
    assert_eq!((short.status, short.code().as_str()), (400, "EXEG-0101-400"));
    // It says more than it sends, and goes: nobody waits for an answer, and nobody is hurt.
    let gone = with_length(good().len() + 100, &good(), true);
    assert_ne!(gone.status, 500, "{}", gone.text);
    let mut chunked = b"POST /ee/v1/interact?configId=shop HTTP/1.1\r\nhost: e\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..70 {
        chunked.extend(b"400\r\n");
        chunked.extend([b'x'; 1024]);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let endless = raw(&edge, &chunked, false);
    assert_eq!((endless.status, endless.code().as_str()), (413, "EXEG-0112-413"));
    assert_eq!(send(&edge, "POST", INTERACT, &[], &good()).status, 200);
}

#[test]
fn a_forged_cookie_names_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let edge = edge(folder.path());
    let body = br#"{"events":[{"xdm":{"eventType":"x"}}]}"#;
    let neighbour = send(&edge, "POST", INTERACT, &[], &good()).ecid();
    for value in ["%00", "CiY=", "CiY4MTcw", "AAAA", "../../x", "\"", &"A".repeat(4_000)] {
        let cookie = format!("cookie: kndctr_O_AdobeOrg_identity={value}");
        let answer = send(&edge, "POST", INTERACT, &[&cookie], body);
        assert_eq!(answer.status, 200, "{value:.20}: {}", answer.text);
        assert_ne!(answer.ecid(), neighbour, "{value:.20}");
    }
}

#[test]
fn an_objection_outlives_the_edge_and_a_look_up_makes_no_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = edge(folder.path());
    let token = format!("authorization: Bearer {API_TOKEN}");
    let look = |edge: &Edge, id: &str, headers: &[&str]| {
        let path = format!("/ee/v2/profile?datastreamId=shop&namespace=household&id={id}");
        send(edge, "GET", &path, headers, b"")
    };
    let server = "/ee/v2/interact?dataStreamId=shop&requestId=r1";
    let event = |id: &str| {
        let map = json!({ "household": [{ "id": id, "primary": true }] });
        json!({ "event": { "xdm": { "eventType": "x", "identityMap": map } } }).to_string().into_bytes()
    };
    let consent = |general: &str| {
        let item = json!({ "standard": "Adobe", "version": "1.0", "value": { "general": general } });
        let map = json!({ "household": [{ "id": "7", "primary": true }] });
        json!({ "consent": [item], "identityMap": map }).to_string().into_bytes()
    };
    assert_eq!(look(&running, "8", &[]).status, 401);
    for _ in 0..2 {
        assert_eq!(look(&running, "8", &[&token]).code(), "EXEG-0000-404", "it was only looked for");
    }
    assert_eq!(send(&running, "POST", server, &[], &event("8")).status, 200);
    let seen = look(&running, "8", &[&token]);
    assert_eq!((seen.status, seen.text.contains("segmentMembership")), (200, true), "{}", seen.text);

    let path = "/ee/v1/privacy/set-consent?configId=shop";
    let answer = send(&running, "POST", path, &[], &consent("out"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    running.kill().unwrap();
    let running = edge(folder.path());
    let refused = send(&running, "POST", server, &[], &event("7"));
    assert!(refused.status == 200 && refused.text.contains("EXEG-0301-200"), "{}", refused.text);
    assert!(!refused.text.contains("activation:pull"), "{}", refused.text);
    assert_eq!(send(&running, "POST", path, &[], &consent("in")).status, 200);
    assert!(send(&running, "POST", server, &[], &event("7")).text.contains("activation:pull"));
}
