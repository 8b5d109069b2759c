//! `acquaint imports`: the imports there were.

use serde_json::Value;

use super::{Connection, Error, render};

const COLUMNS: [&str; 8] = ["id", "source", "file", "status", "updated", "rows", "accepted", "refused"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let listed = arguments.connection.client()?.get("/imports", &[]).await?;
    let rows = listed.get("imports").and_then(Value::as_array).into_iter().flatten();
    print(rows);
    Ok(())
}

/// One a line.
pub(super) fn print<'a>(imports: impl Iterator<Item = &'a Value>) {
    let rows: Vec<Vec<String>> =
        imports.map(|import| COLUMNS.map(|name| render::plain(import.get(name))).to_vec()).collect();
    render::print(&render::table(&COLUMNS, &rows));
}
