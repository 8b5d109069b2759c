//! Why activation could not do what was asked.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] acquaint_store::Error),
    /// There is no such dataflow.
    #[error("dataflow `{0}` does not exist")]
    NoDataflow(String),
    /// The dataflow has no files: its destination streams.
    #[error("dataflow `{0}` does not write files")]
    NoFiles(String),
    /// There is no such dead letter.
    #[error("dead letter `{0}` does not exist")]
    NoDeadLetter(String),
    /// The destination cannot be used as it is configured.
    #[error("destination `{destination}` cannot be used: {reason}")]
    Destination {
        /// Which.
        destination: String,
        /// Why, for a person.
        reason: String,
    },
    /// A file could not be written.
    #[error("export file `{path}` could not be written: {source}")]
    File {
        /// Its name within the data directory.
        path: String,
        /// What the disk says.
        #[source]
        source: std::io::Error,
    },
    /// A task of the executor ended without a result.
    #[error("a delivery task was cancelled")]
    Cancelled,
}

/// Result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;
