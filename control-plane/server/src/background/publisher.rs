//! The publisher of an edge: it gets the bundle when the catalogue in force has changed, and the projections it is owed, until
//! it has acknowledged them.

use std::time::Duration;

use acquaint_core::id::ProfileId;
use acquaint_core::wire::{self, ProjectionBatch, signature};
use acquaint_engine::publish::{self, Owed, Slicer};
use acquaint_store::ProfileStore;
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Handle;

use crate::app::{App, Shared};
use crate::edges::Edge;

/// Projections of one request.
const PROJECTIONS_MAX: usize = 50;
const TIMEOUT: Duration = Duration::from_secs(15);
const IDLE: Duration = Duration::from_millis(500);
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// Why the edge was not reached. Everything is tried again.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Engine(#[from] acquaint_engine::Error),
    #[error("cannot be sealed")]
    Seal(#[from] wire::Error),
    #[error("the catalogue in force does not compile: {0}")]
    Catalog(String),
    #[error("the edge cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the edge answered {0}")]
    Refused(reqwest::StatusCode),
}

/// What the edge has been told.
struct Publisher {
    http: reqwest::Client,
    edge: Edge,
    published: Option<u64>,
    slicer: Option<(u64, Slicer)>,
    after: Option<ProfileId>,
}

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared, runtime: &Handle, edge: Edge) {
    let http = match reqwest::Client::builder().timeout(TIMEOUT).build() {
        Ok(http) => http,
        Err(error) => return app.fail("publisher", &error),
    };
    let mut publisher = Publisher { http, edge, published: None, slicer: None, after: None };
    let mut backoff = BACKOFF_MIN;
    while !app.is_stopping() {
        let seen = app.bell.rings();
        let turned = publisher.turn(app, runtime);
        if !matches!(turned, Ok(false)) {
            app.metrics.published(turned.is_ok());
        }
        match turned {
            Ok(true) => backoff = BACKOFF_MIN,
            Ok(false) => {
                backoff = BACKOFF_MIN;
                app.bell.wait(seen, IDLE);
            }
            Err(Error::Engine(error)) => return app.fail("publisher", &error),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    edge = publisher.edge.name(),
                    retry_ms = backoff.as_millis(),
                    "not published"
                );
                pause(app, backoff);
                backoff = backoff.saturating_mul(2).min(BACKOFF_MAX);
            }
        }
    }
}

/// Identities that are told something.
fn size(batch: &ProjectionBatch) -> usize {
    batch.projections.len().saturating_add(batch.forgotten.len())
}

/// Waits the whole time, unless it is time to stop: other news do not bring the edge back.
fn pause(app: &App, time: Duration) {
    let until = std::time::Instant::now().checked_add(time);
    while !app.is_stopping() {
        let seen = app.bell.rings();
        let left =
            until.map_or(Duration::ZERO, |until| until.saturating_duration_since(std::time::Instant::now()));
        if left.is_zero() {
            return;
        }
        app.bell.wait(seen, left);
    }
}

impl Publisher {
    /// Sends one thing; true if there was one.
    fn turn(&mut self, app: &App, runtime: &Handle) -> Result<bool, Error> {
        let snapshot = app.store.snapshot();
        let catalog = publish::catalog_in_force(&*snapshot)?;
        let version = catalog.version;
        if version == 0 {
            return Ok(false);
        }
        if self.published != Some(version) {
            let bundle = publish::bundle(&catalog, app.clock.now_ms())
                .map_err(|problems| Error::Catalog(acquaint_engine::compile::summary(&problems)))?;
            let bytes = wire::seal(&bundle)?;
            self.send(runtime, reqwest::Method::PUT, "bundle", bytes)?;
            tracing::info!(version, edge = self.edge.name(), "bundle published");
            self.published = Some(version);
            return Ok(true);
        }
        let slicer = match self.slicer.take() {
            Some((of, slicer)) if of == version => slicer,
            Some(_) | None => Slicer::new(catalog)
                .map_err(|problems| Error::Catalog(acquaint_engine::compile::summary(&problems)))?,
        };
        let owed = publish::owed(&*snapshot, self.edge.owed(), self.after, PROJECTIONS_MAX)?;
        let mut batch = ProjectionBatch::default();
        let mut covered: Vec<Owed> = Vec::new();
        for owed in owed {
            let next = slicer.project(&*snapshot, self.edge.owed(), &owed, app.clock.now_ms())?;
            if !covered.is_empty() && size(&batch).saturating_add(size(&next)) > PROJECTIONS_MAX {
                break;
            }
            batch.projections.extend(next.projections);
            batch.forgotten.extend(next.forgotten);
            covered.push(owed);
        }
        self.slicer = Some((version, slicer));
        let Some(last) = covered.last() else {
            // Start over at the lowest profile; if there was nothing at all, wait.
            return Ok(self.after.take().is_some());
        };
        self.after = Some(last.profile);
        for part in batch.projections.chunks(PROJECTIONS_MAX) {
            let part = ProjectionBatch { projections: part.to_vec(), ..ProjectionBatch::default() };
            self.send(runtime, reqwest::Method::POST, "projections", wire::seal(&part)?)?;
        }
        for part in batch.forgotten.chunks(PROJECTIONS_MAX) {
            let part = ProjectionBatch { forgotten: part.to_vec(), ..ProjectionBatch::default() };
            self.send(runtime, reqwest::Method::POST, "projections", wire::seal(&part)?)?;
        }
        publish::acknowledged(&*app.store, self.edge.owed(), &covered)?;
        Ok(true)
    }

    fn send(
        &self,
        runtime: &Handle,
        method: reqwest::Method,
        what: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        let path = format!("/_acquaint/v1/{what}");
        let signature = signature::sign(self.edge.tokens.signing(), &path, &bytes, crate::clock::system_ms());
        let request = self
            .http
            .request(method, format!("{}{path}", self.edge.url))
            .header(signature::HEADER, signature)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(bytes);
        // Inside the block: making the request already needs the runtime, for its timeout.
        let response = runtime.block_on(async { request.send().await })?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(Error::Refused(status)),
        }
    }
}
