//! `acquaint audiences upload`: the rows of a file to an external audience, as `acquaint import` sends them. A full upload
//! has ended when everybody is out whom the file does not name.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::import::{Import, digest};
use super::{Connection, Error, audiences};
use crate::rows;

const POLL_EVERY: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Mode {
    /// The file names every member; everybody else leaves.
    Full,
    /// The column `operation` of each row says `add` or `remove`; everybody else stays.
    Differential,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The external audience's id.
    id: String,
    /// A .csv, .json, .ndjson, .jsonl or .parquet file.
    file: PathBuf,
    /// What becomes of members whom the file does not name.
    #[arg(long, value_enum)]
    mode: Mode,
    /// A full file that names nobody is meant: everybody leaves.
    #[arg(long)]
    empty: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let rows = rows::open(&arguments.file)?;
    let path = audiences::path_of(&arguments.id, "uploads")?;
    let mode = match arguments.mode {
        Mode::Full => "full",
        Mode::Differential => "differential",
    };
    let file = arguments.file.display().to_string();
    let wanted = json!({"file": file, "digest": digest(&arguments.file, 0)?, "mode": mode});
    let mut import = Import::begin(arguments.connection.client()?, &path, &wanted).await?;
    let read = import.all(rows, None).await?;
    let step = if arguments.empty { "complete?empty=true" } else { "complete" };
    let mut ended = import.end(read.is_ok(), step).await?;
    while ended.get("status").and_then(Value::as_str) == Some("closing") {
        tokio::time::sleep(POLL_EVERY).await;
        ended = import.now().await?;
    }
    import.told(&ended, read)
}
