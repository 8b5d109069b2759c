//! What is looked up when somebody asks: lags, sizes, members, dataflows.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use acquaint_core::id::ProfileId;
use acquaint_core::wire;
use acquaint_engine::Progress;
use acquaint_store::record::Record;
use acquaint_store::{Log, ProfileStore, Read, Table, Topic, keys};

use super::process;
use super::sheet::{Label, Sheet, figure};
use crate::app::App;
use crate::counts::Census;
use crate::problem::Problem;

/// Rows that are counted at most; more are "at least so many".
const COUNTED_MAX: usize = 100_000;

/// Figures of one instant.
#[derive(Debug)]
pub(crate) struct Measured {
    log_end: u64,
    changes_end: u64,
    engine_position: u64,
    activation_position: u64,
    /// How long the oldest record that is not decided has been waiting.
    engine_lag_ms: u64,
    backfilling: bool,
    timers_due: u64,
    edge_owed: u64,
    audiences: u64,
    /// What there is of profiles, and how old the figures are.
    pub(crate) census: (Arc<Census>, Duration),
    flows: Arc<Vec<acquaint_activation::Status>>,
    pub(crate) store_bytes: u64,
    resident_bytes: Option<u64>,
    records_per_second: f64,
}

impl Measured {
    /// Looks at everything.
    pub(crate) fn now(app: &App) -> Result<Self, Problem> {
        let snapshot = app.store.snapshot();
        let progress = Progress::load(&*snapshot)?;
        let now_ms = app.clock.now_ms();
        let in_force = app.in_force();
        let census = app.metrics.counts.get(|| crate::counts::count(&*app.store, &in_force.catalog))?;
        let (flows, _) = app.metrics.flows.get(|| {
            let statuses = in_force.catalog.dataflows.keys().map(|id| app.activation.status(id));
            statuses.collect::<acquaint_activation::Result<Vec<_>>>()
        })?;
        Ok(Self {
            engine_lag_ms: waiting_ms(app, progress.position, now_ms)?,
            engine_position: progress.position,
            activation_position: app.activation.position(),
            backfilling: progress.backfill.is_some(),
            timers_due: timers_due(&*snapshot, progress.now_ms, now_ms)?,
            edge_owed: rows(&*snapshot, Table::Projections)?
                .saturating_add(rows(&*snapshot, Table::EdgeDebts)?),
            audiences: as_count(in_force.catalog.audiences.len()),
            census,
            flows,
            store_bytes: app.store.disk_bytes()?,
            resident_bytes: process::resident_bytes(),
            records_per_second: app.metrics.rate.per_second(now_ms),
            // Last, so that what arrives meanwhile is not taken for settled.
            log_end: app.store.end(Topic::Records),
            changes_end: app.store.end(Topic::Changes),
        })
    }

    /// As families of figures.
    pub(super) fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::default();
        self.log(&mut sheet);
        self.members(&mut sheet);
        self.dataflows(&mut sheet);
        sheet.one("store_bytes", "Bytes of tables, logs and journal on disk", figure(self.store_bytes));
        if let Some(bytes) = self.resident_bytes {
            sheet.one("resident_memory_bytes", "Memory of this process", figure(bytes));
        }
        sheet
    }

    fn log(&self, sheet: &mut Sheet) {
        sheet.many(
            "log_records",
            "Records ever appended, by log",
            [("records", self.log_end), ("changes", self.changes_end)]
                .map(|(log, end)| (vec![("log", log.to_owned())], figure(end))),
        );
        let lag = self.log_end.saturating_sub(self.engine_position);
        sheet.one("engine_lag_records", "Records accepted and not decided", figure(lag));
        sheet.one(
            "engine_lag_seconds",
            "How long the oldest record that is not decided has been waiting",
            figure(self.engine_lag_ms) / 1_000.0,
        );
        sheet.one(
            "engine_records_per_second",
            "Records decided a second, over a quarter of an hour",
            self.records_per_second,
        );
        sheet.one(
            "engine_backfilling",
            "1 while profiles are moved to a changed program",
            u8::from(self.backfilling),
        );
        sheet.one(
            "timers_due",
            "Deadlines that have passed and are not applied; 100000 means at least so many",
            figure(self.timers_due),
        );
        sheet.one(
            "edge_projections_owed",
            "Profiles that edges have to be sent, once for each edge; 100000 means at least so many",
            figure(self.edge_owed),
        );
        let lag = self.changes_end.saturating_sub(self.activation_position);
        sheet.one("activation_lag_changes", "Changes decided and not planned for destinations", figure(lag));
    }

    fn members(&self, sheet: &mut Sheet) {
        let (census, age) = &self.census;
        sheet.one("profiles", "Profiles, as of the last count", figure(census.profiles));
        sheet.one("audiences", "Audiences defined", figure(self.audiences));
        sheet.many(
            "audience_members",
            "Profiles in each audience, as of the last count",
            census
                .audiences
                .iter()
                .map(|(id, count)| (vec![("audience", id.clone())], figure(count.realized))),
        );
        sheet.one("audience_members_age_seconds", "How old the last count is", age.as_secs_f64());
    }

    fn dataflows(&self, sheet: &mut Sheet) {
        let label = |status: &acquaint_activation::Status| -> Vec<Label> {
            vec![("dataflow", status.dataflow.clone())]
        };
        type Take = fn(&acquaint_activation::Status) -> u64;
        let families: [(&'static str, &'static str, Take); 6] = [
            ("dataflow_desired", "Members the destination should know", |status| status.desired),
            ("dataflow_delivered", "Members the destination has confirmed", |status| status.delivered),
            ("dataflow_pending", "Rows of which the destination has to be told something", |status| {
                status.pending
            }),
            ("dataflow_failed", "Of those, the ones whose last attempt failed", |status| status.failed),
            ("dataflow_dead", "Deliveries given up", |status| status.dead),
            ("dataflow_circuit_open", "1 while the destination is left alone after failures", |status| {
                u64::from(status.circuit.paused_until_ms.is_some())
            }),
        ];
        for (name, help, take) in families {
            sheet.many(name, help, self.flows.iter().map(|status| (label(status), figure(take(status)))));
        }
    }
}

/// How long the first record after a position has been waiting, by the clock of decisions.
fn waiting_ms(app: &App, position: u64, now_ms: i64) -> Result<u64, Problem> {
    let Some((at, bytes)) = app.store.read(Topic::Records, position, 1)?.into_iter().next() else {
        return Ok(0);
    };
    let record: Record = wire::open(&bytes)
        .map_err(|source| acquaint_store::Error::Damaged { place: format!("records at {at}"), source })?;
    Ok(u64::try_from(now_ms.saturating_sub(record.received_ms)).unwrap_or(0))
}

fn timers_due(tables: &(impl Read + ?Sized), from_ms: i64, now_ms: i64) -> Result<u64, Problem> {
    let from = keys::timer(from_ms, ProfileId(0));
    let to = keys::timer(now_ms, ProfileId(u64::MAX));
    let due = tables.scan(Table::Timers, Bound::Included(&from), Bound::Included(&to), COUNTED_MAX)?;
    Ok(as_count(due.len()))
}

fn rows(tables: &(impl Read + ?Sized), table: Table) -> Result<u64, Problem> {
    Ok(as_count(tables.scan(table, Bound::Unbounded, Bound::Unbounded, COUNTED_MAX)?.len()))
}

fn as_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
