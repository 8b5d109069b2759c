//! The rows: those of the blueprint's tables first, then those of the product's documentation (`pql.md` section 4), a file
//! for each part of it.

mod audiences;
mod blueprint;
mod destinations;
mod identity;
mod profile;

use serde::Serialize;

use super::Facts;
use super::facts::number;

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

const fn row(name: &'static str, source: &'static str, documented: &'static str, kind: Kind) -> Guardrail {
    Guardrail { name, source, documented, kind, limit: None, unit: "", measure: |_| None, note: "" }
}

/// A row of something that is not here; `why` says what is not.
const fn absent(
    name: &'static str,
    source: &'static str,
    documented: &'static str,
    why: &'static str,
) -> Guardrail {
    row(name, source, documented, Kind::Absent).note(why)
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
pub(crate) fn table() -> impl Iterator<Item = &'static Guardrail> {
    let sections: [&'static [Guardrail]; 5] =
        [blueprint::ROWS, profile::ROWS, audiences::ROWS, identity::ROWS, destinations::ROWS];
    sections.into_iter().flatten()
}
