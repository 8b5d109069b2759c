//! `acquaint profile`: one profile, whole.

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
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    let Command::Get { namespace, id, events, connection } = command;
    let query: &[(&str, &str)] = if events {
        &[
            ("schema.name", "_xdm.context.experienceevent"),
            ("relatedEntityId", &id),
            ("relatedEntityIdNS", &namespace),
        ]
    } else {
        &[("schema.name", "_xdm.context.profile"), ("entityId", &id), ("entityIdNS", &namespace)]
    };
    let profile = connection.client()?.get("/data/core/ups/access/entities", query).await?;
    render::print(&render::json(&profile));
    Ok(())
}
