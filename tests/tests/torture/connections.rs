//! Clients that are slow, many, or do not listen.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use acquaint_tests::wait;

use crate::client::{Then, exchange, request};
use crate::hostile::{BASIC, address, good, start};

/// What the server is told to give a client for a request.
const REQUEST: &str = "1";
/// The server may be late by as much as a busy machine makes it.
const LATE_MAX: Duration = Duration::from_secs(15);
/// More than a process may have files open, on most systems.
const CROWD: usize = 1_500;

/// Writes a part every 50 ms until the server has had enough; what it says then.
fn trickle(address: &str, head: &str, part: &[u8]) -> (String, Duration) {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        assert!(begin.elapsed() < LATE_MAX, "it still listens");
        let _gone = stream.write_all(part);
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(bytes) => received.extend(&buffer[..bytes]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_reset) => break,
        }
    }
    (String::from_utf8(received).unwrap(), begin.elapsed())
}

#[test]
fn slow_clients_are_cut_off_and_told_so_where_it_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = start(folder.path(), &["--request-seconds-max", REQUEST]);
    let address = address(&control);
    let post = |path: &str, rest: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: {BASIC}\r\n{rest}")
    };
    let length = "content-length: 30000\r\n\r\n";
    let chunked = "transfer-encoding: chunked\r\n\r\n";
    let admin = format!("authorization: Bearer {}\r\n{length}", acquaint_tests::control_plane::ADMIN_TOKEN);
    let check = |head: &str, part: &[u8], expected: &str| {
        let (said, took) = trickle(&address, head, part);
        assert!(said.contains(expected), "{head}: {said}");
        assert!(took > Duration::from_millis(900), "{head}: cut off after {} ms", took.as_millis());
    };
    // A body that does not come, one that comes byte by byte, one that stops.
    check(&post("/v1/batch", length), b"", "urn:acquaint:problem:slow-body");
    check(&post("/v1/batch", length), b" ", "urn:acquaint:problem:slow-body");
    check(&post("/v1/batch", chunked), b"1\r\n \r\n", "HTTP/1.1 408 Request Timeout");
    check(&post("/v1/track", &format!("{length}{{\"event\":")), b"", "urn:acquaint:problem:slow-body");
    check(
        &format!("POST /catalog/apply HTTP/1.1\r\nhost: h\r\n{admin}"),
        b" ",
        "urn:acquaint:problem:slow-body",
    );
    // A head that does not end is no request yet.
    check("", b"", "");
    check("GET / HTTP/1.1\r\n", b"a: b\r\n", "");
    check("GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n", b"", "HTTP/1.1 200 OK");
    good(&address, "neighbour", 1).unwrap();
    assert_eq!(control.process().terminate().unwrap(), Some(0), "{}", control.process().errors());
}

#[test]
fn a_crowd_is_turned_away_and_the_store_keeps_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = start(folder.path(), &["--request-seconds-max", REQUEST]);
    let address = address(&control);
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        // When our own files run out there are enough of us.
        let Ok(mut one) = TcpStream::connect(&address) else { break };
        let _turned_away = one.write_all(b"POST /v1/batch HTTP/1.1\r\ncontent-length: 5\r\n\r\n");
        crowd.push(one);
    }
    // Those who were let in are cut off, whoever comes after them is served.
    let mut numbers = 0..;
    wait::until_ok("somebody to be served again", LATE_MAX * 2, || {
        good(&address, "neighbour", numbers.next().unwrap_or_default()).map_err(anyhow::Error::msg)
    })
    .unwrap();
    assert!(crowd.len() > 400, "only {}", crowd.len());
    let count = crowd.len();
    drop(crowd);
    control.settle().unwrap();
    assert_eq!(control.process().terminate().unwrap(), Some(0), "{}", control.process().errors());
    println!("torture: {count} clients at once that said half of what they wanted");
}

#[test]
fn who_does_not_listen_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = start(folder.path(), &["--request-seconds-max", REQUEST]);
    let address = address(&control);
    let deaf: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut one = TcpStream::connect(&address).unwrap();
            one.write_all(&request("GET", "/v1/projects/web-key/settings", &[], b"")).unwrap();
            one
        })
        .collect();
    // As many as fit into one connection, whose answers nobody reads: some megabytes.
    let begin = Instant::now();
    let mut flood = TcpStream::connect(&address).unwrap();
    flood.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let questions = "GET /v1/projects/web-key/settings HTTP/1.1\r\nhost: h\r\n\r\n".repeat(1_000);
    for number in 0.. {
        match flood.write(questions.as_bytes()) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_cut_off) => break,
        }
        good(&address, "neighbour", number).unwrap();
        assert!(begin.elapsed() < LATE_MAX * 2, "it still waits for somebody to read");
    }
    let health = exchange(&address, &request("GET", "/healthz", &[], b""), Then::Wait).unwrap();
    assert_eq!((health.status, health.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    drop((deaf, flood));
    assert_eq!(control.process().terminate().unwrap(), Some(0), "{}", control.process().errors());
}
