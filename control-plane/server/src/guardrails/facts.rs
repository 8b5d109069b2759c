//! What the guardrails are measured by: the catalogue and what was last counted, at one instant.

use std::collections::BTreeSet;
use std::sync::Arc;

use acquaint_batch::{Job, Status, job};
use acquaint_core::lang::Authoring;
use acquaint_core::plan::Mode;
use acquaint_core::time::calendar::civil;
use acquaint_engine::compile;
use acquaint_engine::ingest::imports;
use acquaint_store::catalog::{Catalog, Connection, Dataflow, SchemaClass};

use crate::app::App;
use crate::counts::Census;
use crate::metrics::{Measured, Metrics, largest};
use crate::problem::Problem;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Figures of one instant.
pub(crate) struct Facts {
    pub(super) catalog: Arc<crate::app::InForce>,
    pub(super) census: Arc<Census>,
    metrics: Arc<Metrics>,
    authoring: Authoring,
    pub(super) exports: Exports,
    imports_ms: Vec<i64>,
    jobs: Vec<Job>,
    now_ms: i64,
    pub(super) store_bytes: u64,
    pub(super) records_per_second: f64,
    pub(super) decide_p95_seconds: Option<f64>,
    pub(super) told_p95_seconds: Option<f64>,
}

/// What was exported to files.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// Rows of the longest file.
    pub(super) file_rows_max: Option<u64>,
    /// Audiences that files of the last hour are of.
    pub(super) audiences_last_hour: usize,
    /// Of the dataflow that has most: exports that have not ended.
    pub(super) under_way_max: usize,
}

impl Facts {
    /// Looks at everything.
    pub(super) fn now(app: &App) -> Result<Self, Problem> {
        Self::of(app, &Measured::now(app)?)
    }

    /// What has just been looked at, and the rest.
    pub(crate) fn of(app: &App, measured: &Measured) -> Result<Self, Problem> {
        let now_ms = app.clock.now_ms();
        let in_force = app.in_force();
        Ok(Self {
            metrics: Arc::clone(&app.metrics),
            authoring: authoring(&in_force.catalog),
            exports: Exports::of(app, &in_force.catalog, now_ms)?,
            imports_ms: imports::list(&*app.store)?.iter().map(|import| import.created_ms).collect(),
            catalog: in_force,
            census: Arc::clone(&measured.census.0),
            jobs: job::list(&*app.store)?,
            now_ms,
            store_bytes: measured.store_bytes,
            records_per_second: app.metrics.rate.per_second(now_ms),
            decide_p95_seconds: app.metrics.decide_seconds.quantile(0.95),
            told_p95_seconds: app.metrics.told_seconds.quantile(0.95),
        })
    }

    /// The definitions.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog.catalog
    }

    /// The largest messages.
    pub(super) fn messages(&self) -> &largest::Messages {
        &self.metrics.messages
    }

    /// The most of what is limited in a rule.
    pub(super) fn authoring(&self) -> Authoring {
        self.authoring
    }

    /// Imports begun since midnight, UTC.
    pub(super) fn imports_today(&self) -> usize {
        self.imports_ms.iter().filter(|created_ms| self.is_today(**created_ms)).count()
    }

    /// Hours since the last batch job ended well.
    pub(super) fn hours_since_batch(&self) -> Option<f64> {
        let ended_ms = self.jobs.iter().filter_map(|job| job.finished_ms).max()?;
        Some(hours(self.now_ms.saturating_sub(ended_ms)))
    }

    /// How long the last batch job took, in hours.
    pub(super) fn batch_hours(&self) -> Option<f64> {
        let last = self.jobs.iter().rev().find(|job| job.finished_ms.is_some())?;
        Some(hours(last.finished_ms?.saturating_sub(last.started_ms?)))
    }

    /// Batch jobs asked for since midnight, UTC.
    pub(super) fn jobs_today(&self) -> usize {
        self.jobs.iter().filter(|job| self.is_today(job.created_ms)).count()
    }

    fn is_today(&self, at_ms: i64) -> bool {
        at_ms.div_euclid(DAY_MS) == self.now_ms.div_euclid(DAY_MS)
    }

    fn of_this_year(&self) -> impl Iterator<Item = &Job> {
        let year = civil(self.now_ms).year;
        self.jobs.iter().filter(move |job| civil(job.created_ms).year == year)
    }

    /// Batch jobs asked for since the year began, UTC.
    pub(super) fn jobs_this_year(&self) -> usize {
        self.of_this_year().count()
    }

    /// The most audiences that a job of this year named.
    pub(super) fn job_audiences_max(&self) -> Option<usize> {
        self.of_this_year().map(|job| job.audiences.len()).max()
    }

    /// Batch jobs that run now.
    pub(super) fn jobs_running(&self) -> usize {
        self.jobs.iter().filter(|job| job.status == Status::Processing).count()
    }

    /// The share of all profiles that the largest audience has, in percent.
    pub(super) fn largest_audience_percent(&self) -> Option<f64> {
        let largest = self.census.audiences.values().map(|count| count.realized).max()?;
        (self.census.profiles > 0).then(|| number(largest) * 100.0 / number(self.census.profiles))
    }
}

