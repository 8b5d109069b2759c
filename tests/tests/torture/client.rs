//! A client that sends any bytes at all, and reads what comes back, within a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than any answer may take; the tests have smaller bounds of their own.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// 0 if the connection ended without an answer.
    pub(crate) status: u16,
    /// In lower case.
    head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Answer {
    /// The body as JSON; `Null` if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The stable code of a problem, if the answer is one.
    pub(crate) fn code(&self) -> Option<String> {
        let is_problem = self.head.contains("content-type: application/problem+json");
        let body = self.json();
        let code = body["type"].as_str()?.strip_prefix("urn:acquaint:problem:")?;
        (is_problem && body["status"] == self.status).then(|| code.to_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What happens after everything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Wait for the answer.
    Wait,
    /// Send no more, and say so.
    Shut,
    /// Go away.
    Leave,
}

/// Sends bytes on a connection of its own and reads until the server closes it. An error says that the server hangs.
pub(crate) fn exchange(address: &str, bytes: &[u8], then: Then) -> Result<Answer, String> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).map_err(|error| format!("cannot connect: {error}"))?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut received = Vec::new();
    let read = std::thread::scope(|scope| {
        let mut writer = stream.try_clone().unwrap();
        scope.spawn(move || {
            // Refused while it was sending: what counts is the answer.
            let _refused = writer.write_all(bytes);
            match then {
                Then::Wait => {}
                Then::Shut => drop(writer.shutdown(Shutdown::Write)),
                Then::Leave => drop(writer.shutdown(Shutdown::Both)),
            }
        });
        stream.read_to_end(&mut received)
    });
    match read {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return Err(format!(
                "no end after {} s: {}",
                PATIENCE.as_secs(),
                String::from_utf8_lossy(&received)
            ));
        }
        // A reset after the answer is an answer.
        Ok(_) | Err(_) => {}
    }
    Ok(parse(&received, start.elapsed()))
}

fn parse(received: &[u8], took: Duration) -> Answer {
    let mut rest = received;
    loop {
        let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Answer { status: 0, head: String::new(), body: rest.to_vec(), took };
        };
        let head = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        rest = &rest[end + 4..];
        // "100 Continue" comes before the answer.
        if status != 100 {
            return Answer { status, head, body: rest.to_vec(), took };
        }
    }
}

/// A whole request that ends its connection.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").as_bytes());
    }
    if !body.is_empty() || method != "GET" {
        bytes.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}
