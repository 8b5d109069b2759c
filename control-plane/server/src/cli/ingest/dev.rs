//! `acquaint ingest dev`: one command, one write key, everything that clients call.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use acquaint_core::time::parse_instant;
use serde_json::Value;

use super::events::Events;
use super::{Error, definitions};
use crate::cli::scratch::Scratch;
use crate::cli::{self, documents};
use crate::definitions::publish::{self, publish, refused};
use crate::serve::{self, Running};
use crate::settings::{REQUEST_SECONDS_MAX, Retention, Rules, Settings};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The port to listen on, on loopback; 0 chooses a free one.
    #[arg(short, long, default_value_t = 8080)]
    port: u16,
    /// The write key that clients send with.
    #[arg(short, long)]
    write_key: String,
    /// Where everything is kept; in a temporary folder that is removed at the end when absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A file for what was taken in and what was refused, a line of JSON each; written anew at every start.
    #[arg(long)]
    events: Option<PathBuf>,
    /// The token with which what arrived is asked for; the write key when absent.
    #[arg(long, env = "ACQUAINT_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Records that the write key may send in a second; any number when absent.
    #[arg(long)]
    rate_limit: Option<u32>,
    /// More definitions, as `acquaint apply` reads them: a YAML or JSON file, or a folder of them.
    #[arg(short, long)]
    config: Vec<PathBuf>,
    /// For tests: a clock that stands at this instant (RFC 3339) and is moved by `POST /admin/clock`.
    #[arg(long)]
    clock: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), cli::Error> {
    serve::log_to_stderr("warn");
    let clock_ms = arguments.clock.map(|text| parse_instant(&text).ok_or(Error::Clock(text))).transpose()?;
    let mut wanted = definitions::documents(&arguments.write_key, arguments.rate_limit);
    for path in &arguments.config {
        wanted.extend(documents::read(path)?.into_iter().map(|document| document.value));
    }
    let data = Scratch::new(arguments.data, "ingest")?;
    let admin = arguments.admin_token.unwrap_or_else(|| arguments.write_key.clone());
    let running = serve::start(Settings {
        guardrails: Rules::default(),
        traces: None,
        retention: Retention::default(),
        data: data.path().to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], arguments.port)).to_string(),
        edge_url: None,
        edges: Default::default(),
        batch_schedule: None,
        engine_threads: None,
        clock_ms,
        tokens: Some((admin, uuid::Uuid::new_v4().simple().to_string())),
        request_max: Duration::from_secs(REQUEST_SECONDS_MAX),
    })
    .await?;
    define(&running, wanted).await?;
    let events = arguments.events.map(|path| Events::start(running.app(), path)).transpose()?;
    say_ready(running.address(), &arguments.write_key)?;
    running.until_asked_to_end().await;
    let mut written = Ok(());
    let ended = running.shut_down_after(|| written = events.map_or(Ok(()), Events::finish)).await;
    written?;
    Ok(ended?)
}

async fn define(running: &Running, wanted: Vec<Value>) -> Result<(), Error> {
    let done = publish(running.app(), false, move |app, before| {
        publish::put_documents(before, &wanted, app.clock.now_ms()).map_err(|findings| refused(&findings))
    });
    done.await.map(drop).map_err(|problem| Error::Definitions(problem.body().to_string()))
}

/// One line on standard output, for people and programs: `ready: <address> <write key>`.
fn say_ready(address: SocketAddr, write_key: &str) -> Result<(), cli::Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready: http://{address} {write_key}")?;
    Ok(out.flush()?)
}
