//! `acquaint import`: the rows of a file to a source, in bounded batches. Running it again changes nothing: event ids
//! come from the rows. Rows that are refused do not hold up the others, but the command fails then.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::{Connection, Error, render};
use crate::rows;
use acquaint_core::time::{format_instant, parse_instant};

/// Rows and bytes of one request.
const CHUNK_ROWS_MAX: usize = 1_000;
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
    /// A .csv, .json, .ndjson, .jsonl or .parquet file.
    file: PathBuf,
    /// Move event timestamps by whole days, for replaying old data as if it were new.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    shift_days: i64,
    /// Move event timestamps by seconds, on top of the days.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    shift_seconds: i64,
    #[command(flatten)]
    connection: Connection,
}

/// What has happened so far.
#[derive(Debug, Default)]
struct Counts {
    rows: u64,
    accepted: u64,
    duplicates: u64,
    refused: u64,
    shown: Vec<String>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let client = arguments.connection.client()?;
    let by_ms = arguments
        .shift_days
        .saturating_mul(DAY_MS)
        .saturating_add(arguments.shift_seconds.saturating_mul(1_000));
    let shift = match by_ms {
        0 => None,
        by_ms => timestamp_column(&client, &arguments.source).await?.map(|column| (column, by_ms)),
    };
    let mut import = Import {
        client,
        path: format!("/collection/{}", arguments.source),
        lines: String::new(),
        first: 1,
        pending: 0,
        counts: Counts::default(),
    };
    let mut shown = Instant::now();
    let mut damage = None;
    for row in rows::open(&arguments.file)? {
        import.counts.rows = import.counts.rows.saturating_add(1);
        match row {
            Err(error @ rows::Error::Row { .. }) => import.counts.refuse(error.to_string()),
            Err(error) => {
                damage = Some(error);
                break;
            }
            Ok(mut row) => {
                if let Some((column, by_ms)) = &shift {
                    shift_timestamp(&mut row, column, *by_ms);
                }
                import.push(Value::Object(row)).await?;
            }
        }
        if shown.elapsed() >= PROGRESS_EVERY {
            eprintln!("{}", import.counts.text());
            shown = Instant::now();
        }
    }
    import.flush().await?;
    for refusal in &import.counts.shown {
        eprintln!("refused: {refusal}");
    }
    render::print(&format!("{}\n", import.counts.text()));
    match (damage, import.counts) {
        (Some(damage), _) => Err(damage.into()),
        (None, Counts { refused: 0, .. }) => Ok(()),
        (None, Counts { rows, refused, .. }) => {
            Err(Error::Refused(format!("{refused} of {rows} rows were refused; the others are in")))
        }
    }
}

struct Import {
    client: Client,
    path: String,
    lines: String,
    /// The row of the file that the first pending line is.
    first: u64,
    pending: usize,
    counts: Counts,
}

impl Import {
    async fn push(&mut self, row: Value) -> Result<(), Error> {
        let line = row.to_string();
        if self.pending >= CHUNK_ROWS_MAX || self.lines.len().saturating_add(line.len()) >= CHUNK_BYTES_MAX {
            self.flush().await?;
        }
        if self.pending == 0 {
            self.first = self.counts.rows;
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
        let answer = self.client.post_lines(&self.path, &self.lines).await?;
        self.counts.add(&answer, self.first);
        self.lines.clear();
        self.pending = 0;
        Ok(())
    }
}

impl Counts {
    fn add(&mut self, answer: &Value, first: u64) {
        let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
        self.accepted = self.accepted.saturating_add(number("accepted"));
        self.duplicates = self.duplicates.saturating_add(number("duplicates"));
        self.refused = self.refused.saturating_add(number("refusedCount"));
        for refusal in answer.get("refused").and_then(Value::as_array).into_iter().flatten() {
            let row = refusal
                .get("row")
                .and_then(Value::as_u64)
                .unwrap_or(0)
                .saturating_add(first)
                .saturating_sub(1);
            let said = |name: &str| render::plain(refusal.get(name));
            if self.shown.len() < SHOWN_MAX {
                self.shown.push(format!(
                    "row {row}: {} {} at `{}`",
                    said("code"),
                    said("reason"),
                    said("path")
                ));
            }
        }
    }

    fn refuse(&mut self, reason: String) {
        self.refused = self.refused.saturating_add(1);
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(reason);
        }
    }

    fn text(&self) -> String {
        let Self { rows, accepted, duplicates, refused, shown: _ } = self;
        format!("rows={rows} accepted={accepted} duplicates={duplicates} refused={refused}")
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

    #[test]
    fn refusals_are_counted_by_the_row_of_the_file() {
        let mut counts = Counts { rows: 12, ..Counts::default() };
        let refused = json!([{"row": 2, "code": "bad-timestamp", "reason": "no time", "path": "at"}]);
        counts.add(&json!({"accepted": 8, "duplicates": 1, "refusedCount": 1, "refused": refused}), 10);
        assert_eq!(counts.text(), "rows=12 accepted=8 duplicates=1 refused=1");
        assert_eq!(counts.shown, ["row 11: bad-timestamp no time at `at`"]);
    }
}
