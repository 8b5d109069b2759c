//! A control plane that only takes events: it checks who sends them, keeps their ids, and gives receipts, unless it is
//! told to be away. For tests and benchmarks of the edge alone.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::limits::SEALED_BYTES_MAX;
use acquaint_core::wire::{self, Forward, Receipt, signature};
use anyhow::{Context, Result, bail, ensure};

use crate::control_plane::EDGE_TOKEN;

/// The server; its threads end with the process.
#[derive(Clone, Debug)]
pub struct Stub {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    away: bool,
    next_position: u64,
    /// Ids in the order in which they came, also those that came again.
    taken: Vec<String>,
    /// Forwards that were gzipped.
    packed: usize,
}

impl Stub {
    /// Listens on a free port of loopback.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let stub = Self { url: format!("http://{}", listener.local_addr()?), state: Arc::default() };
        let serving = stub.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // A connection ends with an error when the edge goes away: nobody needs to know.
                std::thread::spawn(move || serving.serve(stream).ok());
            }
        });
        Ok(stub)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it answers 503, or takes events again.
    pub fn set_away(&self, away: bool) {
        self.state().away = away;
    }

    /// The position the next event gets.
    pub fn set_next_position(&self, position: u64) {
        self.state().next_position = position;
    }

    /// Ids of the events that came, in order.
    pub fn taken(&self) -> Vec<String> {
        self.state().taken.clone()
    }

    /// How many forwards came gzipped.
    pub fn packed(&self) -> usize {
        self.state().packed
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(request) = Request::read(&mut reader)? {
            let (status, body) = match self.answer(&request) {
                Ok(receipt) => ("200 OK", wire::seal(&receipt)?),
                Err(error) => ("503 Service Unavailable", error.to_string().into_bytes()),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(&[head.into_bytes(), body].concat())?;
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Result<Receipt> {
        let signature = request.header(signature::HEADER).context("no signature")?;
        let signed = signature::verify(EDGE_TOKEN, &request.path, signature, now_ms()?)?;
        ensure!(signed.is(&request.body), "another body was signed");
        let packed = request.header("content-encoding") == Some("gzip");
        let body = if packed { gunzip(&request.body)? } else { request.body.clone() };
        let forward: Forward = wire::open(&body)?;
        let mut state = self.state();
        if state.away {
            bail!("away");
        }
        state.packed += usize::from(packed);
        let mut receipt = Receipt::default();
        for event in forward.events {
            state.taken.push(event.event.id.clone());
            receipt.accepted.push((event.event.id, state.next_position));
            state.next_position += 1;
        }
        Ok(receipt)
    }
}

/// What came in.
struct Request {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Nothing: the connection has ended.
    fn read(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).context("no path")?.to_owned();
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { path, headers, body: Vec::new() };
        let length = request.header("content-length").unwrap_or("0").parse()?;
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The real clock, by which signatures are made.
pub fn now_ms() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// A gzip file of one member without optional fields: what a host's packer makes.
fn gunzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let deflated = bytes.get(10..bytes.len().saturating_sub(8)).context("too short for gzip")?;
    ensure!(bytes.starts_with(&[0x1f, 0x8b, 8, 0]), "not gzip as it is made here");
    miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, SEALED_BYTES_MAX)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}
