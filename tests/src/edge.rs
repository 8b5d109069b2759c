//! A running edge worker: the built worker under `workerd serve`, with its Durable Objects on local disk.

use std::path::Path;
use std::process::Command;

use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Bundle, Projection, ProjectionBatch, signature};
use anyhow::{Context, Result};
use serde_json::Value;

use crate::control_plane::EDGE_TOKEN;
use crate::environment::Environment;
use crate::http::{Answer, Client};
use crate::process::Process;
use crate::stub::now_ms;

const SEALED: &str = "application/octet-stream";

/// The token of servers that may see attributes.
pub const API_TOKEN: &str = "api-token-of-tests";

/// How to start one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where events are forwarded to.
    pub control_url: String,
    /// The address to listen on; a free port of loopback when absent.
    pub listen: Option<String>,
    /// A clock that stands still at this instant, in milliseconds.
    pub clock_ms: Option<i64>,
}

/// A running worker.
#[derive(Debug)]
pub struct Edge {
    process: Process,
    /// Client of the public routes.
    pub client: Client,
}

impl Edge {
    /// Starts it on a data directory and waits until it listens.
    pub fn start(environment: &Environment, data: &Path, settings: &Settings) -> Result<Self> {
        let folder = data.join("edge");
        let objects = folder.join("objects");
        std::fs::create_dir_all(&objects)?;
        for file in ["index.js", "index_bg.wasm"] {
            std::fs::copy(environment.worker.join(file), folder.join(file))
                .with_context(|| format!("no {file}"))?;
        }
        let config = environment.repository.join("edge-runtime/workerd.capnp");
        std::fs::copy(config, folder.join("workerd.capnp"))?;

        let mut command = Command::new(environment.node_modules().join(".bin/workerd"));
        // The control channel on standard output says which port was chosen.
        command.args(["serve", "workerd.capnp", "--control-fd=1"]).current_dir(&folder);
        let address = settings.listen.as_deref().unwrap_or("127.0.0.1:0");
        command.arg(format!("--socket-addr=http={address}"));
        command.arg(format!("--directory-path=objects={}", objects.display()));
        command.env("EDGE_API_TOKEN", API_TOKEN);
        command.env("EDGE_TOKEN", EDGE_TOKEN).env("CONTROL_PLANE_URL", &settings.control_url);
        if let Some(clock_ms) = settings.clock_ms {
            command.env("CLOCK_MS", clock_ms.to_string());
        }
        let mut process = Process::start("edge", data, &mut command)?;
        let port = process.line("its port", |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            (event.get("event")?.as_str()? == "listen").then(|| event.get("port")?.as_u64())?
        })?;
        Ok(Self { process, client: Client::new(&format!("http://127.0.0.1:{port}")) })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.client.base()
    }

    /// How many events the control plane has not acknowledged yet, and more.
    pub fn status(&self) -> Result<Value> {
        let token = format!("Bearer {EDGE_TOKEN}");
        self.client.clone().with_header("authorization", &token).get("/_acquaint/v1/status")?.ok()
    }

    /// Publishes a bundle, as the control plane does.
    pub fn publish(&self, bundle: &Bundle) -> Result<()> {
        self.signed("/_acquaint/v1/bundle", &wire::seal(bundle)?)?.ok().map(drop)
    }

    /// Pushes projections, as the control plane does: at most 50.
    pub fn project(&self, projections: Vec<(Identity, Projection)>) -> Result<()> {
        let bytes = wire::seal(&ProjectionBatch { projections, ..ProjectionBatch::default() })?;
        self.signed("/_acquaint/v1/projections", &bytes)?.ok().map(drop)
    }

    /// Sends signed bytes.
    pub fn signed(&self, path: &str, bytes: &[u8]) -> Result<Answer> {
        self.pushed(path, bytes, &signature::sign(EDGE_TOKEN, path, bytes, now_ms()?))
    }

    /// Sends bytes with a signature of one's own choice.
    pub fn pushed(&self, path: &str, bytes: &[u8], signature: &str) -> Result<Answer> {
        let client = self.client.clone().with_header(signature::HEADER, signature);
        match path {
            "/_acquaint/v1/bundle" => client.put_bytes(path, SEALED, bytes),
            _ => client.post_bytes(path, SEALED, bytes),
        }
    }

    /// What the edge keeps of one profile.
    pub fn profile(&self, identity: &Identity) -> Result<Value> {
        let token = format!("Bearer {EDGE_TOKEN}");
        let path = format!("/_acquaint/v1/profile?namespace={}&id={}", identity.namespace, identity.id);
        self.client.clone().with_header("authorization", &token).get(&path)?.ok()
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill().context("cannot stop the edge")
    }
}
