//! `acquaint ingest`: ingestion without the rest of the system.

mod definitions;
mod dev;
mod events;

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run ingestion with one write key and schemas that allow everything: for acceptance tests and for trying.
    Dev(dev::Arguments),
}

/// Why there is no ingestion.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{0}` is no instant (RFC 3339)")]
    Clock(String),
    #[error("the definitions are not in order: {0}")]
    Definitions(String),
    #[error("cannot write `{}`", .path.display())]
    Events {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

pub(super) async fn run(command: Command) -> Result<(), super::Error> {
    match command {
        Command::Dev(arguments) => dev::run(arguments).await,
    }
}
