//! Bad input over every route of the real program: a typed answer, in bounded time and memory, and nobody else notices.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acquaint_core::time::format_instant;
use acquaint_tests::ControlPlane;
use acquaint_tests::control_plane::{ADMIN_TOKEN, EDGE_TOKEN, Settings};
use serde_json::json;

use crate::client::{Answer, Then, exchange, request};
use crate::corpus::{Case, read};
use crate::people::{NOW_MS, documents};
use crate::recipe::cook;

/// `web-key:` as Basic authentication.
pub(crate) const BASIC: &str = "Basic d2ViLWtleTo=";
/// One answer may take so long: the program is not optimised, and other tests run beside it.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What a good client may have to wait meanwhile.
const NEIGHBOUR_MAX: Duration = Duration::from_secs(10);
/// All that the server may ever hold in memory, in kibibytes: it keeps up to 128 MiB of its tables, and bodies of 16 MB.
const MEMORY_KIB_MAX: u64 = 512 * 1024;

/// Starts a control plane that knows the definitions.
pub(crate) fn start(folder: &std::path::Path, arguments: &[&str]) -> ControlPlane {
    let settings = Settings {
        clock: Some(format_instant(NOW_MS)),
        arguments: arguments.iter().map(|argument| argument.to_string()).collect(),
        variables: vec![("RECEIVER_SECRET".into(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into())],
        ..Settings::default()
    };
    let control = ControlPlane::start_program(&crate::acquaint(), folder, &settings).unwrap();
    let mut documents = documents();
    documents.push(json!({"kind": "destination", "id": "crm", "connection": {"type": "httpApi",
        "url": "http://127.0.0.1:9/", "secret": "env:RECEIVER_SECRET", "allowPrivateNetwork": true}}));
    documents.push(json!({"kind": "dataflow", "id": "signals", "destination": "crm", "audiences": ["vip"]}));
    control.admin.post("/catalog/apply", &json!({ "documents": documents })).unwrap().ok().unwrap();
    control
}

pub(crate) fn address(control: &ControlPlane) -> String {
    control.url().strip_prefix("http://").unwrap().to_owned()
}

#[test]
fn bad_input_is_answered_in_time_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = start(folder.path(), &[]);
    let (address, process) = (address(&control), control.process().id());
    let (cases, over) = (read(), AtomicBool::new(false));
    let mut failures = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    let (good, waited) = std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| neighbour(&address, &over));
        for (number, case) in cases.iter().enumerate() {
            let outcome = exchange(&address, &bytes(case), then(case));
            if let Ok(answer) = &outcome {
                slowest = slowest.clone().max((answer.took, case.name.clone()));
            }
            let outcome =
                outcome.and_then(|answer| judge(case, &answer)).and_then(|()| well(&address, number));
            failures.extend(outcome.err().map(|error| format!("{}: {error}", case.name)));
        }
        over.store(true, Ordering::Relaxed);
        neighbour.join().unwrap()
    });
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    control.settle().unwrap();
    for (who, sent) in [("neighbour", good), ("well", cases.len())] {
        let path = format!("/data/core/ups/access/entities?entityId={who}&entityIdNS=crm");
        let found = control.admin.get(&path).unwrap().ok().unwrap();
        let profile = found.as_object().unwrap().values().next().unwrap().clone();
        assert_eq!(profile["eventCount"], sent.min(5_000), "{who}");
    }
    let memory_kib = memory_kib(process);
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");
    assert_eq!(control.process().terminate().unwrap(), Some(0), "{}", control.process().errors());
    println!(
        "torture: {} bad inputs, {good} good messages beside them, of which the slowest took {} ms; the slowest answer took {} ms ({}); {} MiB at most",
        cases.len(),
        waited.as_millis(),
        slowest.0.as_millis(),
        slowest.1,
        memory_kib / 1024
    );
}

