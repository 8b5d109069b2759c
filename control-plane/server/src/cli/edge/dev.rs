//! `acquaint edge dev`: one command, one file, one edge.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use acquaint_core::time::parse_instant;
use acquaint_core::wire::{self, ProjectionBatch};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::definitions::{self, Definitions};
use super::workerd::{self, Workerd};
use super::{Error, receiver};
use crate::cli::documents::{self, Document};
use crate::cli::scratch::Scratch;
use crate::cli::{self, render};
use crate::clock::Clock;

/// Projections of one push.
const PROJECTIONS_MAX: usize = 50;
/// How often the files are looked at.
const WATCH_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A YAML or JSON file, or a folder of them, as `acquaint apply` reads them; published again when it changes.
    #[arg(short, long, required = true)]
    config: Vec<PathBuf>,
    /// The port to listen on, on loopback; 0 chooses a free one.
    #[arg(short, long, default_value_t = 8787)]
    port: u16,
    /// The folder of the built worker.
    #[arg(long, default_value = "edge-runtime/build")]
    worker: PathBuf,
    /// The program `workerd`; that of `node_modules` here, or in the path, when absent.
    #[arg(long)]
    workerd: Option<PathBuf>,
    /// Where profiles are kept; in a temporary folder that is removed at the end when absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A file to which every event is appended that the edge would forward to a control plane, a line of JSON each.
    #[arg(long)]
    events: Option<PathBuf>,
    /// The token of servers that may see attributes (v2); that of the file when absent.
    #[arg(long, env = "EDGE_API_TOKEN", hide_env_values = true)]
    api_token: Option<String>,
    /// What the edge calls its region in the cluster cookie and in `x-adobe-edge`.
    #[arg(long, default_value = "or2")]
    location_hint: String,
    /// The number of that region.
    #[arg(long, default_value_t = 9)]
    region_id: u32,
    /// For tests: a clock that stands at this instant (RFC 3339).
    #[arg(long)]
    clock: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), cli::Error> {
    let clock = clock(arguments.clock.as_deref())?;
    let mut signals = Signals::new()?;
    let documents = read(&arguments.config)?;
    let definitions = definitions::prepare(documents.clone(), clock.now_ms())?;
    let data = Scratch::new(arguments.data, "edge")?;
    let started_ms = u64::try_from(Clock::system().now_ms()).unwrap_or_default();
    // Positions of an earlier run on the same data are lower.
    let control_plane =
        receiver::start(arguments.events.as_deref(), started_ms.saturating_mul(1_000)).await?;
    let token = uuid::Uuid::new_v4().simple().to_string();
    let mut variables = vec![
        ("EDGE_TOKEN", token.clone()),
        ("CONTROL_PLANE_URL", control_plane),
        ("LOCATION_HINT", arguments.location_hint),
        ("REGION_ID", arguments.region_id.to_string()),
    ];
    let api_token = arguments.api_token.or_else(|| definitions.api_token.clone());
    variables.extend(api_token.map(|token| ("EDGE_API_TOKEN", token)));
    if clock.is_manual() {
        variables.push(("CLOCK_MS", clock.now_ms().to_string()));
    }
    let mut workerd = Workerd::start(&workerd::Settings {
        program: &workerd::program(arguments.workerd),
        worker: &arguments.worker,
        data: data.path(),
        port: arguments.port,
        variables,
    })?;
    let edge = Edge { http: reqwest::Client::new(), url: workerd.url.clone(), token };
    edge.publish(&definitions).await?;
    say("ready", &edge.url, &definitions)?;
    let mut watched = Watched { paths: arguments.config, seen: Ok(documents) };
    loop {
        tokio::select! {
            biased;
            () = signals.any() => return Ok(()),
            () = tokio::time::sleep(WATCH_EVERY) => {}
        }
        if let Some(status) = workerd.ended() {
            return Err(Error::Ended(status).into());
        }
        let Some(read) = watched.changed() else { continue };
        let prepared = read.and_then(|documents| definitions::prepare(documents, clock.now_ms()));
        match prepared {
            Ok(definitions) => {
                edge.publish(&definitions).await?;
                say("published", &edge.url, &definitions)?;
            }
            Err(error) => eprintln!("what was published before stays: {}", render::chain(&error)),
        }
    }
}

fn clock(instant: Option<&str>) -> Result<Clock, Error> {
    match instant {
        None => Ok(Clock::system()),
        Some(text) => parse_instant(text).map(Clock::manual).ok_or_else(|| Error::Clock(text.to_owned())),
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<Document>, cli::Error> {
    let mut documents = Vec::new();
    for path in paths {
        documents.extend(documents::read(path)?);
    }
    Ok(documents)
}

/// One line on standard output, for people and programs: `ready: <address> <datastream> <datastream> ...`.
fn say(what: &str, url: &str, definitions: &Definitions) -> Result<(), cli::Error> {
    for warning in &definitions.warnings {
        eprintln!("warning: {warning}");
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}: {url} {}", definitions.datastreams.join(" "))?;
    Ok(out.flush()?)
}

/// The files as they were last seen.
struct Watched {
    paths: Vec<PathBuf>,
    seen: Result<Vec<Document>, String>,
}

impl Watched {
    /// What they say now, if that is something else.
    fn changed(&mut self) -> Option<Result<Vec<Document>, cli::Error>> {
        let now = read(&self.paths);
        let seen = match &now {
            Ok(documents) => Ok(documents.clone()),
            Err(error) => Err(error.to_string()),
        };
        let changed = seen != self.seen;
        self.seen = seen;
        changed.then_some(now)
    }
}

/// The edge as a control plane sees it.
struct Edge {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Edge {
    async fn publish(&self, definitions: &Definitions) -> Result<(), Error> {
        self.send(Method::PUT, "bundle", wire::seal(&definitions.bundle)?).await?;
        for part in definitions.projections.chunks(PROJECTIONS_MAX) {
            let batch = ProjectionBatch { projections: part.to_vec(), ..ProjectionBatch::default() };
            self.send(Method::POST, "projections", wire::seal(&batch)?).await?;
        }
        Ok(())
    }

    async fn send(&self, method: Method, what: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let request = self.http.request(method, format!("{}/_acquaint/v1/{what}", self.url));
        let request = request.bearer_auth(&self.token).header(CONTENT_TYPE, "application/octet-stream");
        let response = request.body(bytes).send().await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(Error::Refused { status, body: response.text().await.unwrap_or_default() }),
        }
    }
}

/// What ends us, and with us workerd: an interrupt, a polite kill, a terminal that is closed.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> Result<Self, Error> {
        let of = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self([of(SignalKind::interrupt())?, of(SignalKind::terminate())?, of(SignalKind::hangup())?]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
