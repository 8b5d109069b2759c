//! Profiles: how much of them there may be, and what hangs on them.

use acquaint_core::limits;
use acquaint_store::catalog::SchemaClass;

use super::super::facts::{datasets, identity_path_steps, number};
use super::{Guardrail, Kind, absent, count, row};

const PROFILE: &str = "documentation: profile";
const NO_RELATIONS: &str = "there are no relationships between entities here";
const NO_DIMENSIONS: &str = "there are no dimension entities here";

pub(super) const ROWS: &[Guardrail] = &[
    row("profile_datasets", PROFILE, "20 profile datasets", Kind::Warned)
        .at(20.0, "")
        .by(|facts| count(datasets(facts.catalog(), SchemaClass::Profile))),
    row("event_datasets", PROFILE, "20 event datasets", Kind::Warned)
        .at(20.0, "")
        .by(|facts| count(datasets(facts.catalog(), SchemaClass::Event))),
    absent("entity_relationships", PROFILE, "5 multi-entity relationships", NO_RELATIONS).at(5.0, ""),
    row("identity_path_steps", PROFILE, "identities at most 4 levels deep", Kind::Surpassed)
        .at(4.0, "")
        .by(|facts| identity_path_steps(facts.catalog()).and_then(count))
        .note("the deepest path of a source's `identities`"),
    row("record_list_items", PROFILE, "500 items of an array in a profile fragment", Kind::Warned)
        .at(500.0, "")
        .by(|facts| Some(number(facts.messages().record_list_items.get())))
        .note("the longest since the start"),
    row("event_list_items", PROFILE, "10 items of an array in an event", Kind::Warned)
        .at(10.0, "")
        .by(|facts| Some(number(facts.messages().event_list_items.get())))
        .note("the longest since the start"),
    row("event_bytes", PROFILE, "10 KB an event, more is dropped", Kind::Surpassed)
        .at(10_240.0, "B")
        .by(|facts| Some(number(facts.messages().event_bytes.get())))
        .note("the largest since the start; 32 KB are taken, as Segment's clients may send them, more is refused"),
    row("record_bytes", PROFILE, "100 KB a record, more is dropped", Kind::Enforced)
        .at(102_400.0, "B")
        .by(|facts| Some(number(facts.messages().record_bytes.get())))
        .note("the largest since the start; more goes to quarantine"),
    row("fragment_bytes", PROFILE, "50 MB a fragment, more is refused", Kind::Warned)
        .at(50e6, "B")
        .by(|facts| count(facts.census.profile_bytes_max))
        .note("the largest profile as stored, without its events: no fragment is larger"),
    row("profile_bytes", PROFILE, "50 MB a profile", Kind::Warned)
        .at(50e6, "B")
        .by(|facts| count(facts.census.profile_bytes_max))
        .note("the largest as stored, without its events"),
    row("batches_per_day", PROFILE, "90 batches a day", Kind::Surpassed)
        .at(90.0, "")
        .by(|facts| count(facts.imports_today()))
        .note("imports of files begun since midnight UTC, uploads to external audiences included"),
    row("events_per_profile", PROFILE, "5000 events a profile, more are not segmented", Kind::Enforced)
        .at(5_000.0, "")
        .by(|facts| Some(f64::from(facts.census.events_max)))
        .note("the newest are kept and segmented"),
    row("merge_policies", PROFILE, "5 merge policies", Kind::Enforced)
        .at(5.0, "")
        .by(|facts| count(usize::from(facts.catalog().merge_policy.is_some())))
        .note("there is one at most"),
    absent("dimension_bytes", PROFILE, "5 GB of dimension entities", NO_DIMENSIONS).at(5e9, "B"),
    absent("dimension_datasets", PROFILE, "5 datasets of a dimension schema", NO_DIMENSIONS).at(5.0, ""),
    absent("dimension_batches_per_day", PROFILE, "4 batches of dimension entities a day", NO_DIMENSIONS)
        .at(4.0, ""),
    absent("dimension_time_series", PROFILE, "dimension entities are no time series", NO_DIMENSIONS),
    absent("dimension_relationships", PROFILE, "dimension entities have no relationships", NO_DIMENSIONS),
];

// What is enforced elsewhere is enforced at what stands here.
const _: () = assert!(limits::RECORD_BYTES_MAX == 102_400 && limits::EVENTS_PER_PROFILE_MAX == 5_000);
