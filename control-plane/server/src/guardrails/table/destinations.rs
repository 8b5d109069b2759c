//! Destinations: how many, how much to each, and how files are written.

use super::super::facts::{
    attributes_per_edge_destination, audiences_per_destination, audiences_per_file_dataflow,
    custom_personalizations, fields_per_dataflow, number,
};
use super::{Guardrail, Kind, absent, count, row};

const DESTINATIONS: &str = "documentation: destinations";
const NO_SDK: &str = "there is no SDK for destinations of one's own here";

pub(super) const ROWS: &[Guardrail] = &[
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
    row("attributes_edge", DESTINATIONS, "30 attributes of an edge destination", Kind::Enforced)
        .at(30.0, "")
        .by(|facts| count(attributes_per_edge_destination(facts.catalog())))
        .note("20 by an older page; `serve --guardrails native` lifts it"),
    absent("audiences_target", DESTINATIONS, "50 audiences of a Target", "there is no Target here")
        .at(50.0, ""),
    row("edge_lookups_per_second", DESTINATIONS, "1500 look-ups a second at the edge", Kind::Surpassed)
        .at(1_500.0, "1/s")
        .note("measured where it runs: `cargo xtask bench edge`; the edge does not report it here"),
    row("rows_per_file", DESTINATIONS, "5 million rows a file, more are split", Kind::Enforced)
        .at(5e6, "")
        .by(|facts| facts.exports.file_rows_max.map(number))
        .note("the longest file; files are split at 100,000 rows"),
    row("export_hours", DESTINATIONS, "increments every 3, 6, 8 or 12 hours or daily", Kind::Surpassed)
        .note("whole or incremental by any cron schedule, and on demand"),
    row("audiences_per_export_hour", DESTINATIONS, "100 audiences exported in an hour", Kind::Surpassed)
        .at(100.0, "")
        .by(|facts| count(facts.exports.audiences_last_hour))
        .note("in the last hour"),
    row("audiences_per_export", DESTINATIONS, "80 audiences of an export on demand", Kind::Surpassed)
        .at(80.0, "")
        .by(|facts| count(audiences_per_file_dataflow(facts.catalog())))
        .note("an export is of a dataflow: of the one to files with most audiences"),
    row("exports_concurrent", DESTINATIONS, "one export of an audience at a time", Kind::Inherent)
        .at(1.0, "")
        .by(|facts| count(facts.exports.under_way_max))
        .note("the most of one dataflow that are under way"),
    row(
        "enterprise_activation_seconds",
        DESTINATIONS,
        "10 minutes to enterprise destinations, p95",
        Kind::Warned,
    )
    .at(600.0, "s")
    .by(|facts| facts.told_p95_seconds)
    .note("p95 since the start, over all dataflows"),
    row(
        "enterprise_deliveries_per_second",
        DESTINATIONS,
        "up to 10,000 deliveries a second of a dataflow",
        Kind::Surpassed,
    )
    .at(10_000.0, "1/s")
    .note("see `rate` of `deliveries` in the metrics; nothing is dropped above the limit"),
    row("delivery_retries", DESTINATIONS, "2 retries", Kind::Surpassed)
        .note("retries with growing pauses, then a dead letter that can be replayed"),
    absent("sdk_batch_seconds", DESTINATIONS, "batches of 1800 to 3600 s", NO_SDK).at(3_600.0, "s"),
    absent("sdk_batch_events", DESTINATIONS, "batches of 1000 to 10,000 events", NO_SDK).at(10_000.0, ""),
    absent("destinations_private", DESTINATIONS, "5 private destinations", NO_SDK).at(5.0, ""),
    row("exported_events", DESTINATIONS, "attributes only, no events", Kind::Inherent)
        .note("a mapping that reads events is refused"),
    row("exported_lists", DESTINATIONS, "arrays and maps only through calculated fields", Kind::Surpassed)
        .note("messages carry them as they are, files as JSON"),
];
