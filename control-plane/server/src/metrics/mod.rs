//! What is counted while things happen ([`Metrics`]), and what is looked up when somebody asks ([`measured`]). Labels are
//! ids of definitions and words of our own, never anything of a person, so their number is bounded by the catalogue.
//! `docs/operations.md` names every family.

pub(crate) mod largest;
mod latency;
mod measured;
mod process;
mod rate;
mod seldom;
mod sheet;

use acquaint_activation::settings::{Observed, Told};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

pub(crate) use latency::Latency;
pub(crate) use measured::Measured;
pub(crate) use rate::Rate;
pub(crate) use seldom::Seldom;
pub(crate) use sheet::Sheet;

use crate::app::App;
use crate::guardrails::{self, Facts};
use crate::problem::Problem;

/// The media type of what [`render`] writes: the text format that everything that scrapes can read.
pub(crate) const MEDIA_TYPE: &str = prometheus_text::CONTENT_TYPE;
/// What every name begins with.
const PREFIX: &str = "acquaint";
/// A source or datastream that nobody has defined.
const UNKNOWN: &str = "unknown";

/// What became of something that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Taken {
    /// In the log.
    Accepted,
    /// In the log before.
    Duplicate,
    /// In quarantine.
    Quarantined,
    /// Asked to come again: more than may be sent now.
    TurnedAway,
}

impl Taken {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
            Self::TurnedAway => "turned_away",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    source: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDataflow {
    dataflow: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    dataflow: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKeeper {
    of: &'static str,
}

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    ingested: Family<BySource, Counter>,
    requests: Family<ByStatus, Counter>,
    engine_records: Counter,
    deliveries: Family<ByOutcome, Counter>,
    delivery_seconds: Family<ByDataflow, Latency>,
    published: Family<ByStatus, Counter>,
    forgotten: Family<ByKeeper, Counter>,
    /// From accepted to decided.
    pub decide_seconds: Latency,
    /// From decided to confirmed, over all dataflows.
    pub told_seconds: Latency,
    /// Records decided.
    pub rate: Rate,
    /// The largest of what was taken in.
    pub messages: largest::Messages,
    counts: Seldom<crate::counts::Census>,
    flows: Seldom<Vec<acquaint_activation::Status>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let ingested = Family::default();
        registry.register(
            "ingest_records",
            "What came in, by source or datastream and by what became of it",
            Family::clone(&ingested),
        );
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by class of status", Family::clone(&requests));
        let engine_records = Counter::default();
        registry.register("engine_records", "Records that the engine has decided", engine_records.clone());
        let decide_seconds = Latency::default();
        registry.register(
            "decide_seconds",
            "From the acceptance of a record to its memberships being decided; a record counts as the oldest of its commit",
            decide_seconds.clone(),
        );
        let deliveries = Family::default();
        registry.register(
            "deliveries",
            "Attempts to tell a destination something, by outcome",
            Family::clone(&deliveries),
        );
        let delivery_seconds = Family::default();
        registry.register(
            "delivery_seconds",
            "From a decision to the destination's confirmation",
            Family::clone(&delivery_seconds),
        );
        let published = Family::default();
        registry.register("edge_publishes", "Requests to the edge, by outcome", Family::clone(&published));
        let forgotten = Family::default();
        registry.register(
            "retention_removed",
            "What was there long enough and is gone, by where it was",
            Family::clone(&forgotten),
        );
        Self {
            registry,
            ingested,
            requests,
            engine_records,
            deliveries,
            delivery_seconds,
            published,
            forgotten,
            decide_seconds,
            told_seconds: Latency::default(),
            rate: Rate::default(),
            messages: largest::Messages::default(),
            counts: Seldom::default(),
            flows: Seldom::default(),
        }
    }
}

impl Metrics {
    /// So many records of a source or datastream have come in; `None` is one that nobody has defined.
    pub(crate) fn ingested(&self, source: Option<&str>, taken: Taken, records: usize) {
        if records > 0 {
            let labels = BySource { source: source.unwrap_or(UNKNOWN).to_owned(), outcome: taken.name() };
            self.ingested.get_or_create(&labels).inc_by(u64::try_from(records).unwrap_or(u64::MAX));
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, status: axum::http::StatusCode) {
        let status = match status.as_u16() {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.requests.get_or_create(&ByStatus { status }).inc();
    }

    /// The engine has committed records, of which the first had been waiting so long.
    pub(crate) fn decided(&self, records: u64, waited_ms: u64, now_ms: i64) {
        self.engine_records.inc_by(records);
        self.decide_seconds.observe(waited_ms, records);
        self.rate.add(now_ms, records);
    }

    /// A destination was told something, or was not. `timed`: decisions and deliveries are by the same clock.
    pub(crate) fn told(&self, told: &Observed<'_>, timed: bool) {
        let outcome = match told.told {
            Told::Confirmed => "confirmed",
            Told::Failed => "failed",
            Told::Refused => "refused",
            Told::Disabled => "disabled",
        };
        let dataflow = told.dataflow.to_owned();
        self.deliveries.get_or_create(&ByOutcome { dataflow: dataflow.clone(), outcome }).inc();
        if timed && told.told == Told::Confirmed {
            let took_ms = u64::try_from(told.took_ms).unwrap_or(0);
            self.delivery_seconds.get_or_create(&ByDataflow { dataflow }).observe(took_ms, 1);
            self.told_seconds.observe(took_ms, 1);
        }
    }

    /// So many things have been there long enough.
    pub(crate) fn forgotten(&self, of: &'static str, things: usize) {
        if things > 0 {
            self.forgotten.get_or_create(&ByKeeper { of }).inc_by(u64::try_from(things).unwrap_or(u64::MAX));
        }
    }

    /// A request to the edge was made.
    pub(crate) fn published(&self, reached: bool) {
        let status = if reached { "acknowledged" } else { "failed" };
        self.published.get_or_create(&ByStatus { status }).inc();
    }
}

/// All of it as text.
pub(crate) fn render(app: &App) -> Result<String, Problem> {
    let measured = Measured::now(app)?;
    let mut sheet = measured.sheet();
    guardrails::add_to(&mut sheet, &Facts::of(app, &measured)?);
    let mut looked_up = Registry::with_prefix(PREFIX);
    looked_up.register_collector(Box::new(sheet));
    let mut out = String::new();
    let written = prometheus_text::encode(&mut out, &app.metrics.registry)
        .and_then(|()| prometheus_text::encode(&mut out, &looked_up));
    written.map_err(|_| Problem::unavailable("the metrics cannot be written"))?;
    Ok(out)
}
