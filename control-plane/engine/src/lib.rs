//! Records to identity, profile, streaming evaluation and membership changes; publishing to the edge.
//!
//! [`ingest`] is pure: parsed input to records, or a refusal with a reason. [`ingest::Intake`] makes records durable,
//! once. [`machine::Engine`] is a deterministic state machine over the log of records: the same records give the same
//! tables, wherever it is stopped and started again. [`compile`] is what both of them, and the API, know of a
//! catalogue. [`publish`] is what the edge gets to see of it all, [`page_bundle`] what a page does.

pub mod compile;
mod computed;
pub mod ingest;
pub mod machine;
pub mod page_bundle;
pub mod publish;
pub mod ranking;

#[cfg(test)]
mod testing;

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_store::Table;

pub use ingest::{Intake, Refusal, Rules};
pub use machine::{Engine, Progress};

/// Why the engine cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed. Nothing of the step was applied.
    #[error(transparent)]
    Store(#[from] acquaint_store::Error),
    /// A record in the log does not decode: damaged, or written by another version.
    #[error("record {position} is damaged or of another version")]
    Record {
        /// Which.
        position: Position,
        /// What the decoder says.
        #[source]
        source: wire::Error,
    },
    /// The catalogue does not compile. The API refuses such a catalogue, so it was written by something else.
    #[error("the catalogue in force does not compile: {}", compile::summary(.0))]
    Catalog(Vec<compile::Problem>),
}

/// Result of an engine operation.
pub type Result<T> = std::result::Result<T, Error>;

/// The program for which the engine folds profiles when it works by a catalogue: [`acquaint_store::ProfileDocument::program`].
/// Absent if the catalogue does not compile.
pub fn fingerprint(catalog: &acquaint_store::catalog::Catalog) -> Option<u64> {
    machine::in_force::InForce::new(catalog.clone()).ok().map(|rules| rules.fingerprint)
}

impl Error {
    pub(crate) fn damaged(table: Table, key: &[u8], source: wire::Error) -> Self {
        Self::Store(acquaint_store::Error::Damaged { place: table.place(key), source })
    }
}
