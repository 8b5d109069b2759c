//! Rows of an import: taken in only where they follow what is there, together with the note of how far the import is.

use acquaint_engine::ingest::imports::{self, Counts, Import, Status, Step};
use acquaint_engine::ingest::quarantine::Place;
use axum::http::StatusCode;
use serde_json::Value;

use super::rows::{Outcome, Sent, Unreadable, take};
use super::{Kept, admit, uploads};
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

/// A row of the file: what it says, or why it cannot be read and its text.
#[derive(Clone)]
pub(crate) struct Line {
    /// On which line of the file it begins, if the file has lines.
    pub(crate) line: Option<u64>,
    pub(crate) row: Result<Value, (String, String)>,
}

/// Takes rows in, of which the first is the one behind the first `from` of the file.
pub(crate) async fn import(
    app: &Shared,
    id: String,
    from: u64,
    lines: Vec<Line>,
) -> Result<Outcome, Problem> {
    blocking(app, move |app| {
        let import = next(app, &id, from)?;
        from_outside(&import)?;
        pour(app, &import, lines)
    })
    .await
}

/// Refuses what somebody sends to an import that the server itself reads.
pub(crate) fn from_outside(import: &Import) -> Result<(), Problem> {
    if import.object.is_none() {
        return Ok(());
    }
    let detail = format!("import `{}` reads `{}` by itself", import.id, import.file);
    Err(Problem::new(
        StatusCode::CONFLICT,
        "import-of-object",
        "the import takes no rows from outside",
        detail,
    ))
}

/// Takes the rows in that follow those which the import has.
pub(crate) fn pour(app: &App, import: &Import, lines: Vec<Line>) -> Result<Outcome, Problem> {
    admit(app)?;
    let in_force = app.in_force();
    let now_ms = app.clock.now_ms();
    let rows = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let sent = (import.counts.rows.saturating_add(1)..).zip(lines);
    let sent = sent.map(|(row, line)| sent_row(&import.file, row, line)).collect();
    let with = |kept: Kept| import.advanced(counts(rows, kept), Status::Open, now_ms);
    match &import.upload {
        None => take(app, &in_force, &import.source, sent, now_ms, with),
        Some(upload) => uploads::take(app, &in_force, (import, upload), sent, now_ms, with),
    }
}

/// The import, if rows from there on are what it waits for.
pub(crate) fn next(app: &App, id: &str, from: u64) -> Result<Import, Problem> {
    let conflict = |code, title, detail: String| Problem::new(StatusCode::CONFLICT, code, title, detail);
    match imports::step(&*app.store, id, from)? {
        Step::Next(import) => Ok(*import),
        Step::Unknown => Err(Problem::not_found("import", id)),
        Step::Over(status) => {
            let why = match status {
                Status::Superseded => "another upload of the same audience began",
                Status::Failed => "it has failed",
                Status::Open | Status::Closing | Status::Complete => "it is complete",
            };
            let detail =
                format!("import `{id}` takes no more rows: {why}; begin another to send the file again");
            Err(conflict("import-over", "the import is over", detail))
        }
        Step::Elsewhere(rows) => {
            let detail = format!("import `{id}` has {rows} rows, so rows from {from} on do not follow");
            Err(conflict("import-position", "the rows do not follow", detail).with("rows", rows))
        }
    }
}

fn sent_row(file: &str, row: u64, Line { line, row: read }: Line) -> Sent {
    let unreadable = |(reason, text)| Unreadable { code: "unreadable_row", reason, text };
    Sent { row: read.map_err(unreadable), place: Some(Place { file: file.to_owned(), row, line }) }
}

fn counts(rows: u64, Kept { accepted, duplicates, refused }: Kept) -> Counts {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Counts { rows, accepted: count(accepted), duplicates: count(duplicates), refused: count(refused) }
}
