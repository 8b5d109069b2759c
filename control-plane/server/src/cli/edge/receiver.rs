//! Stands where the control plane would: takes every event that the edge forwards, so that no event waits, and writes it
//! down if that is wanted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use acquaint_core::wire::{self, Forward, Receipt};
use acquaint_engine::ingest::edge;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;

use super::Error;
use crate::http::body;
use crate::problem::Problem;

const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// So many ids are known; then all are forgotten, and an event that comes again is written again.
const IDS_MAX: usize = 100_000;

/// What was received.
struct Kept {
    events: Option<File>,
    /// The position of each event, by id: an event that comes again keeps it.
    positions: BTreeMap<String, u64>,
    next: u64,
}

/// Listens on a free port of loopback; the answer is the address that the edge forwards to, which nobody can guess.
/// Positions begin after `after`.
pub(super) async fn start(events: Option<&Path>, after: u64) -> Result<String, Error> {
    let open = |path: &Path| {
        let file = File::options().create(true).append(true).open(path);
        file.map_err(|source| Error::Write { path: path.to_owned(), source })
    };
    let kept = Kept { events: events.map(open).transpose()?, positions: BTreeMap::new(), next: after };
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    let secret = uuid::Uuid::new_v4().simple();
    let routes = Router::new()
        .route(&format!("/{secret}/edge/v1/events"), post(take))
        .with_state(Arc::new(Mutex::new(kept)));
    // Ends with the process.
    drop(tokio::spawn(async move { axum::serve(listener, routes).await }));
    Ok(format!("http://{address}/{secret}"))
}

async fn take(
    State(kept): State<Arc<Mutex<Kept>>>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let forward: Forward = wire::open(&sent).map_err(|error| {
        Problem::bad_request("bad-forward", "the body is no sealed forward", error.to_string())
    })?;
    let receipt = kept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take(&forward)
        .map_err(|error| Problem::unavailable(error.to_string()))?;
    let sealed = wire::seal(&receipt).map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], sealed).into_response())
}

impl Kept {
    fn take(&mut self, forward: &Forward) -> std::io::Result<Receipt> {
        let mut receipt = Receipt::default();
        for event in &forward.events {
            let id = event.id();
            let position = match self.positions.get(id) {
                Some(position) => *position,
                None => {
                    if let Some(file) = &mut self.events {
                        writeln!(file, "{}", edge::to_json(&forward.region, event))?;
                    }
                    self.next = self.next.saturating_add(1);
                    if self.positions.len() >= IDS_MAX {
                        self.positions.clear();
                    }
                    self.positions.insert(id.to_owned(), self.next);
                    self.next
                }
            };
            receipt.accepted.push((id.to_owned(), position));
        }
        Ok(receipt)
    }
}

#[cfg(test)]
mod tests {
    use acquaint_core::profile::Event;
    use acquaint_core::value::Fields;
    use acquaint_core::wire::ForwardedEvent;

    use super::*;

    fn forward(ids: &[&str]) -> Forward {
        let event = |id: &&str| {
            let event = Event { id: (*id).into(), timestamp_ms: 1, fields: Fields::new() };
            ForwardedEvent { datastream: "shop".into(), dataset: None, identities: Vec::new(), event }.into()
        };
        Forward { region: "or2".into(), events: ids.iter().map(event).collect() }
    }

    #[test]
    fn an_event_that_comes_again_is_written_once_and_keeps_its_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut kept =
            Kept { events: Some(File::create(&path).unwrap()), positions: BTreeMap::new(), next: 10 };
        assert_eq!(kept.take(&forward(&["a", "b"])).unwrap().accepted, [("a".into(), 11), ("b".into(), 12)]);
        assert_eq!(kept.take(&forward(&["b", "c"])).unwrap().accepted, [("b".into(), 12), ("c".into(), 13)]);
        let lines = std::fs::read_to_string(&path).unwrap();
        let ids: Vec<String> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string())
            .collect();
        assert_eq!(ids, ["\"a\"", "\"b\"", "\"c\""]);
    }
}
