//! The rows: those of the blueprint's tables first, then those of the product's documentation (`pql.md` section 4).

use acquaint_core::limits;
use acquaint_core::plan::Mode;
use acquaint_store::catalog::SchemaClass;
use serde::Serialize;

use super::Facts;
use super::facts::{
    audiences, audiences_per_destination, custom_personalizations, datasets, fields_per_dataflow, in_mode,
    number,
};

/// What becomes of whoever exceeds a guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// It is refused, with a problem or into quarantine.
    Enforced,
    /// It is said, and goes on.
    Warned,
    /// It is shown: this system does more.
    Surpassed,
    /// It holds by construction.
    Inherent,
    /// What it limits does not exist here.
    Absent,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Warned => "warned",
            Self::Surpassed => "surpassed",
            Self::Inherent => "inherent",
            Self::Absent => "absent",
        }
    }
}

/// One row.
pub(crate) struct Guardrail {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) documented: &'static str,
    pub(crate) kind: Kind,
    pub(crate) limit: Option<f64>,
    pub(crate) unit: &'static str,
    pub(crate) measure: fn(&Facts) -> Option<f64>,
    pub(crate) note: &'static str,
}

const EDGE: &str = "blueprint: edge segmentation";
const STREAMING: &str = "blueprint: streaming segmentation";
const INCREMENTAL: &str = "blueprint: incremental segmentation";
const BATCH: &str = "blueprint: batch segmentation";
const SHARING: &str = "blueprint: cross application sharing";
const PROFILE: &str = "documentation: profile";
const AUDIENCES: &str = "documentation: audiences";
const IDENTITY: &str = "documentation: identity";
const DESTINATIONS: &str = "documentation: destinations";

const fn row(name: &'static str, source: &'static str, documented: &'static str, kind: Kind) -> Guardrail {
    Guardrail { name, source, documented, kind, limit: None, unit: "", measure: |_| None, note: "" }
}

impl Guardrail {
    const fn at(mut self, limit: f64, unit: &'static str) -> Self {
        self.limit = Some(limit);
        self.unit = unit;
        self
    }

    const fn by(mut self, measure: fn(&Facts) -> Option<f64>) -> Self {
        self.measure = measure;
        self
    }

