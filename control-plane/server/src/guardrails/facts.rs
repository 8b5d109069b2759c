//! What the guardrails are measured by: the catalogue and what was last counted, at one instant.

use std::sync::Arc;

use acquaint_batch::{Job, job};
use acquaint_core::plan::Mode;
use acquaint_engine::compile;
use acquaint_store::catalog::{Catalog, Connection, SchemaClass};

use crate::app::App;
use crate::counts::Census;
use crate::metrics::{Measured, Size};
use crate::problem::Problem;

const DAY_MS: i64 = 86_400_000;

/// Figures of one instant.
pub(crate) struct Facts {
    pub(super) catalog: Arc<crate::app::InForce>,
    pub(super) census: Arc<Census>,
    jobs: Vec<Job>,
    now_ms: i64,
    pub(super) store_bytes: u64,
    pub(super) records_per_second: f64,
    pub(super) decide_p95_seconds: Option<f64>,
    pub(super) told_p95_seconds: Option<f64>,
    pub(super) largest_event_bytes: u64,
    pub(super) largest_record_bytes: u64,
}

impl Facts {
    /// Looks at everything.
    pub(super) fn now(app: &App) -> Result<Self, Problem> {
        Self::of(app, &Measured::now(app)?)
    }

    /// What has just been looked at, and the rest.
    pub(crate) fn of(app: &App, measured: &Measured) -> Result<Self, Problem> {
        let now_ms = app.clock.now_ms();
        Ok(Self {
            catalog: app.in_force(),
            census: Arc::clone(&measured.census.0),
            jobs: job::list(&*app.store)?,
            now_ms,
            store_bytes: measured.store_bytes,
            records_per_second: app.metrics.rate.per_second(now_ms),
            decide_p95_seconds: app.metrics.decide_seconds.quantile(0.95),
            told_p95_seconds: app.metrics.told_seconds.quantile(0.95),
            largest_event_bytes: app.metrics.largest(Size::Event),
            largest_record_bytes: app.metrics.largest(Size::Record),
        })
    }

    /// The definitions.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog.catalog
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
        let today = self.now_ms.div_euclid(DAY_MS);
        self.jobs.iter().filter(|job| job.created_ms.div_euclid(DAY_MS) == today).count()
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
        flows.flat_map(|dataflow| &dataflow.audiences).collect::<std::collections::BTreeSet<_>>().len()
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
