//! Ingestion: parsed input to records, or a refusal with a code, a reason and a path. Everything here but [`Intake`],
//! [`quarantine`], [`imports`], [`objects`] and [`uploads`] is pure. A refused record never harms its neighbours: each is judged by itself.

pub mod clock;
pub mod cloud_events;
pub mod edge;
pub mod imports;
mod intake;
mod mapping;
pub mod objects;
pub mod quarantine;
pub mod request;
pub mod rows;
mod rules;
pub mod segment;
pub mod uploads;
mod validate;
pub mod xdm;

#[cfg(test)]
mod connection_tests;
#[cfg(test)]
mod intake_tests;
#[cfg(test)]
mod tests;

use acquaint_store::catalog::NamespaceKind;
use acquaint_store::record::Body;
use serde::{Deserialize, Serialize};

pub use self::intake::{Accepted, Intake};
pub use self::rules::Rules;

/// Namespaces that need no definition: the clients we are compatible with bring them.
pub const BUILT_IN_NAMESPACES: [(&str, NamespaceKind); 3] = [
    ("ECID", NamespaceKind::Cookie),
    (segment::USER_NAMESPACE, NamespaceKind::CrossDevice),
    (segment::ANONYMOUS_NAMESPACE, NamespaceKind::Device),
];

/// Why a record is not accepted. It goes to quarantine with this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Stable, for tools: `bad_timestamp`.
    pub code: String,
    /// What is wrong and, where it is known, how to mend it: lower case, no final period, user input in backticks.
    pub reason: String,
    /// Where in the input; empty for all of it.
    pub path: String,
}

impl Refusal {
    pub(crate) fn new(code: &str, path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into(), path: path.into() }
    }
}

/// The id by which a record is deduplicated.
pub fn message_of(body: &Body) -> Option<&str> {
    match body {
        Body::Event { event, .. } => Some(&event.id),
        Body::Upsert { message, .. } | Body::Link { message, .. } | Body::Unlink { message, .. } => {
            message.as_deref()
        }
        Body::Erase { .. } | Body::Erased | Body::Catalog { .. } | Body::Advance | Body::Decided { .. } => {
            None
        }
    }
}
