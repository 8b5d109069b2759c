//! `acquaint edge`: the edge without the rest of the system.

mod definitions;
mod dev;
mod receiver;
mod workerd;

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an edge under workerd with the definitions of a file, and nothing else: for acceptance tests and for trying.
    Dev(dev::Arguments),
}

/// Why there is no edge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` is not there: build the worker with `cargo xtask build`, or say with --worker where it is", .path.display())]
    NotBuilt { path: PathBuf },
    #[error("cannot start `{}`; install it with `npm install`, or say with --workerd where it is", .path.display())]
    Start {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("port {port} of loopback is taken, or not for this user")]
    Port {
        port: u16,
        #[source]
        source: std::io::Error,
    },
    #[error("workerd ended ({0}); what it says stands above")]
    Ended(std::process::ExitStatus),
    #[error("workerd does not say that it listens")]
    Silent,
    #[error("cannot write `{}`", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot listen on loopback for what the edge forwards")]
    Listen(#[source] std::io::Error),
    #[error("`{0}` is no instant (RFC 3339)")]
    Clock(String),
    #[error("cannot be sealed")]
    Seal(#[from] acquaint_core::wire::Error),
    #[error("the edge cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the edge answered {status}: {body}")]
    Refused { status: reqwest::StatusCode, body: String },
    #[error("signals cannot be caught")]
    Signals(#[source] std::io::Error),
}

pub(super) async fn run(command: Command) -> Result<(), super::Error> {
    match command {
        Command::Dev(arguments) => dev::run(arguments).await,
    }
}
