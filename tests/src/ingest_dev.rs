//! Ingestion of `acquaint ingest dev`, with one write key.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;

/// A running ingestion.
#[derive(Debug)]
pub struct IngestDev {
    process: Process,
    events: PathBuf,
    /// Client without any credentials.
    pub client: Client,
}

impl IngestDev {
    /// Starts one in a folder and waits until it is ready.
    pub fn start(environment: &Environment, folder: &Path, write_key: &str, more: &[&str]) -> Result<Self> {
        let events = folder.join("events.jsonl");
        let mut command = Command::new(&environment.acquaint);
        command.args(["ingest", "dev", "--port", "0", "--write-key", write_key]).args(more);
        command.arg("--data").arg(folder.join("data")).arg("--events").arg(&events);
        command.env_remove("ACQUAINT_ADMIN_TOKEN");
        let mut process = Process::start("ingest-dev", folder, &mut command)?;
        let said =
            process.line("that it is ready", |line| line.strip_prefix("ready: ").map(str::to_owned))?;
        let (url, key) = said.split_once(' ').unwrap_or_default();
        ensure!(key == write_key, "it says `{said}`");
        Ok(Self { process, events, client: Client::new(url) })
    }

    /// The lines of its file so far.
    pub fn events(&self) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(&self.events)?;
        // The last line may be being written.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Ends it as an operator would: with SIGTERM. The answer is its exit code.
    pub fn end(&mut self) -> Result<Option<i32>> {
        self.process.terminate()
    }
}
