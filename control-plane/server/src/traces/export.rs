//! The exporter: gathers spans and sends them together. A collector that is away costs traces, never work.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use super::{Span, otlp};
use crate::app::Shared;

/// Spans of one request.
const BATCH_MAX: usize = 512;
/// How long spans are gathered.
const GATHER: Duration = Duration::from_millis(500);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Where OTLP over HTTP takes traces.
const PATH: &str = "/v1/traces";

/// Sends what a tracer hears.
pub(crate) struct Exporter {
    url: String,
    spans: Receiver<Span>,
}

impl Exporter {
    pub(super) fn new(endpoint: &str, spans: Receiver<Span>) -> Self {
        Self { url: format!("{}{PATH}", endpoint.trim_end_matches('/')), spans }
    }

    /// Runs until it is time to stop, and then sends what is left.
    pub(crate) async fn run(mut self, app: Shared) {
        let http = match reqwest::Client::builder().timeout(TIMEOUT).build() {
            Ok(http) => http,
            Err(error) => {
                return tracing::warn!(error = &error as &dyn std::error::Error, "no traces are sent");
            }
        };
        let mut away = false;
        loop {
            let stopping = app.is_stopping();
            let mut batch = Vec::new();
            // Whatever came of it: what was gathered by then is sent.
            let _ = tokio::time::timeout(GATHER, self.gather(&mut batch)).await;
            if batch.is_empty() && stopping {
                return;
            }
            if batch.is_empty() {
                continue;
            }
            let sent = http.post(&self.url).json(&otlp::request(&batch)).send().await;
            let failed = sent.and_then(reqwest::Response::error_for_status).err();
            if let Some(error) = failed.as_ref().filter(|_| !away) {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "traces are lost: the collector does not take them"
                );
            }
            away = failed.is_some();
        }
    }

    async fn gather(&mut self, batch: &mut Vec<Span>) {
        while batch.len() < BATCH_MAX
            && let Some(span) = self.spans.recv().await
        {
            batch.push(span);
        }
    }
}
