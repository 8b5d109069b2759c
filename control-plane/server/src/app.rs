//! What all routes and background loops share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use acquaint_activation::Activation;
use acquaint_core::id::Position;
use acquaint_engine::{Intake, Rules};
use acquaint_store::ComputedValues;
use acquaint_store::catalog::Catalog;
use tokio::sync::{Semaphore, watch};

use crate::background::batch::Running;
use crate::bell::Bell;
use crate::clock::Clock;
use crate::counts::CountsCache;
use crate::edges::Edges;
use crate::guardrails::catalog as guardrails;
use crate::hint::Hint;
use crate::http::changes::STREAMS_MAX;
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
    pub edges: Edges,
    /// Rung when the engine has worked, the clock was moved, the catalogue has changed, or it is time to stop.
    pub bell: Bell,
    pub activation: Activation,
    pub batch: Running,
    pub counts: CountsCache,
    /// Whether there are uploads to end.
    pub uploads: Hint,
    /// Whether there are imports from object storage to go on with.
    pub objects: Hint,
    /// What each source may still send.
    pub buckets: Buckets,
    pub metrics: Arc<Metrics>,
    pub guardrails: guardrails::Rules,
    pub tracer: Arc<Tracer>,
    /// Room for clients that follow changes.
    pub streams: Arc<Semaphore>,
    /// One change of the catalogue at a time.
    pub publishing: tokio::sync::Mutex<()>,
    in_force: RwLock<Arc<InForce>>,
    engine: watch::Sender<Position>,
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
    /// What is computed of events.
    pub computed: ComputedValues,
}

impl InForce {
    fn new(catalog: Catalog) -> Self {
        let fingerprint = match catalog.computed_attributes.is_empty() {
            true => None,
            false => acquaint_engine::fingerprint(&catalog),
        };
        Self { rules: Rules::new(&catalog), computed: ComputedValues::of(&catalog, fingerprint), catalog }
    }
}

/// What an [`App`] is made of.
pub(crate) struct Parts {
    pub store: Arc<Store>,
    pub intake: Intake<Store>,
    pub activation: Activation,
    pub clock: Clock,
    pub tokens: Tokens,
    pub edges: Edges,
    pub catalog: Catalog,
    pub metrics: Arc<Metrics>,
    pub guardrails: guardrails::Rules,
    pub tracer: Arc<Tracer>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { store, intake, activation, clock, tokens, edges, catalog, metrics, guardrails, tracer } =
            parts;
        Self {
            store,
            intake,
            clock,
            tokens,
            edges,
            bell: Bell::default(),
            activation,
            batch: Running::default(),
            counts: CountsCache::default(),
            uploads: Hint::default(),
            objects: Hint::default(),
            buckets: Buckets::default(),
            metrics,
            guardrails,
            tracer,
            publishing: tokio::sync::Mutex::new(()),
            in_force: RwLock::new(Arc::new(InForce::new(catalog))),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            engine: watch::Sender::new(0),
            leaving: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            failure: RwLock::new(None),
            ended: tokio::sync::Notify::new(),
        }
    }

    /// With nothing in it, a clock that stands, and one token for everybody.
    #[cfg(test)]
    pub(crate) fn for_tests(folder: &std::path::Path) -> Shared {
        use crate::tokens::{EdgeTokens, Token};
        let store = Arc::new(Store::open(folder.join("store")).unwrap());
        let storage = Arc::clone(&store) as Arc<dyn acquaint_activation::Storage>;
        Arc::new(Self::new(Parts {
            activation: Activation::new(storage, acquaint_activation::Settings::new(folder)).unwrap(),
            intake: Intake::open(Arc::clone(&store)).unwrap(),
            store,
            clock: Clock::manual(0),
            tokens: Tokens { admin: Token::new("a"), edge: EdgeTokens::new("a") },
            edges: Edges::default(),
            catalog: Catalog::default(),
            metrics: Arc::default(),
            guardrails: Default::default(),
            tracer: Arc::default(),
        }))
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
        *self.engine.borrow()
    }

    /// Tells whenever the engine has worked, or it is time to stop.
    pub(crate) fn watch_engine(&self) -> watch::Receiver<Position> {
        self.engine.subscribe()
    }

    /// The engine has moved on.
    pub(crate) fn engine_at(&self, position: Position) {
        self.engine.send_replace(position);
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
        self.engine.send_modify(|_| {});
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
