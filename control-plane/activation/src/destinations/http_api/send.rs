//! One request: sign, send, read the answer.

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::address::PublicOnly;
use super::config::Config;
use super::message;
use super::retry::{self, REASON_CHARACTERS_MAX, bounded};
use super::sign::signatures;
use crate::cryptography;
use crate::destinations::{Delivery, Envelope, Outcome, Streaming};
use crate::ledger::settle::Attempt;

/// Bytes of an answer that are read, at most: enough for a reason.
const ANSWER_BYTES_MAX: usize = 4 * REASON_CHARACTERS_MAX;

/// An HTTP endpoint that gets Standard Webhooks.
pub(crate) struct HttpApi {
    config: Config,
    client: Client,
}

impl HttpApi {
    /// Prepares the client; the connections are made as they are needed.
    pub(crate) fn new(config: Config) -> Result<Self, String> {
        cryptography::install();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // A receiver that is slow with one message must not hold up the others on the same connection.
            .http1_only()
            .timeout(config.timeout)
            .connect_timeout(config.timeout)
            .pool_max_idle_per_host(config.concurrency_max)
            .user_agent(concat!("acquaint/", env!("CARGO_PKG_VERSION")));
        if config.url.scheme() == "http" {
            // No certificate is ever looked at: the machine need not have any.
            builder = builder.tls_certs_only(std::iter::empty());
        }
        if !config.allow_private_network {
            builder = builder.dns_resolver(std::sync::Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| format!("no HTTP client: {}", whole(&error)))?;
        Ok(Self { config, client })
    }

    async fn attempt(&self, envelope: &Envelope, attempt: &Attempt, now_ms: i64) -> Outcome {
        let body = match message::body(envelope, &attempt.sending) {
            Ok(body) => body,
            Err(error) => return Outcome::Refused { reason: error.to_string() },
        };
        let timestamp_s = now_ms.div_euclid(1_000);
        let signature = signatures(&self.config.secrets, &attempt.message_id, timestamp_s, &body);
        let request = self
            .client
            .post(self.config.url.clone())
            .headers(self.config.headers.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", &attempt.message_id)
            .header("webhook-timestamp", timestamp_s.to_string())
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(response) => answer(response, now_ms).await,
            // Without a connection nothing has arrived; after that, nobody knows.
            Err(error) => Outcome::Retry {
                in_doubt: !error.is_connect(),
                after_ms: None,
                reason: bounded(&whole(&error.without_url())),
            },
        }
    }
}

async fn answer(mut response: Response, now_ms: i64) -> Outcome {
    let status = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = header.and_then(|value| retry::retry_after_ms(value, now_ms));
    let mut text = Vec::new();
    if !response.status().is_success() {
        // A broken answer still has its status.
        while let Ok(Some(chunk)) = response.chunk().await {
            text.extend_from_slice(&chunk);
            if text.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
    }
    retry::classify(status, retry_after_ms, &String::from_utf8_lossy(&text))
}

/// The error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl Streaming for HttpApi {
    fn deliver<'a>(&'a self, envelope: &'a Envelope, attempt: &'a Attempt, now_ms: i64) -> Delivery<'a> {
        Box::pin(self.attempt(envelope, attempt, now_ms))
    }

    fn attempts_max(&self) -> u32 {
        retry::ATTEMPTS_MAX
    }

    fn retry_delay_ms(&self, attempts: u32, message_id: &str) -> Option<i64> {
        retry::delay_ms(attempts, message_id, self.config.jitter_seed)
    }

    fn concurrency_max(&self) -> usize {
        self.config.concurrency_max
    }
}
