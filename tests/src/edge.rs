//! A running edge worker: the built worker under `workerd serve`, with its Durable Objects on local disk.

use std::path::Path;
use std::process::Command;

use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Bundle, Projection, ProjectionBatch, signature};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::control_plane::EDGE_TOKEN;
use crate::environment::Environment;
use crate::http::{Answer, Client};
use crate::process::Process;
use crate::stub::now_ms;

const SEALED: &str = "application/octet-stream";

/// The token that the edge had before [`EDGE_TOKEN`], and still believes.
pub const EDGE_TOKEN_BEFORE: &str = "test-edge-token-before";

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
    /// Where it is, by location hint; the default when absent.
    pub region: Option<String>,
    /// The address of a KV namespace: the edge has this and a queue, as it has on Cloudflare.
    pub copies: Option<String>,
}

/// A running worker.
#[derive(Debug)]
pub struct Edge {
    process: Process,
    /// Client of the public routes.
    pub client: Client,
}

/// Adds what the edge is bound to on Cloudflare: `workerd` has the two ends of a queue, and not what lies between.
fn with_queue_and_copies(config: &str, address: &str) -> Result<String> {
    let address = address.trim_start_matches("http://");
    let services = format!(
        r#"services = [
    (name = "broker", worker = .broker),
    (name = "copies", external = (address = "{address}", http = ())),"#
    );
    let bindings = r#"bindings = [
    (name = "EVENTS_QUEUE", queue = "broker"),
    (name = "BUNDLES", kvNamespace = "copies"),"#;
    let broker = r#"
const broker :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  modules = [(name = "broker.js", esModule = embed "broker.js")],
  bindings = [(name = "EDGE", service = "edge")],
);
"#;
    let changed = config.replacen("services = [", &services, 1).replacen("bindings = [", bindings, 1);
    ensure!(changed.contains(&services) && changed.contains(bindings), "workerd.capnp has another form");
    Ok(changed + broker)
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
        let config = std::fs::read_to_string(environment.repository.join("edge-runtime/workerd.capnp"))?;
        let config = match &settings.copies {
            Some(address) => with_queue_and_copies(&config, address)?,
            None => config,
        };
        std::fs::write(folder.join("workerd.capnp"), config)?;
        std::fs::copy(environment.repository.join("tests/queue/broker.js"), folder.join("broker.js"))?;

        let mut command = Command::new(environment.node_modules().join(".bin/workerd"));
        // The control channel on standard output says which port was chosen.
        command.args(["serve", "workerd.capnp", "--control-fd=1"]).current_dir(&folder);
        if settings.copies.is_some() {
            // So that one worker may bring another what lay in a queue.
            command.arg("--experimental");
        }
        let address = settings.listen.as_deref().unwrap_or("127.0.0.1:0");
        command.arg(format!("--socket-addr=http={address}"));
        command.arg(format!("--directory-path=objects={}", objects.display()));
        command.env("EDGE_API_TOKEN", API_TOKEN);
        command.env("EDGE_TOKEN", format!("{EDGE_TOKEN} {EDGE_TOKEN_BEFORE}"));
        command.env("CONTROL_PLANE_URL", &settings.control_url);
        if let Some(region) = &settings.region {
            command.env("LOCATION_HINT", region);
        }
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
