//! Destinations: one folder each, and one line each in [`build`].

pub(crate) mod csv_file;
pub(crate) mod http_api;
pub(crate) mod object_storage;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use acquaint_store::catalog::{Connection, Dataflow, FieldMapping, ObjectStorage};

use crate::Settings;
use crate::ledger::settle::Attempt;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver has it.
    Acknowledged,
    /// Not now.
    Retry {
        /// The receiver may have it all the same: a timeout, a broken connection, a failure while it worked on it.
        in_doubt: bool,
        /// What the receiver asks to wait, at least; it is asked of the destination, not of the message.
        after_ms: Option<i64>,
        /// Why, for a person.
        reason: String,
    },
    /// The receiver will never take this message.
    Refused {
        /// Why: its words, bounded.
        reason: String,
    },
    /// The receiver will never take any message: it is gone.
    Disable {
        /// Why.
        reason: String,
    },
}

/// Where a message belongs.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) dataflow: Arc<Dataflow>,
    pub(crate) audience: String,
    pub(crate) audience_name: String,
}

/// The future of an attempt.
pub(crate) type Delivery<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A destination that takes one message at a time.
pub(crate) trait Streaming: Send + Sync {
    /// Makes one attempt.
    fn deliver<'a>(&'a self, envelope: &'a Envelope, attempt: &'a Attempt, now_ms: i64) -> Delivery<'a>;

    /// How often a message is tried.
    fn attempts_max(&self) -> u32;

    /// How long to wait after `attempts` failed attempts; `None` after the last.
    fn retry_delay_ms(&self, attempts: u32, message_id: &str) -> Option<i64>;

    /// Attempts under way at the same time, at most.
    fn concurrency_max(&self) -> usize;
}

/// One row of a file: the cells in the order of the mapping, `None` where the profile has no value.
pub(crate) type Row = Vec<Option<String>>;

/// A destination that takes files.
pub(crate) trait Files: Send + Sync {
    /// The name of the `part`-th file (from 1) of an export begun at `started_ms`.
    fn name(&self, destination: &str, audience: &str, started_ms: i64, part: usize) -> String;

    /// Writes a file and puts it in place at once, whole and durable, replacing one of the same name.
    /// Answers its path within the data directory, or its address elsewhere.
    fn write(&self, name: &str, mapping: &[FieldMapping], rows: &[Row]) -> std::io::Result<String>;
}

/// A destination ready for use.
#[derive(Clone)]
pub(crate) enum Built {
    /// It takes messages.
    Streaming(Arc<dyn Streaming>),
    /// It takes files.
    Files(Arc<dyn Files>),
    /// It is served elsewhere: the edge reads memberships itself.
    Elsewhere,
}

/// Makes a destination from its definition, or says why it cannot be used.
pub(crate) fn build(
    connection: &Connection,
    storage: Option<&ObjectStorage>,
    settings: &Settings,
) -> Result<Built, String> {
    match connection {
        Connection::HttpApi { .. } => http_api::build(connection, settings).map(Built::Streaming),
        Connection::CsvFile { directory } => {
            csv_file::build(&settings.data_directory, Path::new(directory)).map(Built::Files)
        }
        Connection::ObjectStorage { location, .. } => {
            object_storage::build(storage, location).map(Built::Files)
        }
        Connection::CustomPersonalization { .. } | Connection::Cookie { .. } | Connection::Url { .. } => {
            Ok(Built::Elsewhere)
        }
    }
}

/// A setting that may be `env:NAME`.
pub(crate) fn from_environment(setting: &str) -> Result<String, String> {
    match setting.strip_prefix("env:") {
        None => Ok(setting.to_owned()),
        Some(name) => std::env::var(name).map_err(|_| format!("environment variable `{name}` is not set")),
    }
}
