//! Identities: how many one person and one record may have.

use acquaint_core::limits;

use super::super::facts::number;
use super::{Guardrail, Kind, count, row};

const IDENTITY: &str = "documentation: identity";

pub(super) const ROWS: &[Guardrail] = &[
    row("identities_per_profile", IDENTITY, "50 identities a graph, more are excluded", Kind::Enforced)
        .at(50.0, "")
        .by(|facts| count(facts.census.identities_max))
        .note("the oldest of the weakest kind go, as documented; the profile stays segmented"),
    row("identities_per_record", IDENTITY, "20 identities a record", Kind::Enforced)
        .at(20.0, "")
        .by(|facts| Some(number(facts.messages().identities.get())))
        .note("the most since the start; more goes to quarantine"),
    row("identity_characters", IDENTITY, "1024 characters an identity, 38 digits an ECID", Kind::Enforced)
        .at(1_024.0, "")
        .by(|facts| Some(number(facts.messages().identity_characters.get())))
        .note("the longest since the start; others go to quarantine"),
];

// What is enforced elsewhere is enforced at what stands here.
const _: () = assert!(limits::IDENTITIES_PER_PROFILE_MAX == 50 && limits::IDENTITIES_PER_RECORD_MAX == 20);
const _: () = assert!(limits::IDENTITY_CHARACTERS_MAX == 1_024);
