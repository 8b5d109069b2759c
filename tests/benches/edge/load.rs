//! Load from a few clients of this process, each on one connection, one request after another; latencies are of the
//! client. What the server's process computed meanwhile is read from `/proc`.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use acquaint_tests::workload::quantile;

/// Clients at a time: as many as keep the server busy.
pub(crate) const CLIENTS: usize = 4;
/// Ticks of `/proc/<pid>/stat` in a second, on every Linux in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// What was measured.
pub(crate) struct Measured {
    pub(crate) requests_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Of the server's process, for one request.
    pub(crate) cpu: Duration,
    /// Of one client alone, who waits for nobody.
    pub(crate) alone_p99: Duration,
}

/// One connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), line: String::new() }
    }

    /// Status and body.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: {length}\r\n\r\n"
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
        let status = self.next_line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = None;
        loop {
            let line = self.next_line();
            match line.split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = Some(value.trim().parse::<usize>().unwrap());
                }
                Some(_) => {}
            }
        }
        let mut body = vec![0; length.expect("no content-length")];
        self.stream.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    fn next_line(&mut self) -> String {
        self.line.clear();
        self.stream.read_line(&mut self.line).unwrap();
        self.line.trim_end().to_owned()
    }
}

/// Sends requests `0..warm_up` from all clients together, then so many from one alone, then from all again; what is measured
/// is of the last two. `request` gives path and body of a number; `check` looks at status and body.
pub(crate) fn run(
    (port, process): (u16, u32),
    (warm_up, requests): (usize, usize),
    request: impl Fn(usize) -> (String, String) + Sync,
    check: impl Fn(usize, u16, &str) + Sync,
) -> Measured {
    let part = |clients: usize, numbers: std::ops::Range<usize>| -> Vec<Duration> {
        let (start, request, check) = (numbers.start, &request, &check);
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..clients)
                .map(|client| {
                    let numbers = (start + client..numbers.end).step_by(clients);
                    scope.spawn(move || {
                        let mut connection = Connection::open(port);
                        let one = |number| {
                            let (path, body) = request(number);
                            let start = Instant::now();
                            let (status, body) = connection.post(&path, &body);
                            let took = start.elapsed();
                            check(number, status, &body);
                            took
                        };
                        numbers.map(one).collect::<Vec<_>>()
                    })
                })
                .collect();
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        })
    };
    part(CLIENTS, 0..warm_up);
    let mut alone = part(1, warm_up..warm_up + requests);
    let (start, cpu_before) = (Instant::now(), cpu_seconds(process));
    let mut latencies = part(CLIENTS, warm_up + requests..warm_up + 2 * requests);
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds(process) - cpu_before);
    Measured {
        requests_per_second: requests as f64 / seconds,
        p50: quantile(&mut latencies, 0.5),
        p99: quantile(&mut latencies, 0.99),
        cpu: Duration::from_secs_f64(cpu / requests as f64),
        alone_p99: quantile(&mut alone, 0.99),
    }
}

/// User and system time of all threads of a process.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program is in parentheses, and may hold blanks; two fields after it come ten before the times.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}
