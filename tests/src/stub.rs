//! A control plane that only takes events: it checks who sends them, keeps their ids, and gives receipts, unless it is
//! told to be away. For tests and benchmarks of the edge alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::limits::SEALED_BYTES_MAX;
use acquaint_core::wire::{self, Forward, Receipt, signature};
use anyhow::{Context, Result, bail, ensure};

use crate::control_plane::EDGE_TOKEN;
use crate::endpoint::{self, Request};

/// The server.
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
    /// Forwards that were taken, and those of them that were gzipped.
    forwards: usize,
    packed: usize,
}

impl Stub {
    /// Listens on a free port of loopback.
    pub fn start() -> Result<Self> {
        let state: Arc<Mutex<State>> = Arc::default();
        let serving = Arc::clone(&state);
        let url = endpoint::serve(move |request| match answer(&serving, request) {
            Ok(receipt) => (200, receipt),
            Err(error) => (503, error.to_string().into_bytes()),
        })?;
        Ok(Self { url, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
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

    /// How many forwards were taken.
    pub fn forwards(&self) -> usize {
        self.state().forwards
    }

    /// How many forwards came gzipped.
    pub fn packed(&self) -> usize {
        self.state().packed
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sealed receipt of a forward.
fn answer(state: &Mutex<State>, request: &Request) -> Result<Vec<u8>> {
    let signature = request.header(signature::HEADER).context("no signature")?;
    let signed = signature::verify(EDGE_TOKEN, &request.path, signature, now_ms()?)?;
    ensure!(signed.is(&request.body), "another body was signed");
    let packed = request.header("content-encoding") == Some("gzip");
    let body = if packed { gunzip(&request.body)? } else { request.body.clone() };
    let forward: Forward = wire::open(&body)?;
    let mut state = locked(state);
    if state.away {
        bail!("away");
    }
    state.forwards += 1;
    state.packed += usize::from(packed);
    let mut receipt = Receipt::default();
    for event in forward.events {
        state.taken.push(event.id().to_owned());
        receipt.accepted.push((event.id().to_owned(), state.next_position));
        state.next_position += 1;
    }
    Ok(wire::seal(&receipt)?)
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
