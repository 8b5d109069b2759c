//! The room's one handle: what the server holds, and what the executor's tasks share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use acquaint_core::id::Position;
use acquaint_store::catalog::{self, Catalog};
use acquaint_store::record::Change;
use acquaint_store::{Log, ProfileStore, Topic};

use crate::error::{Error, Result};
use crate::ledger::book::{self, Draft};
use crate::plan::{Ground, Now, Progress, apply, changed, work};
use crate::settings::Settings;
use crate::view::{Flow, View};

/// Changes consumed in one step.
const CHANGES_PER_STEP: usize = 256;

/// The store, as activation needs it.
pub trait Storage: Log + ProfileStore {}

impl<T: Log + ProfileStore> Storage for T {}

/// Activation. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Activation {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Storage>,
    pub(crate) settings: Settings,
    view: RwLock<Arc<View>>,
    planner: Mutex<Planner>,
    /// Held while rows of the ledger are read, changed and written.
    writing: Mutex<()>,
}

struct Planner {
    progress: Progress,
    /// The view that `progress.flows` follows.
    planned: Option<Arc<View>>,
}

/// Takes a lock. A holder that panicked has left nothing half done: what is shared is only what has been committed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Activation {
    /// Activation over a store. The catalogue is read whenever its version has changed.
    ///
    /// # Errors
    ///
    /// If its progress cannot be read.
    pub fn new(store: Arc<dyn Storage>, settings: Settings) -> Result<Self> {
        let progress = Progress::load(&*store)?;
        let planner = Mutex::new(Planner { progress, planned: None });
        let shared = Shared { store, settings, view: RwLock::default(), planner, writing: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Takes a catalogue that has been saved into use at once, instead of with the next look at its version.
    pub fn set_catalog(&self, catalog: &Catalog) {
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        if view.version < catalog.version {
            *view = Arc::new(View::of(catalog, &view, &self.shared.settings));
        }
    }

    /// Plans the next few changes, or a piece of what a changed catalogue asks for, at `now_ms`, and says how many; 0:
    /// there is nothing to plan.
    ///
    /// # Errors
    ///
    /// If the store fails; nothing of the step has happened then.
    pub fn plan_step(&self, now_ms: i64) -> Result<usize> {
        let shared = &*self.shared;
        let view = shared.view()?;
        let mut planner = lock(&shared.planner);
        let mut progress = planner.progress.clone();
        if !planner.planned.as_ref().is_some_and(|planned| Arc::ptr_eq(planned, &view)) {
            let (flows, jobs) = changed(&progress.flows, &view, now_ms);
            progress.flows = flows;
            progress.jobs.extend(jobs);
        }
        let flows = progress.flows.clone();
        let network_ms = (shared.settings.network_clock)();
        let now = Now { decided_ms: now_ms, network_ms, position: 0 };
        let ground = Ground { store: &*shared.store, view: &view, flows: &flows, now };

        let _writing = shared.writing();
        let mut draft = Draft::new(&*shared.store);
        let count = if progress.jobs.iter().any(|job| job.is_urgent()) {
            work(&mut draft, &mut progress, ground)?
        } else {
            match consume(shared, &mut draft, &mut progress, ground)? {
                0 => work(&mut draft, &mut progress, ground)?,
                consumed => consumed,
            }
        };
        let (mut batch, due) = draft.finish()?;
        // A piece of a purge leaves the progress as it is.
        let moved = progress != planner.progress || !batch.writes.is_empty();
        if moved {
            batch.writes.push(progress.to_row()?);
            // Not flushed: the position is in the same batch, and every delivery flushes before it is sent.
            shared.store.commit(batch, false)?;
            planner.progress = progress;
            for flow in due.iter().filter_map(|dataflow| view.flows.get(dataflow)) {
                flow.wake.notify_one();
            }
        }
        planner.planned = Some(view);
        Ok(count.max(usize::from(moved)))
    }

    /// The position of the last change that has been planned.
    pub fn position(&self) -> Position {
        lock(&self.shared.planner).progress.position
    }

    /// A changed catalogue still asks for something: a back-fill, a withdrawal.
    pub fn is_catching_up(&self) -> bool {
        let view = Arc::clone(&self.shared.view.read().unwrap_or_else(PoisonError::into_inner));
        let planner = lock(&self.shared.planner);
        let planned = planner.planned.as_ref().is_some_and(|planned| Arc::ptr_eq(planned, &view));
        !planned || !planner.progress.jobs.is_empty()
    }
}

fn consume(
    shared: &Shared,
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    ground: Ground<'_>,
) -> Result<usize> {
    let records = shared.store.read(Topic::Changes, progress.position, CHANGES_PER_STEP)?;
    for (position, payload) in &records {
        let change: Change = book::open_record(*position, payload)?;
        apply(draft, progress, &change, ground)?;
        progress.position = *position;
    }
    Ok(records.len())
}

impl Shared {
    /// The catalogue in force, ready for use.
    pub(crate) fn view(&self) -> Result<Arc<View>> {
        let version = catalog::store::version(&*self.store)?;
        let known = Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        if view.version != version {
            let catalog = catalog::store::load(&*self.store.snapshot())?;
            *view = Arc::new(View::of(&catalog, &view, &self.settings));
        }
        Ok(Arc::clone(&view))
    }

    pub(crate) fn flow(&self, dataflow: &str) -> Result<Arc<Flow>> {
        let view = self.view()?;
        view.flows.get(dataflow).cloned().ok_or_else(|| Error::NoDataflow(dataflow.into()))
    }

    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        lock(&self.writing)
    }

    pub(crate) fn network_now_ms(&self) -> i64 {
        (self.settings.network_clock)()
    }

    /// Whether the planner still owes the dataflow a back-fill or a withdrawal, and since when it has planned for it.
    pub(crate) fn planning(&self, dataflow: &str) -> (bool, Option<i64>) {
        let planner = lock(&self.planner);
        let known = planner.progress.flows.get(dataflow);
        let owed = planner.progress.jobs.iter().any(|job| job.dataflow() == dataflow);
        (owed || known.is_none(), known.map(|flow| flow.since_ms))
    }
}
