//! `acquaint serve`: opens the store, starts the loops, answers requests, and ends all of them in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use acquaint_activation::{self as activation, Activation};
use acquaint_engine::Intake;

use tokio::net::TcpListener;

use crate::app::{App, Parts, Shared, Store};
use crate::background::{self, Loops};
use crate::clock::Clock;
use crate::edges::Edges;
use crate::http::{self, connections, connections::Limits};
use crate::metrics::Metrics;
use crate::settings::{self, Arguments, Settings};
use crate::tokens::{self, EdgeTokens, Token, Tokens};
use crate::traces::{self, Tracer};

/// The folder of the store inside the data directory.
const STORE_FOLDER: &str = "store";

/// `json`: a JSON object a line instead of `key=value`.
const LOG_FORMAT: &str = "ACQUAINT_LOG_FORMAT";

/// How long requests under way may take to end, before they are cut off.
const REQUESTS_MAX: Duration = Duration::from_secs(10);

/// How long the store may be held after everything has ended.
const RELEASE_MAX: Duration = Duration::from_secs(5);
const RELEASE_EVERY: Duration = Duration::from_millis(5);

/// Why a control plane does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory cannot be made.
    #[error("cannot make the data directory `{}`", .path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store does not open, or its last flush failed.
    #[error("the store does not open or close")]
    Store(#[from] acquaint_store::Error),
    /// The engine does not start.
    #[error("the engine does not start")]
    Engine(#[from] acquaint_engine::Error),
    /// Activation does not start.
    #[error("activation does not start")]
    Activation(#[from] acquaint_activation::Error),
    /// There are no tokens.
    #[error("there are no tokens")]
    Tokens(#[from] tokens::Error),
    /// The address is taken, or no address.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An argument cannot be read.
    #[error("`{value}` is no {what}")]
    Argument {
        /// The value.
        value: String,
        /// What it should have been.
        what: &'static str,
    },
    /// The server cannot go on.
    #[error("cannot go on: {0}")]
    Failed(String),
    /// Threads or sockets fail.
    #[error("the system refused a thread or a socket")]
    System(#[source] std::io::Error),
}

/// A running control plane. Dropping it without [`Running::shut_down`] is like a crash: safe, but not tidy.
pub struct Running {
    address: SocketAddr,
    app: Shared,
    store: Arc<Store>,
    loops: Loops,
    server: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Runs until it is asked to end.
pub async fn run(arguments: Arguments) -> Result<(), Error> {
    log_to_stderr("info");
    let drain = Duration::from_secs(arguments.drain_seconds);
    let running = start(settings::read(arguments)?).await?;
    announce(running.address)?;
    running.until_asked_to_end().await;
    running.drain(drain).await;
    running.shut_down().await
}

/// Opens the store and starts everything.
pub async fn start(settings: Settings) -> Result<Running, Error> {
    install_cryptography();
    let Settings {
        data,
        listen,
        edge_url,
        edges,
        batch_schedule,
        engine_threads,
        clock_ms,
        request_max,
        guardrails,
        traces,
        retention,
        tokens,
    } = settings;
    std::fs::create_dir_all(&data).map_err(|source| Error::Data { path: data.clone(), source })?;
    let mut tokens = match tokens {
        Some((admin, edge)) => Tokens { admin: Token::new(admin), edge: EdgeTokens::new(&edge) },
        None => Tokens::load(&data)?,
    };
    let edges = Edges::new(edge_url, edges, &mut tokens)?;
    let store = Arc::new(Store::open(data.join(STORE_FOLDER))?);
    let catalog = acquaint_store::catalog::store::load(&*store)?;
    let clock = clock_ms.map_or_else(Clock::system, Clock::manual);
    let metrics = Arc::new(Metrics::default());
    let (tracer, exporter) = traces::start(traces);
    let activation = Activation::new(
        Arc::clone(&store) as Arc<dyn acquaint_activation::Storage>,
        activation_settings(&data, &metrics, &tracer, !clock.is_manual()),
    )?;
    let app = Arc::new(App::new(Parts {
        activation,
        intake: Intake::open(Arc::clone(&store))?,
        store: Arc::clone(&store),
        clock,
        tokens,
        edges,
        catalog,
        metrics,
        guardrails,
        tracer,
    }));
    let listener =
        TcpListener::bind(&listen).await.map_err(|source| Error::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(Error::System)?;
    let mut loops = background::start(&app, batch_schedule, engine_threads, &data, retention)?;
    if let Some(exporter) = exporter {
        loops.task("traces", &app, exporter.run(Arc::clone(&app)));
    }
    let routes = http::routes(Arc::clone(&app));
    let limits = Limits::new(request_max);
    let stopped = Arc::clone(&app);
    let server = tokio::spawn(async move {
        let until = async move {
            while !stopped.is_stopping() {
                stopped.ended.notified().await;
            }
        };
        connections::serve(listener, routes, limits, until).await;
    });
    Ok(Running { address, app, store, loops, server })
}

/// Activation that is measured.
fn activation_settings(
    data: &Path,
    metrics: &Arc<Metrics>,
    tracer: &Arc<Tracer>,
    timed: bool,
) -> activation::Settings {
    let (metrics, tracer) = (Arc::clone(metrics), Arc::clone(tracer));
    activation::Settings {
        observer: Arc::new(move |told: &activation::settings::Observed<'_>| {
            metrics.told(told, timed);
            tracer.told(told, timed);
        }),
        fingerprint: Arc::new(acquaint_engine::fingerprint),
        ..activation::Settings::new(data)
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What routes and loops share.
    pub(crate) fn app(&self) -> &Shared {
        &self.app
    }

    /// Returns when somebody asks the process to end, or when it cannot go on.
    pub(crate) async fn until_asked_to_end(&self) {
        tokio::select! {
            () = interrupted() => tracing::info!("asked to end"),
            () = self.app.ended.notified() => {}
        }
    }

    /// Says that it is about to end, and goes on for a while; not if it cannot.
    pub(crate) async fn drain(&self, drain: Duration) {
        self.app.leave();
        if self.app.failure().is_none() && !drain.is_zero() {
            tracing::info!(seconds = drain.as_secs(), "still answering, but not ready any more");
            tokio::time::sleep(drain).await;
        }
    }

    /// Ends requests, loops and the store, in this order.
    pub async fn shut_down(self) -> Result<(), Error> {
        self.end(REQUESTS_MAX, || {}).await
    }

    /// Ends requests and loops, then does `last`, then closes the store.
    pub(crate) async fn shut_down_after(self, last: impl FnOnce()) -> Result<(), Error> {
        self.end(REQUESTS_MAX, last).await
    }

    /// A client that never finishes its request must not keep the process from ending.
    async fn end(self, requests_max: Duration, last: impl FnOnce()) -> Result<(), Error> {
        self.app.stop();
        let ended = tokio::time::timeout(requests_max, self.server).await;
        self.loops.join().await;
        last();
        self.store.close()?;
        let failure = self.app.failure().map_or(Ok(()), |failure| Err(Error::Failed(failure)));
        if ended.is_err() {
            tracing::warn!("requests still under way are cut off");
            return failure;
        }
        drop(self.app);
        // A reader on another thread may need a moment more; after it the directory is free for the next process.
        let released = async {
            while Arc::strong_count(&self.store) > 1 {
                tokio::time::sleep(RELEASE_EVERY).await;
            }
        };
        if tokio::time::timeout(RELEASE_MAX, released).await.is_err() {
            tracing::warn!("somebody still holds the store");
        }
        failure
    }
}

/// Clients of HTTP need it before the first is made. Whoever else in this process has installed one has installed a fit one.
pub(crate) fn install_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Logs of this level and above, unless the environment says otherwise.
pub(crate) fn log_to_stderr(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ACQUAINT_LOG").unwrap_or_else(|_| level.into());
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second subscriber in one process is refused; the first one stays.
    let _ = match std::env::var(LOG_FORMAT).as_deref() {
        Ok("json") => lines.json().flatten_event(true).try_init(),
        Ok(_) | Err(_) => lines.try_init(),
    };
}

/// One line, for whoever started us to read.
fn announce(address: SocketAddr) -> Result<(), Error> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}").and_then(|()| out.flush()).map_err(Error::System)
}

async fn interrupted() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "SIGTERM cannot be caught");
            return drop(tokio::signal::ctrl_c().await);
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_never_finishes_its_request_keeps_nobody_from_ending() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(Settings::for_tests(folder.path(), "a", "b", Some(0))).await.unwrap();
        let mut client = std::net::TcpStream::connect(running.address()).unwrap();
        let head = "POST /v1/track HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n";
        client.write_all(head.as_bytes()).unwrap();
        // Asked for the body: the request is under way.
        client.read_exact(&mut [0; 12]).unwrap();
        let ended =
            tokio::time::timeout(Duration::from_secs(60), running.end(Duration::from_millis(50), || {}));
        ended.await.expect("it ends").unwrap();
    }
}
