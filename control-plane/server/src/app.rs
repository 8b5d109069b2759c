//! What all routes and background loops share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use acquaint_activation::Activation;
use acquaint_core::id::Position;
use acquaint_engine::{Intake, Rules};
use acquaint_store::catalog::Catalog;

use crate::background::batch::Running;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::counts::CountsCache;
use crate::guardrails::catalog as guardrails;
use crate::ingest::Buckets;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::tokens::Tokens;
use crate::traces::Tracer;

/// The store in use: its name stands only here.
pub(crate) type Store = acquaint_store::Embedded;

/// The shared state, behind a counted pointer.
pub(crate) type Shared = Arc<App>;

/// The shared state.
pub(crate) struct App {
    pub store: Arc<Store>,
    pub intake: Intake<Store>,
    pub clock: Clock,
    pub tokens: Tokens,
    pub edge_url: Option<String>,
    /// Rung when the engine has worked, the clock was moved, the catalogue has changed, or it is time to stop.
    pub bell: Bell,
    pub activation: Activation,
    pub batch: Running,
    pub counts: CountsCache,
    /// What each source may still send.
    pub buckets: Buckets,
    pub metrics: Arc<Metrics>,
    pub guardrails: guardrails::Rules,
    pub tracer: Arc<Tracer>,
    /// One change of the catalogue at a time.
    pub publishing: tokio::sync::Mutex<()>,
    in_force: RwLock<Arc<InForce>>,
    engine_position: AtomicU64,
    leaving: AtomicBool,
    stopping: AtomicBool,
    failure: RwLock<Option<String>>,
    /// Woken when the process has to end.
    pub ended: tokio::sync::Notify,
}

/// The definitions that new records and requests are judged by.
pub(crate) struct InForce {
    pub catalog: Catalog,
    pub rules: Rules,
}

impl InForce {
    fn new(catalog: Catalog) -> Self {
        Self { rules: Rules::new(&catalog), catalog }
    }
}

/// What an [`App`] is made of.
pub(crate) struct Parts {
    pub store: Arc<Store>,
    pub intake: Intake<Store>,
    pub activation: Activation,
    pub clock: Clock,
    pub tokens: Tokens,
    pub edge_url: Option<String>,
    pub catalog: Catalog,
    pub metrics: Arc<Metrics>,
    pub guardrails: guardrails::Rules,
    pub tracer: Arc<Tracer>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            store,
            intake,
            activation,
            clock,
            tokens,
            edge_url,
            catalog,
            metrics,
            guardrails,
            tracer,
        } = parts;
        Self {
            store,
            intake,
            clock,
            tokens,
            edge_url,
            bell: Bell::default(),
            activation,
            batch: Running::default(),
            counts: CountsCache::default(),
            buckets: Buckets::default(),
            metrics,
            guardrails,
            tracer,
            publishing: tokio::sync::Mutex::new(()),
            in_force: RwLock::new(Arc::new(InForce::new(catalog))),
            engine_position: AtomicU64::new(0),
            leaving: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            failure: RwLock::new(None),
            ended: tokio::sync::Notify::new(),
        }
    }

    /// The definitions in force.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the definitions: they have been saved.
    pub(crate) fn set_catalog(&self, catalog: Catalog) {
        self.activation.set_catalog(&catalog);
        let in_force = Arc::new(InForce::new(catalog));
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
        self.bell.ring();
    }

    /// The last record that the engine has applied.
    pub(crate) fn engine_position(&self) -> Position {
        self.engine_position.load(Ordering::Acquire)
    }

    /// The engine has moved on.
    pub(crate) fn engine_at(&self, position: Position) {
        self.engine_position.store(position, Ordering::Release);
        self.bell.ring();
    }

    /// Whether the process is about to end: what asks for readiness should send nobody here any more.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Says so; requests are still answered.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
    }

    /// Whether every loop has to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Asks everything to end.
    pub(crate) fn stop(&self) {
        self.leave();
        self.stopping.store(true, Ordering::Release);
        self.batch.end();
        self.bell.ring();
        self.ended.notify_waiters();
        self.ended.notify_one();
    }

    /// A loop cannot go on: what is on disk is safe, and a new process goes on from there.
    pub(crate) fn fail(&self, part: &str, error: &(dyn std::error::Error + 'static)) {
        tracing::error!(part, error, "cannot go on");
        let mut failure = self.failure.write().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert_with(|| format!("{part}: {error}"));
        drop(failure);
        self.stop();
    }

    /// Why the process has to end, if it has to.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs what waits for the disk on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    app: &Shared,
    work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let app = Arc::clone(app);
    match tokio::task::spawn_blocking(move || work(&app)).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a request's work did not end");
            Err(Problem::unavailable("the work did not end"))
        }
    }
}