    const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

fn count(count: usize) -> Option<f64> {
    Some(number(u64::try_from(count).unwrap_or(u64::MAX)))
}

/// Every guardrail.
pub(crate) const TABLE: &[Guardrail] = &[
    row("edge_frequency", EDGE, "edge segmentation in the personalization request", Kind::Inherent)
        .note("the event of a request counts in its own answer"),
    row("edge_evaluation_seconds", EDGE, "about 100 ms to evaluate", Kind::Surpassed)
        .at(0.1, "s")
        .note("measured where it runs: `cargo xtask bench`; the edge does not report its times here"),
    row(
        "edge_activation",
        EDGE,
        "available in the same request, to cookie destinations on the next page",
        Kind::Inherent,
    )
    .note("both are in the same answer"),
    row(
        "edge_payload",
        EDGE,
        "look-ups carry memberships and attributes, cookies memberships",
        Kind::Inherent,
    ),
    row(
        "streaming_frequency",
        STREAMING,
        "every event or record of a valid streaming audience",
        Kind::Inherent,
    ),
    row("streaming_events_per_second", STREAMING, "up to 1500 events a second", Kind::Surpassed)
        .at(1_500.0, "1/s")
        .by(|facts| Some(facts.records_per_second))
        .note("records decided, over a quarter of an hour; nothing is dropped above the limit"),
    row("streaming_evaluation_seconds", STREAMING, "about 5 minutes to evaluate, p95", Kind::Warned)
        .at(300.0, "s")
        .by(|facts| facts.decide_p95_seconds)
        .note("p95 since the start, from accepted to decided; the end of a bucket"),
    row(
        "streaming_activation_seconds",
        STREAMING,
        "about 1 to 10 minutes to streaming destinations",
        Kind::Warned,
    )
    .at(600.0, "s")
    .by(|facts| facts.told_p95_seconds)
    .note("p95 since the start, from decided to confirmed, over all dataflows"),
    row("streaming_scheduled", STREAMING, "scheduled destinations by their schedule", Kind::Inherent),
    row("streaming_payload", STREAMING, "membership changes, identities and attributes", Kind::Inherent),
    row(
        "incremental_hours",
        INCREMENTAL,
        "once an hour for what came since the last evaluation",
        Kind::Absent,
    )
    .at(1.0, "h")
    .note("no incremental runs yet; streaming audiences need none"),
    row("batch_hours_between", BATCH, "once a day, or on demand", Kind::Warned)
        .at(24.0, "h")
        .by(Facts::hours_since_batch)
        .note("hours since the last job ended"),
    row("batch_hours", BATCH, "about one hour a job up to 10 TB, two up to 100 TB", Kind::Warned)
        .at(1.0, "h")
        .by(Facts::batch_hours)
        .note("how long the last job took"),
    row("store_bytes", BATCH, "up to 10 TB of profiles for a job of one hour", Kind::Warned)
        .at(10e12, "B")
        .by(|facts| Some(number(facts.store_bytes)))
        .note("everything this process keeps on disk"),
    row(
        "batch_activation",
        BATCH,
        "batch audiences reach streaming destinations when the job is complete",
        Kind::Inherent,
    )
    .note("its changes go the same way as all others; see streaming_activation_seconds"),
    row(
        "sharing_manager",
        SHARING,
        "to Audience Manager: within minutes, after a first sync of about 4 hours",
        Kind::Inherent,
    )
    .note("members from before a dataflow began are told as `existing`"),
    row("sharing_analytics_audiences", SHARING, "at most 75 audiences of a report suite", Kind::Absent)
        .at(75.0, ""),
    row("sharing_analytics_to_cdp", SHARING, "from Analytics: not available", Kind::Absent),
    row("profile_datasets", PROFILE, "20 profile datasets", Kind::Warned)
        .at(20.0, "")
        .by(|facts| count(datasets(facts.catalog(), SchemaClass::Profile))),
    row("event_datasets", PROFILE, "20 event datasets", Kind::Warned)
        .at(20.0, "")
        .by(|facts| count(datasets(facts.catalog(), SchemaClass::Event))),
    row("event_bytes", PROFILE, "10 KB an event, more is dropped", Kind::Surpassed)
        .at(10_240.0, "B")
        .by(|facts| Some(number(facts.largest_event_bytes)))
        .note("the largest since the start; 32 KB are taken, as Segment's clients may send them"),
    row("record_bytes", PROFILE, "100 KB a record, more is dropped", Kind::Enforced)
        .at(102_400.0, "B")
        .by(|facts| Some(number(facts.largest_record_bytes)))
        .note("the largest since the start; more goes to quarantine"),
    row("profile_bytes", PROFILE, "50 MB a profile", Kind::Warned)
        .at(50e6, "B")
        .by(|facts| count(facts.census.profile_bytes_max))
        .note("the largest as stored, without its events"),
    row("events_per_profile", PROFILE, "5000 events a profile, more are not segmented", Kind::Enforced)
        .at(5_000.0, "")
        .by(|facts| Some(f64::from(facts.census.events_max)))
        .note("the newest are kept and segmented"),
    row("merge_policies", PROFILE, "5 merge policies", Kind::Enforced)
        .at(5.0, "")
        .by(|facts| count(usize::from(facts.catalog().merge_policy.is_some()))),
    row("audiences", AUDIENCES, "4000 audiences", Kind::Enforced)
        .at(4_000.0, "")
        .by(|facts| count(audiences(facts.catalog()))),
    row("audiences_streaming", AUDIENCES, "500 streaming audiences, edge included", Kind::Enforced)
        .at(500.0, "")
        .by(|facts| count(in_mode(facts.catalog(), &[Mode::Streaming, Mode::Edge])))
        .note("`serve --guardrails native` lifts it: cost grows with the leaves an event touches"),
    row("audiences_edge", AUDIENCES, "150 edge audiences", Kind::Enforced)
        .at(150.0, "")
        .by(|facts| count(in_mode(facts.catalog(), &[Mode::Edge])))
        .note("`serve --guardrails native` lifts it"),
    row(
        "external_audience_days",
        AUDIENCES,
        "memberships of external audiences last 1 to 90 days, 30 unless it is said",
        Kind::Enforced,
    )
    .at(90.0, "d")
    .by(|facts| {
        facts.catalog().externals().map(|(_, external)| f64::from(external.ttl_in_days)).reduce(f64::max)
    })
    .note("the longest"),
    row("batch_on_demand_per_day", AUDIENCES, "2 evaluations on demand a day", Kind::Surpassed)
        .at(2.0, "")
        .by(|facts| count(facts.jobs_today()))
        .note("jobs since midnight UTC, the daily one included"),
    row("audience_percent", AUDIENCES, "an audience of more than 30 % of all profiles", Kind::Warned)
        .at(30.0, "%")
        .by(Facts::largest_audience_percent)
        .note("the largest"),
    row("sequence_events", AUDIENCES, "6 events in a sequence", Kind::Warned)
        .at(6.0, "")
        .note("said of the rule when it is saved (PQL07)"),
    row("aggregations", AUDIENCES, "3 aggregations in a rule", Kind::Warned)
        .at(3.0, "")
        .note("said of the rule when it is saved (PQL07)"),
    row("look_back", AUDIENCES, "windows of 24 hours at the edge and 7 days streaming", Kind::Surpassed)
        .note("windows of any length; the verdict `adobe` says what the documented rules allow"),
    row("identities_per_profile", IDENTITY, "50 identities a graph, more are excluded", Kind::Enforced)
        .at(50.0, "")
        .by(|facts| count(facts.census.identities_max))
        .note("the oldest of the weakest kind go, as documented; the profile stays segmented"),
    row("identities_per_record", IDENTITY, "20 identities a record", Kind::Enforced)
        .at(20.0, "")
        .note("more goes to quarantine"),
    row("identity_characters", IDENTITY, "1024 characters an identity, 38 digits an ECID", Kind::Enforced)
        .at(1_024.0, "")
        .note("others go to quarantine"),
    row("destinations", DESTINATIONS, "100 destinations", Kind::Enforced)
        .at(100.0, "")
        .by(|facts| count(facts.catalog().destinations.len())),
    row(
        "destinations_personalization",
        DESTINATIONS,
        "10 custom personalization destinations",
        Kind::Enforced,
    )
    .at(10.0, "")
    .by(|facts| count(custom_personalizations(facts.catalog()))),
    row("audiences_per_destination", DESTINATIONS, "250 audiences a destination", Kind::Enforced)
        .at(250.0, "")
        .by(|facts| count(audiences_per_destination(facts.catalog()))),
    row("fields_per_dataflow", DESTINATIONS, "50 attributes a dataflow", Kind::Enforced)
        .at(50.0, "")
        .by(|facts| count(fields_per_dataflow(facts.catalog()))),
];

// What is enforced elsewhere is enforced at what stands here.
const _: () = assert!(limits::IDENTITIES_PER_PROFILE_MAX == 50 && limits::IDENTITIES_PER_RECORD_MAX == 20);
const _: () = assert!(limits::RECORD_BYTES_MAX == 102_400 && limits::EVENTS_PER_PROFILE_MAX == 5_000);
const _: () = assert!(limits::IDENTITY_CHARACTERS_MAX == 1_024 && limits::AUDIENCES_MAX == 4_000);
