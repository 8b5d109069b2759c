//! Rows of files to records. Who imports is told of every refusal at once, and finds it in quarantine later.

use acquaint_core::limits::RECORD_BYTES_MAX;
use acquaint_engine::Refusal;
use acquaint_engine::ingest::quarantine::{Origin, Place, Quarantined};
use acquaint_engine::ingest::rows as reader;
use acquaint_store::WriteBatch;
use acquaint_store::catalog::Source;
use acquaint_store::record::Body;
use serde::Serialize;
use serde_json::Value;

use super::{Judged, Kept, admit, charge, keep_with};
use crate::app::{App, InForce, Shared, blocking};
use crate::problem::Problem;

/// Refusals named in one answer; all are counted.
const NAMED_MAX: usize = 100;

/// What became of the rows.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    accepted: usize,
    duplicates: usize,
    refused_count: usize,
    refused: Vec<RefusedRow>,
}

#[derive(Debug, Serialize)]
struct RefusedRow {
    /// From 1.
    row: usize,
    #[serde(flatten)]
    refusal: Refusal,
}

/// A row as it was sent.
pub(super) struct Sent {
    /// The row, or the text that is none.
    pub(super) row: Result<Value, Unreadable>,
    /// Where it stands in a file.
    pub(super) place: Option<Place>,
}

/// What stands where a row should.
pub(super) struct Unreadable {
    pub(super) code: &'static str,
    pub(super) reason: String,
    pub(super) text: String,
}

/// Takes rows in. A row that is not even JSON comes as the text it is.
pub(crate) async fn rows(
    app: &Shared,
    source: String,
    rows: Vec<Result<Value, String>>,
) -> Result<Outcome, Problem> {
    admit(app)?;
    let in_force = app.in_force();
    if in_force.rules.source(&source).is_none() {
        return Err(Problem::not_found("source", &source));
    }
    let received_ms = app.clock.now_ms();
    blocking(app, move |app| {
        let sent = rows.into_iter().map(|row| Sent { row: row.map_err(Unreadable::not_json), place: None });
        take(app, &in_force, &source, sent.collect(), received_ms, |_kept| Ok(WriteBatch::default()))
    })
    .await
}

/// Takes rows of a source in, together with other writes.
pub(super) fn take(
    app: &App,
    in_force: &InForce,
    source: &str,
    rows: Vec<Sent>,
    received_ms: i64,
    with: impl FnOnce(Kept) -> acquaint_engine::Result<WriteBatch>,
) -> Result<Outcome, Problem> {
    let of = in_force.rules.source(source).ok_or_else(|| Problem::not_found("source", source))?;
    take_read(app, of, rows, received_ms, |row| reader::row(&in_force.rules, of, row), with)
}

/// As [`take`], where rows are read in a way of their own.
pub(super) fn take_read(
    app: &App,
    of: &Source,
    rows: Vec<Sent>,
    received_ms: i64,
    mut read: impl FnMut(&Value) -> Result<Vec<Body>, Refusal>,
    with: impl FnOnce(Kept) -> acquaint_engine::Result<WriteBatch>,
) -> Result<Outcome, Problem> {
    charge(app, &[(of, rows.len())], received_ms)?;
    let mut outcome = Outcome::default();
    let mut judged = Vec::with_capacity(rows.len());
    for (row, sent) in (1_usize..).zip(rows) {
        let record = judge(of, sent, received_ms, &mut read);
        if let Judged::Refused(record) = &record
            && outcome.refused.len() < NAMED_MAX
        {
            outcome.refused.push(RefusedRow { row, refusal: record.refusal.clone() });
        }
        judged.push(record);
    }
    let kept = Kept::of(&keep_with(app, received_ms, judged, with)?);
    Ok(Outcome {
        accepted: kept.accepted,
        duplicates: kept.duplicates,
        refused_count: kept.refused,
        ..outcome
    })
}

impl Unreadable {
    fn not_json(text: String) -> Self {
        let error = serde_json::from_str::<Value>(&text).err();
        Self { code: "bad_json", reason: error.map_or_else(String::new, |error| error.to_string()), text }
    }
}

fn judge(
    source: &Source,
    sent: Sent,
    received_ms: i64,
    read: impl FnOnce(&Value) -> Result<Vec<Body>, Refusal>,
) -> Judged {
    let (raw, read) = match sent.row {
        Ok(row) => {
            let raw = row.to_string();
            let read = match raw.len() > RECORD_BYTES_MAX {
                true => Err(refusal(
                    "too_large",
                    format!("{} bytes are more than the {RECORD_BYTES_MAX} allowed", raw.len()),
                )),
                false => read(&row),
            };
            (raw, read)
        }
        Err(Unreadable { code, reason, text }) => (text, Err(refusal(code, reason))),
    };
    match read {
        Ok(bodies) => Judged::Fine { source: source.id.clone(), bytes: raw.len(), bodies },
        Err(refusal) => Judged::Refused(Box::new(Quarantined {
            received_ms,
            origin: Origin::Row,
            source: source.id.clone(),
            fallback_id: String::new(),
            refusal,
            raw,
            place: sent.place,
        })),
    }
}

fn refusal(code: &str, reason: String) -> Refusal {
    Refusal { code: code.into(), reason, path: String::new() }
}
