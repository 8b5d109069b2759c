//! `acquaint flows`: what destinations were to get, what they got, and what they would not take.

use serde_json::{Value, json};

use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Desired, delivered, waiting and given up.
    Status {
        /// The dataflow; all when absent.
        id: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Write the files of a dataflow now.
    Export {
        /// The dataflow.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Deliveries given up, with their reason.
    Deadletters {
        /// The dataflow.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Try what was given up again.
    Replay {
        /// The dataflow.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    let answer = match command {
        Command::Status { id: None, connection } => connection.client()?.get("/flows", &[]).await?,
        Command::Status { id: Some(id), connection } => get(&connection, &id, "status").await?,
        Command::Deadletters { id, connection } => get(&connection, &id, "deadletters").await?,
        Command::Export { id, connection } => post(&connection, &id, "export").await?,
        Command::Replay { id, connection } => post(&connection, &id, "replay").await?,
    };
    render::print(&render::json(&answer));
    Ok(())
}

async fn get(connection: &Connection, id: &str, what: &str) -> Result<Value, Error> {
    Ok(connection.client()?.get(&format!("/flows/{id}/{what}"), &[]).await?)
}

async fn post(connection: &Connection, id: &str, what: &str) -> Result<Value, Error> {
    Ok(connection.client()?.post(&format!("/flows/{id}/{what}"), &json!({})).await?)
}