fn then(case: &Case) -> Then {
    match (case.method.as_str(), case.target.as_str()) {
        ("RAW", "shut") => Then::Shut,
        ("RAW", "leave") => Then::Leave,
        _ => Then::Wait,
    }
}

/// All that is sent.
fn bytes(case: &Case) -> Vec<u8> {
    let body = cook(&case.body);
    if case.method == "RAW" {
        return body;
    }
    let caller = match case.caller.as_str() {
        "" => None,
        "key" => Some(BASIC.to_owned()),
        "admin" => Some(format!("Bearer {ADMIN_TOKEN}")),
        "edge" => Some(format!("Bearer {EDGE_TOKEN}")),
        other => panic!("{}: nobody is `{other}`", case.name),
    };
    let caller = caller.map(|caller| ("authorization".to_owned(), caller));
    let mut bytes =
        [cook(&case.method), b" ".to_vec(), cook(&case.target), b" HTTP/1.1\r\nhost: localhost\r\n".to_vec()]
            .concat();
    for (name, value) in caller.iter().chain(&case.headers) {
        bytes.extend([name.as_bytes(), b": ", &cook(value), b"\r\n"].concat());
    }
    bytes.extend(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend(body);
    bytes
}

fn judge(case: &Case, answer: &Answer) -> Result<(), String> {
    let said = || String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
    let expected = &case.expected;
    if answer.status != expected.status {
        return Err(format!("answered {} instead of {}: {}", answer.status, expected.status, said()));
    }
    match (&expected.code, answer.code()) {
        (Some(any), Some(_)) if any == "*" => {}
        (Some(code), Some(found)) if *code == found => {}
        (Some(code), found) => return Err(format!("{found:?} instead of `{code}`: {}", said())),
        (None, _) if answer.status >= 400 && !answer.body.is_empty() => {
            return Err(format!("says: {}", said()));
        }
        (None, _) => {}
    }
    let body = answer.json();
    for (name, value) in expected.members.as_object().into_iter().flatten() {
        if body[name] != *value {
            return Err(format!("`{name}` is not {value}: {}", said()));
        }
    }
    if answer.took > ANSWER_MAX {
        return Err(format!("took {} ms", answer.took.as_millis()));
    }
    Ok(())
}

/// The server says that it is well, and takes a good message.
fn well(address: &str, number: usize) -> Result<(), String> {
    let health = exchange(address, &request("GET", "/healthz", &[], b""), Then::Wait)?;
    if health.status != 200 {
        return Err(format!("and then the server is not well: {}", health.status));
    }
    good(address, "well", number).map(drop)
}

/// Sends one good message.
pub(crate) fn good(address: &str, who: &str, number: usize) -> Result<Duration, String> {
    let message = json!({"event": "look", "messageId": format!("{who}-{number}"), "userId": who,
        "timestamp": "2018-01-01T11:00:00Z"});
    let sent = request("POST", "/v1/track", &[("authorization", BASIC)], message.to_string().as_bytes());
    let answer = exchange(address, &sent, Then::Wait)?;
    match answer.status {
        200 if answer.json()["quarantined"].is_null() => Ok(answer.took),
        status => Err(format!("a good message got {status}: {}", String::from_utf8_lossy(&answer.body))),
    }
}

/// Sends good messages until it is over; how many there were and how long the slowest took.
fn neighbour(address: &str, over: &AtomicBool) -> (usize, Duration) {
    let (mut slowest, mut sent) = (Duration::ZERO, 0);
    while !over.load(Ordering::Relaxed) {
        let start = Instant::now();
        good(address, "neighbour", sent).unwrap();
        sent += 1;
        slowest = slowest.max(start.elapsed());
        assert!(slowest < NEIGHBOUR_MAX, "a good message had to wait for {} ms", slowest.as_millis());
        std::thread::sleep(Duration::from_millis(10));
    }
    (sent, slowest)
}

/// The most that a process ever had in memory.
fn memory_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