fn hours(ms: i64) -> f64 {
    number(u64::try_from(ms).unwrap_or(0)) / 3_600_000.0
}

/// A count as a figure; beyond 2^53 the last digits do not matter.
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// Audiences by mode; the edge's count as streaming too where the source says so.
pub(super) fn in_mode(catalog: &Catalog, wanted: &[Mode]) -> usize {
    let counted = catalog.audiences.values().filter(|audience| audience.lifecycle_state.counts());
    let modes = counted.map(|audience| compile::mode(&audience.evaluation_info));
    modes.filter(|mode| wanted.contains(mode)).count()
}

/// Audiences that count.
pub(super) fn audiences(catalog: &Catalog) -> usize {
    catalog.audiences.values().filter(|audience| audience.lifecycle_state.counts()).count()
}

/// Datasets of a class.
pub(super) fn datasets(catalog: &Catalog, class: SchemaClass) -> usize {
    let of = |schema: &String| catalog.schemas.get(schema).is_some_and(|schema| schema.class == class);
    catalog.datasets.values().filter(|dataset| of(&dataset.schema)).count()
}

/// Audiences of the destination that is sent most.
pub(super) fn audiences_per_destination(catalog: &Catalog) -> usize {
    let of = |id: &String| {
        let flows = catalog.dataflows.values().filter(|dataflow| dataflow.destination == *id);
        flows.flat_map(|dataflow| &dataflow.audiences).collect::<BTreeSet<_>>().len()
    };
    catalog.destinations.keys().map(of).max().unwrap_or(0)
}

/// Destinations that the edge serves from its own profile.
pub(super) fn custom_personalizations(catalog: &Catalog) -> usize {
    let is = |connection: &Connection| matches!(connection, Connection::CustomPersonalization { .. });
    catalog.destinations.values().filter(|destination| is(&destination.connection)).count()
}

/// Fields of the dataflow that sends most of them.
pub(super) fn fields_per_dataflow(catalog: &Catalog) -> usize {
    catalog.dataflows.values().map(|dataflow| dataflow.mapping.len()).max().unwrap_or(0)
}

/// Attributes that the destination of the edge with most of them hands out.
pub(super) fn attributes_per_edge_destination(catalog: &Catalog) -> usize {
    let is = |connection: &Connection| matches!(connection, Connection::CustomPersonalization { .. });
    let at_edge = catalog.destinations.values().filter(|destination| is(&destination.connection));
    let of = |id: &str| -> usize {
        let flows = catalog.dataflows.values().filter(|dataflow| dataflow.destination == id);
        flows.map(|dataflow| dataflow.mapping.len()).sum()
    };
    at_edge.map(|destination| of(&destination.id)).max().unwrap_or(0)
}

/// Audiences of the dataflow to files that has most.
pub(super) fn audiences_per_file_dataflow(catalog: &Catalog) -> usize {
    file_dataflows(catalog).map(|dataflow| dataflow.audiences.len()).max().unwrap_or(0)
}

/// Steps of the longest path at which a source finds an identity.
pub(super) fn identity_path_steps(catalog: &Catalog) -> Option<usize> {
    let paths = catalog.sources.values().flat_map(|source| &source.identities);
    paths.map(|identity| identity.from.split('.').count()).max()
}

fn file_dataflows(catalog: &Catalog) -> impl Iterator<Item = &Dataflow> {
    catalog.dataflows.values().filter(|dataflow| {
        let destination = catalog.destinations.get(&dataflow.destination);
        destination.is_some_and(|destination| matches!(destination.connection, Connection::CsvFile { .. }))
    })
}

/// The most of each in the rules of audiences that count.
fn authoring(catalog: &Catalog) -> Authoring {
    let counted = catalog.audiences.values().filter(|audience| audience.lifecycle_state.counts());
    counted
        .map(|audience| Authoring::of(&audience.expression.value))
        .fold(Authoring::default(), Authoring::max)
}

impl Exports {
    fn of(app: &App, catalog: &Catalog, now_ms: i64) -> Result<Self, Problem> {
        let mut exports = Self::default();
        let mut of_hour = BTreeSet::new();
        for dataflow in file_dataflows(catalog) {
            let runs = app.activation.runs(&dataflow.id)?;
            let under_way = runs.iter().filter(|run| run.finished_ms.is_none()).count();
            exports.under_way_max = exports.under_way_max.max(under_way);
            for run in &runs {
                let rows = run.files.iter().map(|file| file.rows).max();
                exports.file_rows_max = exports.file_rows_max.max(rows);
                if now_ms.saturating_sub(run.started_ms) < HOUR_MS {
                    of_hour
                        .extend(run.files.iter().map(|file| (run.dataflow.clone(), file.audience.clone())));
                }
            }
        }
        exports.audiences_last_hour = of_hour.len();
        Ok(exports)
    }
}
