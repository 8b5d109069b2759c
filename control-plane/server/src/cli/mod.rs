//! The command line. Everything but `serve`, `edge`, `ingest`, and `pql` over files talks to a running server, so that there is one way in.

mod apply;
mod audiences;
mod batch;
mod bundle;
mod client;
mod conformance;
pub(crate) mod documents;
mod edge;
mod flows;
mod guardrails;
mod identity;
mod import;
mod import_objects;
mod imports;
mod ingest;
mod pql;
mod profile;
mod quarantine;
mod render;
mod scratch;
mod upload;

use clap::{Parser, Subcommand};

pub(crate) use client::Connection;

/// Open, self-hosted audiences and activation.
#[derive(Debug, Parser)]
#[command(name = "acquaint", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the control plane.
    Serve(crate::settings::Arguments),
    /// Bring definitions in force: schemas, namespaces, datasets, sources, audiences, destinations, dataflows.
    Apply(apply::Arguments),
    /// The edge without the rest of the system.
    #[command(subcommand)]
    Edge(edge::Command),
    /// Ingestion without the rest of the system.
    #[command(subcommand)]
    Ingest(ingest::Command),
    /// Send a file of rows (CSV, JSON, Parquet) to a source.
    Import(import::Arguments),
    /// Imports of files, newest first: how far each is, and what became of its rows.
    Imports(imports::Arguments),
    /// Batch evaluation.
    #[command(subcommand)]
    Batch(batch::Command),
    /// Audiences.
    #[command(subcommand)]
    Audiences(audiences::Command),
    /// Profiles.
    #[command(subcommand)]
    Profile(profile::Command),
    /// Identity graphs.
    #[command(subcommand)]
    Identity(identity::Command),
    /// Dataflows to destinations.
    #[command(subcommand)]
    Flows(flows::Command),
    /// The documented limits, each with what it is measured at now.
    Guardrails(guardrails::Arguments),
    /// Write the bundle with which a page decides on the visitor's own device.
    Bundle(bundle::Arguments),
    /// Refused records.
    #[command(subcommand)]
    Quarantine(quarantine::Command),
    /// The audience language.
    #[command(subcommand)]
    Pql(pql::Command),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Serve(#[from] crate::serve::Error),
    #[error(transparent)]
    Client(#[from] client::Error),
    #[error(transparent)]
    Documents(#[from] documents::Error),
    #[error(transparent)]
    Rows(#[from] crate::rows::Error),
    #[error("cannot read `{}`", .path.display())]
    Read {
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Edge(#[from] edge::Error),
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    #[error(transparent)]
    Scratch(#[from] scratch::Error),
    #[error("{0}")]
    Refused(String),
    #[error("cannot write the answer")]
    Write(#[from] std::io::Error),
}

/// Runs a command; the exit code of the process.
pub async fn run(cli: Cli) -> std::process::ExitCode {
    crate::serve::install_cryptography();
    match dispatch(cli.command).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", render::chain(&error));
            std::process::ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command) -> Result<(), Error> {
    match command {
        Command::Serve(arguments) => Ok(crate::serve::run(arguments).await?),
        Command::Apply(arguments) => apply::run(arguments).await,
        Command::Edge(command) => edge::run(command).await,
        Command::Ingest(command) => ingest::run(command).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Imports(arguments) => imports::run(arguments).await,
        Command::Batch(command) => batch::run(command).await,
        Command::Audiences(command) => audiences::run(command).await,
        Command::Profile(command) => profile::run(command).await,
        Command::Identity(command) => identity::run(command).await,
        Command::Flows(command) => flows::run(command).await,
        Command::Guardrails(arguments) => guardrails::run(arguments).await,
        Command::Bundle(arguments) => bundle::run(arguments).await,
        Command::Quarantine(command) => quarantine::run(command).await,
        Command::Pql(command) => pql::run(command).await,
    }
}
