//! `acquaint profile`: one profile, whole; and the way to erase one.

use std::time::Duration;

use serde_json::Value;

use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The merged profile of an identity.
    Get {
        /// The identity's namespace.
        #[arg(long)]
        namespace: String,
        /// Its value.
        #[arg(long)]
        id: String,
        /// Its experience events instead of its attributes.
        #[arg(long)]
        events: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Erase the person whom an identity belongs to, everywhere; with `--wait`, until nothing is left.
    Erase {
        /// The identity's namespace.
        #[arg(long)]
        namespace: String,
        /// Its value.
        #[arg(long)]
        id: String,
        /// Do not return before it is completed.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Erasures, and how far each is.
    Erasures {
        #[command(flatten)]
        connection: Connection,
    },
}

/// How often an erasure is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const ENTITIES: &str = "/data/core/ups/access/entities";
const JOBS: &str = "/data/core/ups/system/jobs";

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    let shown = match command {
        Command::Get { namespace, id, events, connection } => {
            get(&connection, &namespace, &id, events).await?
        }
        Command::Erase { namespace, id, wait, connection } => {
            erase(&connection, &namespace, &id, wait).await?
        }
        Command::Erasures { connection } => connection.client()?.get(JOBS, &[]).await?,
    };
    render::print(&render::json(&shown));
    Ok(())
}

async fn erase(connection: &Connection, namespace: &str, id: &str, wait: bool) -> Result<Value, Error> {
    let client = connection.client()?;
    let mut job = client.delete_at(ENTITIES, &[("entityIdNS", namespace), ("entityId", id)]).await?;
    while wait && job.get("status").and_then(Value::as_str) != Some("COMPLETED") {
        tokio::time::sleep(LOOK_EVERY).await;
        let job_id = job.get("id").and_then(Value::as_str).unwrap_or_default();
        let path = format!("{JOBS}/{job_id}");
        job = client.get(&path, &[]).await?;
    }
    Ok(job)
}

async fn get(connection: &Connection, namespace: &str, id: &str, events: bool) -> Result<Value, Error> {
    let query: &[(&str, &str)] = if events {
        &[
            ("schema.name", "_xdm.context.experienceevent"),
            ("relatedEntityId", id),
            ("relatedEntityIdNS", namespace),
        ]
    } else {
        &[("schema.name", "_xdm.context.profile"), ("entityId", id), ("entityIdNS", namespace)]
    };
    Ok(connection.client()?.get(ENTITIES, query).await?)
}
