//! `acquaint import`: the rows of a file to a source, in bounded batches. Broken off and run again it goes on where it
//! was. Rows that are refused do not hold up the others, but the command fails then. Files in object storage are read by
//! the server ([`super::import_objects`]).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{self, Client};
use super::{Connection, Error, render};
use crate::rows::{self, Found, Unreadable};
use acquaint_core::time::{format_instant, parse_instant};

/// Rows and bytes of one request.
const CHUNK_ROWS_MAX: u64 = 1_000;
const CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// Refusals that are shown; all are counted.
const SHOWN_MAX: usize = 20;
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The source the rows belong to: it says what they mean.
    #[arg(long)]
    source: String,
    /// A .csv, .json, .ndjson or .jsonl file, perhaps with .gz behind it, or a .parquet file; `s3://bucket/key` or a folder
    /// of keys with `--connection`.
    file: PathBuf,
    /// The connection to object storage that the server reads the files through.
    #[arg(long = "connection", value_name = "ID", conflicts_with_all = ["shift_days", "shift_seconds"])]
    through: Option<String>,
    /// Move event timestamps by whole days, for replaying old data as if it were new.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    shift_days: i64,
    /// Move event timestamps by seconds, on top of the days.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    shift_seconds: i64,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let client = arguments.connection.client()?;
    if let Some(connection) = &arguments.through {
        let location = arguments.file.display().to_string();
        return super::import_objects::run(&client, &arguments.source, connection, &location).await;
    }
    let by_ms = arguments
        .shift_days
        .saturating_mul(DAY_MS)
        .saturating_add(arguments.shift_seconds.saturating_mul(1_000));
    let shift = match by_ms {
        0 => None,
        by_ms => timestamp_column(&client, &arguments.source).await?.map(|column| (column, by_ms)),
    };
    let rows = rows::open(&arguments.file)?;
    let digest = digest(&arguments.file, by_ms)?;
    let file = arguments.file.display().to_string();
    let wanted = json!({"source": arguments.source, "file": file, "digest": digest});
    let mut import = Import::begin(client, "/imports", &wanted).await?;
    let read = import.all(rows, shift.as_ref()).await?;
    let ended = import.end(read.is_ok(), "complete").await?;
    import.told(&ended, read)
}

/// Tells a file, and how it is read, from others.
pub(super) fn digest(path: &Path, by_ms: i64) -> Result<String, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    std::io::copy(&mut file, &mut Hashed(&mut hash)).map_err(unreadable)?;
    hash.update(&by_ms.to_le_bytes());
    Ok(format!("{:032x}", hash.digest128()))
}

struct Hashed<'a>(&'a mut xxhash_rust::xxh3::Xxh3);

impl std::io::Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An import under way.
pub(super) struct Import {
    client: Client,
    id: String,
    /// Rows that the server has.
    rows: u64,
    /// Lines of the next request.
    lines: String,
    pending: u64,
    refusals: Vec<String>,
}

impl Import {
    pub(super) async fn begin(client: Client, path: &str, wanted: &Value) -> Result<Self, Error> {
        let begun = client.post(path, wanted).await?;
        Ok(Self {
            client,
            id: render::plain(begun.get("id")),
            rows: begun.get("rows").and_then(Value::as_u64).unwrap_or(0),
            lines: String::new(),
            pending: 0,
            refusals: Vec::new(),
        })
    }

    /// Sends the rows that the server does not have; what of the file cannot be read ends it.
    pub(super) async fn all(
        &mut self,
        rows: impl Iterator<Item = Result<Found, rows::Error>>,
        shift: Option<&(String, i64)>,
    ) -> Result<Result<(), rows::Error>, Error> {
        let done = self.rows;
        if done > 0 {
            eprintln!("{} goes on behind row {done}", self.id);
        }
        let mut shown = Instant::now();
        let mut read = Ok(());
        for found in rows.skip(usize::try_from(done).unwrap_or(usize::MAX)) {
            match found {
                Err(error) => {
                    read = Err(error);
                    break;
                }
                Ok(mut found) => {
                    if let (Some((column, by_ms)), Ok(row)) = (shift, &mut found.row) {
                        shift_timestamp(row, column, *by_ms);
                    }
                    self.push(&found).await?;
                }
            }
            if shown.elapsed() >= PROGRESS_EVERY {
                eprintln!("{} rows={}", self.id, self.rows);
                shown = Instant::now();
            }
        }
        self.flush().await?;
        for refusal in &self.refusals {
            eprintln!("refused: {refusal}");
        }
        Ok(read)
    }

