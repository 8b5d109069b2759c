//! What is kept and how: the log, the tables, the catalogue, and the records that travel between the rooms of the
//! control plane. Engine, batch and activation never see each other; they meet in what is defined here.
//!
//! Two small traits, [`Log`] and [`ProfileStore`], are the seam behind which one machine ([`embedded`]) or many can
//! stand.

pub mod log;
pub mod tables;

pub mod embedded;
pub mod keys;

pub mod activity;
pub mod catalog;
pub mod computed_values;
pub mod erasure;
pub mod graph_trail;
pub mod profile_document;
pub mod record;

pub use activity::Activity;
pub use computed_values::ComputedValues;
pub use embedded::Embedded;
pub use log::{Log, Topic};
pub use profile_document::{ProfileDocument, StoredEvent};
pub use tables::{ProfileStore, Read, Receipt, Row, Rows, Snapshot, Table, WriteBatch};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk or the storage engine failed. Nothing of the request was applied.
    #[error("storage failed")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value does not decode: damaged, or written by another version.
    #[error("stored value `{place}` is damaged or of another version")]
    Damaged {
        /// Table and key.
        place: String,
        /// What the decoder says.
        #[source]
        source: acquaint_core::wire::Error,
    },
    /// Somebody else changed it first.
    #[error("`{place}` has changed since it was read")]
    Conflict {
        /// Table and key.
        place: String,
    },
    /// A key that no table can hold.
    #[error("a key of {bytes} bytes in table `{table}`: 1 to {max} are allowed")]
    Key {
        /// The table.
        table: &'static str,
        /// How long the key is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// Another process works in this directory.
    #[error("`{directory}` is in use by another process")]
    Locked {
        /// Which.
        directory: String,
    },
    /// The store is shutting down or cannot keep up; try again later.
    #[error("the store is not accepting writes")]
    Unavailable,
}

impl Error {
    pub(crate) fn storage(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Storage(error.into())
    }
}

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;
