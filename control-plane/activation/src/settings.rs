//! Settings of the whole room; what belongs to one destination is in its definition.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::id::Position;

/// A clock: milliseconds since the epoch, UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What became of an attempt to tell a destination something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The receiver has confirmed it.
    Confirmed,
    /// It is tried again.
    Failed,
    /// The receiver will never take it.
    Refused,
    /// The receiver will never take anything.
    Disabled,
}

/// One attempt, for whoever measures.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// Which dataflow.
    pub dataflow: &'a str,
    /// The record that led to it; 0: no record did.
    pub position: Position,
    /// What became of it.
    pub told: Told,
    /// Milliseconds from the decision; between two clocks where decisions have one of their own.
    pub took_ms: i64,
}

/// Hears of every attempt.
pub type Observer = Arc<dyn Fn(&Observed<'_>) + Send + Sync>;

/// Settings.
#[derive(Clone)]
pub struct Settings {
    /// Where file destinations have their folders.
    pub data_directory: PathBuf,
    /// How long a receiver may take to answer.
    pub request_timeout_ms: u64,
    /// Makes the jitter of retries repeatable.
    pub jitter_seed: u64,
    /// The clock of the network: signatures, retries and circuits. Receivers compare it with their own, so it stays the
    /// real one even where memberships are decided by another (a replay, a demo).
    pub network_clock: Clock,
    /// Hears of every attempt, after it is settled on disk.
    pub observer: Observer,
}

impl Settings {
    /// Settings with the figures of Standard Webhooks.
    pub fn new(data_directory: impl Into<PathBuf>) -> Self {
        Self {
            data_directory: data_directory.into(),
            request_timeout_ms: 15_000,
            jitter_seed: 0,
            network_clock: Arc::new(system_now_ms),
            observer: Arc::new(|_: &Observed<'_>| {}),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("data_directory", &self.data_directory)
            .finish_non_exhaustive()
    }
}

fn system_now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
