//! `acquaint audiences`: which there are, how they are evaluated, and how many profiles are in.

use serde_json::Value;

use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All audiences with their counts.
    List {
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    let Command::List { connection } = command;
    let listed = connection
        .client()?
        .get("/data/core/ups/audiences", &[("limit", "4000"), ("counts", "true")])
        .await?;
    let rows = listed.get("children").and_then(Value::as_array).into_iter().flatten().map(row);
    render::print(&render::table(&["id", "mode", "realized", "exited", "name"], &rows.collect::<Vec<_>>()));
    Ok(())
}

fn row(audience: &Value) -> Vec<String> {
    let said = |pointer: &str| render::plain(audience.pointer(pointer));
    vec![said("/id"), said("/mode"), said("/counts/realized"), said("/counts/exited"), said("/name")]
}
