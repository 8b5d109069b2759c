//! The tables of the blueprint: by kind of segmentation how often, how many, how fast, and what is sent.

use super::super::Facts;
use super::super::facts::number;
use super::{Guardrail, Kind, absent, row};

const EDGE: &str = "blueprint: edge segmentation";
const STREAMING: &str = "blueprint: streaming segmentation";
const INCREMENTAL: &str = "blueprint: incremental segmentation";
const BATCH: &str = "blueprint: batch segmentation";
const SHARING: &str = "blueprint: cross application sharing";
const ACTIVATION: &str = "blueprint: activation";
const NO_INCREMENTAL: &str = "there are no incremental runs here; streaming audiences need none";

pub(super) const ROWS: &[Guardrail] = &[
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
    absent(
        "incremental_hours",
        INCREMENTAL,
        "once an hour for what came since the last evaluation",
        NO_INCREMENTAL,
    )
    .at(1.0, "h"),
    absent(
        "incremental_evaluation",
        INCREMENTAL,
        "as long as the profiles and audiences take",
        NO_INCREMENTAL,
    ),
    absent("incremental_activation", INCREMENTAL, "as streaming segmentation", NO_INCREMENTAL),
    absent(
        "incremental_payload",
        INCREMENTAL,
        "membership changes and identities, to scheduled destinations attributes too",
        NO_INCREMENTAL,
    ),
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
    row("batch_payload", BATCH, "membership changes and identities", Kind::Surpassed)
        .note("mapped attributes come along, as with every other audience"),
    row(
        "sharing_manager",
        SHARING,
        "to Audience Manager: within minutes, after a first sync of about 4 hours",
        Kind::Inherent,
    )
    .note("members from before a dataflow began are told as `existing`"),
    absent(
        "sharing_analytics_audiences",
        SHARING,
        "at most 75 audiences of a report suite",
        "there are no report suites here",
    )
    .at(75.0, ""),
    absent(
        "sharing_analytics_to_cdp",
        SHARING,
        "from Analytics: not available",
        "there is no Analytics here",
    ),
    row(
        "attribute_activation",
        ACTIVATION,
        "attributes and identities are activated of members of a mapped audience",
        Kind::Inherent,
    ),
    row(
        "batch_attribute_changes",
        ACTIVATION,
        "batch destinations are not told of attributes alone",
        Kind::Inherent,
    )
    .note("only a membership that changed makes a row of an increment"),
    row("raw_events", ACTIVATION, "raw events are not activated", Kind::Inherent)
        .note("a mapping cannot read events; a datastream can forward them as they come in"),
];
