//! `acquaint identity`: the identity graph of a profile, why it is as it is, and the way to take a link back.

use serde_json::json;

use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The graph that an identity belongs to.
    Graph {
        #[command(flatten)]
        of: Of,
        /// `json`, or a picture: `dot`, `mermaid`.
        #[arg(long, default_value = "json")]
        format: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Every link that was made or cut, and why, oldest first.
    History {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        connection: Connection,
    },
    /// Take a link back: the profile splits by the links that remain.
    Unlink {
        #[command(flatten)]
        of: Of,
        /// The namespace of the other identity; every link is taken back when absent.
        #[arg(long, requires = "other_id")]
        other_namespace: Option<String>,
        /// Its value.
        #[arg(long, requires = "other_namespace")]
        other_id: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

/// An identity.
#[derive(Debug, clap::Args)]
pub(crate) struct Of {
    /// The identity's namespace.
    #[arg(long)]
    namespace: String,
    /// Its value.
    #[arg(long)]
    id: String,
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Graph { of, format, connection } => {
            let query = [("ns", of.namespace.as_str()), ("id", &of.id), ("format", &format)];
            let graph = connection.client()?.get("/data/core/identity/cluster", &query).await?;
            match graph.as_str() {
                Some(picture) => render::print(picture),
                None => render::print(&render::json(&graph)),
            }
        }
        Command::History { of, connection } => {
            let query = [("ns", of.namespace.as_str()), ("id", &of.id)];
            let history = connection.client()?.get("/data/core/identity/cluster/history", &query).await?;
            render::print(&render::json(&history));
        }
        Command::Unlink { of, other_namespace, other_id, connection } => {
            let mut identities = vec![json!({"namespace": of.namespace, "id": of.id})];
            if let (Some(namespace), Some(id)) = (other_namespace, other_id) {
                identities.push(json!({"namespace": namespace, "id": id}));
            }
            let wanted = json!({"identities": identities});
            let answer = connection.client()?.delete("/data/core/identity/links", &wanted).await?;
            render::print(&render::json(&answer));
        }
    }
    Ok(())
}
