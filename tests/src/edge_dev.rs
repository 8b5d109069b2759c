//! An edge of `acquaint edge dev`, with the definitions of a file.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;

/// A running edge.
#[derive(Debug)]
pub struct EdgeDev {
    process: Process,
    events: PathBuf,
    /// Client of the public routes.
    pub client: Client,
    /// The datastreams, as it said when it was ready.
    pub datastreams: Vec<String>,
}

impl EdgeDev {
    /// Starts one in a folder, with further arguments, and waits until it is ready.
    pub fn start(environment: &Environment, folder: &Path, config: &Path, more: &[&str]) -> Result<Self> {
        let events = folder.join("events.jsonl");
        let mut command = Command::new(&environment.acquaint);
        command.args(["edge", "dev"]).args(more);
        if !more.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command.arg("--config").arg(config).arg("--worker").arg(&environment.worker);
        command.arg("--workerd").arg(environment.node_modules().join(".bin/workerd"));
        command.arg("--data").arg(folder.join("data")).arg("--events").arg(&events);
        let mut process = Process::start("edge-dev", folder, &mut command)?;
        let said =
            process.line("that it is ready", |line| line.strip_prefix("ready: ").map(str::to_owned))?;
        let mut words = said.split(' ').map(str::to_owned);
        let url = words.next().context("no address")?;
        Ok(Self { process, events, client: Client::new(&url), datastreams: words.collect() })
    }

    /// Waits for a line of its output that begins so.
    pub fn says(&mut self, start: &str) -> Result<()> {
        self.process.line(start, |line| line.starts_with(start).then_some(()))
    }

    /// The events that it forwarded so far.
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

impl Drop for EdgeDev {
    fn drop(&mut self) {
        // It stops its workerd when it is asked to end, not when it is killed. That it is gone already is fine.
        let _ended = self.end();
    }
}
