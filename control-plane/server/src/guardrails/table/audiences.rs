//! Audiences: how many, how their rules are written, and how often they are evaluated on demand.

use acquaint_core::limits;
use acquaint_core::plan::Mode;

use super::super::Facts;
use super::super::facts::{audiences, in_mode, number};
use super::{Guardrail, Kind, absent, count, row};

const AUDIENCES: &str = "documentation: audiences";
const ON_DEMAND: &str = "documentation: evaluation on demand";
const AUTHORING: &str = "documentation: authoring";
const OTHERS: &str = "documentation: others";
const SAID: &str = "of the rule that has most; said when it is saved, and evaluated all the same";
const NO_COMPOSITIONS: &str = "there are no compositions here";
const NO_LOOKALIKES: &str = "there are no look-alike audiences here";

pub(super) const ROWS: &[Guardrail] = &[
    row("audiences", AUDIENCES, "4000 audiences", Kind::Enforced)
        .at(4_000.0, "")
        .by(|facts| count(audiences(facts.catalog()))),
    row("audiences_batch", AUDIENCES, "4000 batch audiences", Kind::Enforced)
        .at(4_000.0, "")
        .by(|facts| count(in_mode(facts.catalog(), &[Mode::Batch])))
        .note("by the limit of all audiences"),
    row("audiences_streaming", AUDIENCES, "500 streaming audiences, edge included", Kind::Enforced)
        .at(500.0, "")
        .by(|facts| count(in_mode(facts.catalog(), &[Mode::Streaming, Mode::Edge])))
        .note("`serve --guardrails native` lifts it: cost grows with the leaves an event touches"),
    row("audiences_edge", AUDIENCES, "150 edge audiences", Kind::Enforced)
        .at(150.0, "")
        .by(|facts| count(in_mode(facts.catalog(), &[Mode::Edge])))
        .note("`serve --guardrails native` lifts it"),
    absent("audiences_account", AUDIENCES, "50 account audiences", "there are no accounts here, only people")
        .at(50.0, ""),
    row(
        "streaming_alert",
        AUDIENCES,
        "1500 a second over 15 minutes, told of at 80 and 90 %",
        Kind::Surpassed,
    )
    .at(100.0, "%")
    .by(|facts| Some(facts.records_per_second * 100.0 / 1_500.0))
    .note("every figure is `near` from 80 % of its limit on; nothing is bought, so there are no steps"),
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
    row("look_back", AUDIENCES, "windows of 24 hours at the edge and 7 days streaming", Kind::Surpassed)
        .note("windows of any length; the verdict `adobe` says what the documented rules allow"),
    row("batch_on_demand_per_day", ON_DEMAND, "2 evaluations on demand a day", Kind::Surpassed)
        .at(2.0, "")
        .by(|facts| count(facts.jobs_today()))
        .note("jobs since midnight UTC, the daily one included"),
    row(
        "batch_on_demand_per_year",
        ON_DEMAND,
        "50 evaluations on demand a year in production",
        Kind::Surpassed,
    )
    .at(50.0, "")
    .by(|facts| count(facts.jobs_this_year()))
    .note("jobs of this year, UTC, the daily ones included; 100 in development"),
    row("batch_on_demand_audiences", ON_DEMAND, "20 audiences of an evaluation on demand", Kind::Surpassed)
        .at(20.0, "")
        .by(|facts| facts.job_audiences_max().and_then(count))
        .note("the most that a job of this year named; one that names none evaluates all"),
    row("batch_on_demand_hours", ON_DEMAND, "up to 4 hours for an evaluation on demand", Kind::Warned)
        .at(4.0, "h")
        .by(Facts::batch_hours)
        .note("how long the last job took"),
    row("batch_concurrent", ON_DEMAND, "not while another evaluation runs", Kind::Inherent)
        .at(1.0, "")
        .by(|facts| count(facts.jobs_running()))
        .note("others wait in the order in which they were asked for"),
    row(
        "batch_on_demand_kinds",
        ON_DEMAND,
        "only batch audiences of people that are defined here",
        Kind::Surpassed,
    )
    .note("of others a job says where it disagrees"),
    row(
        "batch_on_demand_references",
        ON_DEMAND,
        "audiences that a rule refers to are evaluated too",
        Kind::Inherent,
    ),
    row("sequence_events", AUTHORING, "6 events in a sequence, more are refused", Kind::Warned)
        .at(6.0, "")
        .by(|facts| count(facts.authoring().sequence_events))
        .note(SAID),
    row("logical_clauses", AUTHORING, "a logical complexity whose number is not published", Kind::Warned)
        .at(65_536.0, "")
        .by(|facts| Some(number(facts.authoring().clauses)))
        .note(SAID),
    row("aggregations", AUTHORING, "3 aggregations in a rule", Kind::Warned)
        .at(3.0, "")
        .by(|facts| count(facts.authoring().aggregations))
        .note(SAID),
    row("collection_nesting", AUTHORING, "2 arrays or maps inside one another", Kind::Warned)
        .at(2.0, "")
        .by(|facts| count(facts.authoring().nesting))
        .note(SAID),
    row("list_values", AUTHORING, "100 values of a list", Kind::Warned)
        .at(100.0, "")
        .by(|facts| count(facts.authoring().list_values))
        .note(SAID),
    row("audience_percent", AUTHORING, "an audience of more than 30 % of all profiles", Kind::Warned)
        .at(30.0, "%")
        .by(Facts::largest_audience_percent)
        .note("the largest"),
    absent("compositions", OTHERS, "10 compositions", NO_COMPOSITIONS).at(10.0, ""),
    absent("lookalike_audiences", OTHERS, "5 or 20 look-alike audiences in production", NO_LOOKALIKES)
        .at(20.0, ""),
    absent("lookalike_audiences_development", OTHERS, "5 look-alike audiences in development", NO_LOOKALIKES)
        .at(5.0, ""),
];

// What is enforced or said elsewhere is so at what stands here.
const _: () = assert!(limits::AUDIENCES_MAX == 4_000 && limits::LOGICAL_CLAUSES_ADVISED_MAX == 65_536);
const _: () = assert!(limits::SEQUENCE_EVENTS_ADVISED_MAX == 6 && limits::AGGREGATIONS_ADVISED_MAX == 3);
const _: () = assert!(limits::COLLECTION_NESTING_ADVISED_MAX == 2 && limits::LIST_ITEMS_ADVISED_MAX == 100);
