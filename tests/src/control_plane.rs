//! A running control plane.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;
use crate::wait;

/// The tokens that the harness gives to control plane and edge.
pub const ADMIN_TOKEN: &str = "test-admin-token";
/// See [`ADMIN_TOKEN`].
pub const EDGE_TOKEN: &str = "test-edge-token";

/// How to start one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The edge to publish to.
    pub edge_url: Option<String>,
    /// A clock that only moves when told to, starting at this instant (RFC 3339).
    pub clock: Option<String>,
    /// The address to listen on; a free port of loopback when absent.
    pub listen: Option<String>,
    /// Further environment variables, for `env:NAME` in definitions.
    pub variables: Vec<(String, String)>,
    /// Further arguments.
    pub arguments: Vec<String>,
}

/// What starts one.
pub fn command(acquaint: &Path, data: &Path, settings: &Settings) -> Command {
    let mut command = Command::new(acquaint);
    command.arg("serve").arg("--data").arg(data.join("control-plane"));
    command.args(["--listen", settings.listen.as_deref().unwrap_or("127.0.0.1:0")]);
    command.env("ACQUAINT_ADMIN_TOKEN", ADMIN_TOKEN).env("ACQUAINT_EDGE_TOKEN", EDGE_TOKEN);
    command.envs(settings.variables.iter().cloned());
    if let Some(url) = &settings.edge_url {
        command.args(["--edge-url", url]);
    }
    if let Some(clock) = &settings.clock {
        command.args(["--clock", clock]);
    }
    command.args(&settings.arguments);
    command
}

/// A running `acquaint serve`.
#[derive(Debug)]
pub struct ControlPlane {
    process: Process,
    binary: PathBuf,
    /// Client of the administration API.
    pub admin: Client,
}

impl ControlPlane {
    /// Starts it on a data directory and waits until it listens.
    pub fn start(environment: &Environment, data: &Path, settings: &Settings) -> Result<Self> {
        Self::start_program(&environment.acquaint, data, settings)
    }

    /// As [`Self::start`], where nothing else of the system is there.
    pub fn start_program(acquaint: &Path, data: &Path, settings: &Settings) -> Result<Self> {
        let mut process = Process::start("control-plane", data, &mut command(acquaint, data, settings))?;
        let url =
            process.line("its address", |line| line.strip_prefix("listening on ").map(str::to_owned))?;
        let admin = Client::new(&url).with_header("authorization", &format!("Bearer {ADMIN_TOKEN}"));
        Ok(Self { process, binary: acquaint.to_owned(), admin })
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.admin.base()
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Runs an `acquaint` command against it.
    pub fn cli<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, arguments: I) -> Result<String> {
        let output = Command::new(&self.binary)
            .args(arguments)
            .env("ACQUAINT_URL", self.url())
            .env("ACQUAINT_ADMIN_TOKEN", ADMIN_TOKEN)
            .output()?;
        if !output.status.success() {
            bail!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// `GET /status`
    pub fn status(&self) -> Result<Value> {
        self.admin.get("/status")?.ok()
    }

    /// Waits until everything that was accepted has been decided: the engine is at the end of the log, no program
    /// change is being carried through, and activation has planned every change.
    pub fn settle(&self) -> Result<Value> {
        wait::until("the control plane to settle", Duration::from_secs(600), || {
            let status = self.status()?;
            let number = |name: &str| status.get(name).and_then(Value::as_u64);
            let settled = number("engine_position") == number("log_end")
                && number("activation_position") == number("changes_end")
                && status.get("backfill") == Some(&Value::Null);
            Ok(settled.then_some(status))
        })
    }

    /// Moves a manual clock.
    pub fn set_clock(&self, instant: &str) -> Result<()> {
        self.admin.post("/admin/clock", &json!({ "now": instant }))?.ok()?;
        Ok(())
    }

    /// Members of every audience, by id.
    pub fn counts(&self) -> Result<Vec<(String, u64)>> {
        let list = self.admin.get("/data/core/ups/audiences?limit=1000")?.ok()?;
        let children = list.get("children").and_then(Value::as_array).context("no `children` in the list")?;
        children
            .iter()
            .map(|audience| {
                let id = audience.get("id").and_then(Value::as_str).context("an audience without id")?;
                let counts = self.admin.get(&format!("/data/core/ups/audiences/{id}/counts"))?.ok()?;
                let realized =
                    counts.get("realized").and_then(Value::as_u64).context("no `realized` count")?;
                Ok((id.to_owned(), realized))
            })
            .collect()
    }
}
