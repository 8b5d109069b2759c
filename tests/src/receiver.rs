//! A webhook receiver that is not ours: it verifies every delivery with the `standardwebhooks` package from npm.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;

/// The secret it shares with the control plane. Made up for tests: it protects nothing.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A running receiver.
#[derive(Debug)]
pub struct Receiver {
    _process: Process,
    client: Client,
}

/// What a receiver has got so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, repeats included.
    pub requests: u64,
    /// Requests whose signature was right.
    pub verified: u64,
    /// Distinct `webhook-id`s that were verified and acknowledged.
    pub acknowledged: u64,
    /// Requests refused because of their signature.
    pub refused: u64,
}

impl Receiver {
    /// Starts it.
    pub fn start(environment: &Environment, folder: &Path) -> Result<Self> {
        let script = environment.repository.join("www/receiver.mjs");
        let mut command = Command::new("node");
        command.arg(script).env("WEBHOOK_SECRET", SECRET).env("PORT", "0");
        let mut process = Process::start("receiver", folder, &mut command)?;
        let url =
            process.line("its address", |line| line.strip_prefix("listening on ").map(str::to_owned))?;
        Ok(Self { _process: process, client: Client::new(&url) })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.client.base()
    }

    /// Where webhooks go.
    pub fn webhook_url(&self) -> String {
        format!("{}/webhooks", self.url())
    }

    /// The counts.
    pub fn tally(&self) -> Result<Tally> {
        let body = self.client.get("/tally")?.ok()?;
        let number =
            |name: &str| body.get(name).and_then(Value::as_u64).with_context(|| format!("no `{name}`"));
        Ok(Tally {
            requests: number("requests")?,
            verified: number("verified")?,
            acknowledged: number("acknowledged")?,
            refused: number("refused")?,
        })
    }

    /// For every audience, the households that are in, by the last verified delivery.
    pub fn members(&self) -> Result<Value> {
        self.client.get("/members")?.ok()
    }
}
