//! `acquaint quarantine`: what was refused, why, and another try after the reason was mended.

use serde_json::{Value, json};

use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Refused records with their reason, oldest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        connection: Connection,
    },
    /// Send refused records through ingestion again.
    Replay {
        /// Which; all when absent.
        id: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List { limit, connection } => {
            let listed = connection.client()?.get("/quarantine", &[("limit", &limit.to_string())]).await?;
            let rows = listed.get("records").and_then(Value::as_array).into_iter().flatten().map(row);
            render::print(&render::table(
                &["id", "received", "source", "code", "path", "reason"],
                &rows.collect::<Vec<_>>(),
            ));
        }
        Command::Replay { id, connection } => {
            let wanted = if id.is_empty() { json!({}) } else { json!({"ids": id}) };
            let replayed = connection.client()?.post("/quarantine/replay", &wanted).await?;
            render::print(&render::json(&replayed));
        }
    }
    Ok(())
}

fn row(record: &Value) -> Vec<String> {
    ["id", "received", "source", "code", "path", "reason"]
        .map(|name| render::plain(record.get(name)))
        .to_vec()
}
