//! Evaluation of all profiles: what a batch audience answers is decided here, and what a streaming audience has answered
//! is checked here.
//!
//! A [`job`] is what a person starts, sees and cancels. [`run`] does it: it walks all profiles of one snapshot in
//! buckets, evaluates every audience of the program over each whole profile, and tells the engine what differs through
//! the log. Batch writes no profile: only the engine does. [`schedule`] says when the next daily run is due.
//!
//! Running a job again, after a crash or for no reason, decides the same: a decision only says what an audience answers
//! at an instant, and is left out when that is what the profile has already.

pub mod job;
pub mod run;
pub mod schedule;

mod bucket;

pub use job::{AudienceCounts, Counters, Job, Status};
pub use run::{Task, run};

/// Why a job could not be done or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] acquaint_store::Error),
    /// A stored job does not decode: damaged, or written by another version.
    #[error("stored job `{id}` is damaged or of another version")]
    Job {
        /// Which.
        id: String,
        /// What the decoder says.
        #[source]
        source: serde_json::Error,
    },
    /// A decision that cannot be written.
    #[error("a decision for profile `{profile}` cannot be written")]
    Decision {
        /// For whom.
        profile: acquaint_core::id::ProfileId,
        /// Why.
        #[source]
        source: acquaint_core::wire::Error,
    },
    /// A thread of the job has panicked.
    #[error("a task of the job ended unexpectedly")]
    Task,
}

/// Result of a batch operation.
pub type Result<T> = std::result::Result<T, Error>;
