//! How a control plane is run: what the command line says, and what follows from it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use acquaint_core::time::parse_instant;

use crate::definitions::at_edge::is_hint;
pub use crate::guardrails::catalog::Rules;
use crate::serve::Error;
use crate::traces;

/// How long a client may take to send a request, unless it is said otherwise.
pub(crate) const REQUEST_SECONDS_MAX: u64 = 30;

/// For how many days refused records are kept, unless it is said otherwise.
const QUARANTINE_DAYS: u32 = 30;

/// What can be said on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Where everything is kept.
    #[arg(long)]
    data: PathBuf,
    /// The address to listen on; port 0 chooses a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// The edge to publish to, for example http://127.0.0.1:8787.
    #[arg(long)]
    edge_url: Option<String>,
    /// One of several edges to publish to, and where it is: its location hint, for example or2=http://127.0.0.1:8787. Each
    /// is told of the profiles that it has seen.
    #[arg(long, value_name = "REGION=URL", conflicts_with = "edge_url")]
    edge: Vec<String>,
    /// When batch audiences are evaluated: a cron pattern, UTC; `never` for on demand only.
    #[arg(long, default_value = "0 1 * * *")]
    batch_schedule: String,
    /// How long a client may take to send the head of a request, and again to send its body.
    #[arg(long, default_value_t = REQUEST_SECONDS_MAX)]
    request_seconds_max: u64,
    /// On how many threads profiles are evaluated; one for each processor unless it is said.
    #[arg(long)]
    engine_threads: Option<NonZeroUsize>,
    /// Whose limits hold for definitions: those of the documentation, or only those of this engine.
    #[arg(long, value_enum, default_value_t)]
    guardrails: Rules,
    /// Where traces are sent: an OpenTelemetry collector that takes OTLP over HTTP, for example http://127.0.0.1:4318.
    #[arg(long)]
    otlp_endpoint: Option<String>,
    /// Of how many records one is traced, from the request to the destination.
    #[arg(long, default_value_t = traces::ONE_IN)]
    trace_one_in: u64,
    /// For how many days refused records stay in quarantine; 0: for ever.
    #[arg(long, default_value_t = QUARANTINE_DAYS)]
    quarantine_days: u32,
    /// How long requests are still taken after the process was asked to end, while `/readyz` already says that it ends:
    /// the time a load balancer needs to notice.
    #[arg(long, default_value_t = 0)]
    pub(crate) drain_seconds: u64,
    /// For tests: a clock that stands at this instant (RFC 3339) and is moved by `POST /admin/clock`.
    #[arg(long)]
    clock: Option<String>,
}

/// How long things are kept that nothing is decided by; absent: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days that refused records stay in quarantine.
    pub quarantine_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { quarantine_days: Some(QUARANTINE_DAYS) }
    }
}

/// How to run a control plane.
#[derive(Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: String,
    /// The edge to publish to, where there is one.
    pub edge_url: Option<String>,
    /// The edges to publish to, where there are several: by location hint, where they are.
    pub edges: BTreeMap<String, String>,
    /// When batch audiences are evaluated.
    pub batch_schedule: Option<String>,
    /// The instant at which a manual clock starts: milliseconds since the epoch.
    pub clock_ms: Option<i64>,
    /// How long a client may take to send the head of a request, and again to send its body.
    pub request_max: Duration,
    /// On how many threads profiles are evaluated; absent: one for each processor.
    pub engine_threads: Option<NonZeroUsize>,
    /// Whose limits hold for definitions.
    pub guardrails: Rules,
    /// Where traces are sent, and of how many records one is traced.
    pub traces: Option<(String, u64)>,
    /// How long things are kept that nothing is decided by.
    pub retention: Retention,
    /// The admin and the edge token; from the environment or the data directory when absent.
    pub tokens: Option<(String, String)>,
}

impl Settings {
    /// The settings of a control plane for tests: a free port of loopback, known tokens.
    pub fn for_tests(data: impl Into<PathBuf>, admin: &str, edge: &str, clock_ms: Option<i64>) -> Self {
        Self {
            data: data.into(),
            listen: "127.0.0.1:0".into(),
            edge_url: None,
            edges: BTreeMap::new(),
            batch_schedule: None,
            clock_ms,
            request_max: Duration::from_secs(REQUEST_SECONDS_MAX),
            engine_threads: None,
            guardrails: Rules::default(),
            traces: None,
            retention: Retention::default(),
            tokens: Some((admin.into(), edge.into())),
        }
    }
}

/// What the command line comes to.
pub(crate) fn read(arguments: Arguments) -> Result<Settings, Error> {
    let Arguments {
        data,
        listen,
        edge_url,
        edge,
        batch_schedule,
        request_seconds_max,
        drain_seconds: _,
        engine_threads,
        guardrails,
        otlp_endpoint,
        trace_one_in,
        quarantine_days,
        clock,
    } = arguments;
    let request_max = Duration::from_secs(request_seconds_max);
    let traces = otlp_endpoint.map(|endpoint| (endpoint, trace_one_in));
    let clock_ms = match clock {
        None => None,
        Some(value) => match parse_instant(&value) {
            Some(at_ms) => Some(at_ms),
            None => return Err(Error::Argument { value, what: "instant" }),
        },
    };
    let batch_schedule = match batch_schedule.as_str() {
        "never" => None,
        pattern => match acquaint_batch::schedule::check(pattern) {
            Ok(()) => Some(batch_schedule),
            Err(_) => return Err(Error::Argument { value: batch_schedule, what: "five-field cron pattern" }),
        },
    };
    let mut edges = BTreeMap::new();
    for value in edge {
        match value.split_once('=').filter(|(region, url)| is_hint(region) && !url.is_empty()) {
            Some((region, url)) if !edges.contains_key(region) => {
                edges.insert(region.to_owned(), url.to_owned())
            }
            Some(_) | None => {
                return Err(Error::Argument { value, what: "REGION=URL of an edge of its own" });
            }
        };
    }
    Ok(Settings {
        data,
        listen,
        edge_url,
        edges,
        batch_schedule,
        clock_ms,
        request_max,
        engine_threads,
        guardrails,
        traces,
        retention: Retention { quarantine_days: (quarantine_days > 0).then_some(quarantine_days) },
        tokens: None,
    })
}