    /// What became of all rows, in one line; a failure if some are not in.
    pub(super) fn told(&self, ended: &Value, read: Result<(), rows::Error>) -> Result<(), Error> {
        let counts = |name: &str| ended.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (rows, refused) = (counts("rows"), counts("refused"));
        let (accepted, duplicates) = (counts("accepted"), counts("duplicates"));
        let left = ended.pointer("/upload/left").map(|left| format!(" left={left}")).unwrap_or_default();
        render::print(&format!(
            "rows={rows} accepted={accepted} duplicates={duplicates} refused={refused}{left}\n"
        ));
        match (read, refused) {
            (Err(damage), _) => Err(damage.into()),
            (Ok(()), 0) => Ok(()),
            (Ok(()), refused) => {
                Err(Error::Refused(format!("{refused} of {rows} rows were refused; the others are in")))
            }
        }
    }

    async fn push(&mut self, found: &Found) -> Result<(), Error> {
        let line = match &found.row {
            Ok(row) => json!([found.line, row]).to_string(),
            Err(Unreadable { reason, text }) => json!([found.line, reason, text]).to_string(),
        };
        if self.pending >= CHUNK_ROWS_MAX || self.lines.len().saturating_add(line.len()) >= CHUNK_BYTES_MAX {
            self.flush().await?;
        }
        self.lines.push_str(&line);
        self.lines.push('\n');
        self.pending = self.pending.saturating_add(1);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        if self.pending == 0 {
            return Ok(());
        }
        let path = format!("/imports/{}/rows?from={}", self.id, self.rows);
        let after = self.rows.saturating_add(self.pending);
        match self.client.post_lines(&path, &self.lines).await {
            Ok(answer) => self.note(&answer),
            // An answer was lost on the way: the rows are in.
            Err(client::Error::Refused { body, .. })
                if body.get("rows").and_then(Value::as_u64) == Some(after) => {}
            Err(error) => return Err(error.into()),
        }
        self.rows = after;
        self.lines.clear();
        self.pending = 0;
        Ok(())
    }

    /// The refusals of one request, by the row of the file.
    fn note(&mut self, answer: &Value) {
        for refusal in answer.get("refused").and_then(Value::as_array).into_iter().flatten() {
            let row = refusal.get("row").and_then(Value::as_u64).unwrap_or(0).saturating_add(self.rows);
            let said = |name: &str| render::plain(refusal.get(name));
            if self.refusals.len() < SHOWN_MAX {
                let told = format!("row {row}: {} {} at `{}`", said("code"), said("reason"), said("path"));
                self.refusals.push(told);
            }
        }
    }

    /// What became of all rows. An import whose file could not be read to its end
    /// stays open.
    pub(super) async fn end(&self, complete: bool, step: &str) -> Result<Value, Error> {
        Ok(match complete {
            true => self.client.post(&format!("/imports/{}/{step}", self.id), &Value::Null).await?,
            false => self.now().await?,
        })
    }

    /// How far the server is.
    pub(super) async fn now(&self) -> Result<Value, Error> {
        Ok(self.client.get(&format!("/imports/{}", self.id), &[]).await?)
    }
}

/// Where the source's events have their time; a source of attributes has none, and nothing to move.
async fn timestamp_column(client: &Client, source: &str) -> Result<Option<String>, Error> {
    let catalog = client.get("/catalog", &[]).await?;
    let definition = catalog.pointer(&format!("/sources/{}", super::documents::escape(source)));
    let Some(definition) = definition else {
        return Err(Error::Refused(format!("there is no source `{source}`")));
    };
    Ok(definition.pointer("/event/timestamp").and_then(Value::as_str).map(str::to_owned))
}

/// Text stays text and a number stays a number of milliseconds; what cannot be read is left for the server to refuse.
fn shift_timestamp(row: &mut rows::Row, column: &str, by_ms: i64) {
    let Some(cell) = row.get_mut(column) else { return };
    let moved = match &*cell {
        Value::String(text) => {
            parse_instant(text).map(|at_ms| Value::from(format_instant(at_ms.saturating_add(by_ms))))
        }
        Value::Number(number) => number.as_i64().map(|at_ms| Value::from(at_ms.saturating_add(by_ms))),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    if let Some(moved) = moved {
        *cell = moved;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn timestamps_move_by_whole_days() {
        let mut row = json!({"at": "2017-12-31T12:00:00Z", "n": 5}).as_object().cloned().unwrap();
        shift_timestamp(&mut row, "at", 2 * DAY_MS);
        shift_timestamp(&mut row, "n", -5);
        shift_timestamp(&mut row, "missing", 1);
        assert_eq!(Value::Object(row), json!({"at": "2018-01-02T12:00:00.000Z", "n": 0}));
    }
}
