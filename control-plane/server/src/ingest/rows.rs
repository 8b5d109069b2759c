//! Rows of files to records. Who imports is told of every refusal at once, and finds it in quarantine later.

use acquaint_core::limits::RECORD_BYTES_MAX;
use acquaint_engine::Refusal;
use acquaint_engine::ingest::quarantine::{Origin, Quarantined};
use acquaint_engine::ingest::rows as reader;
use acquaint_store::catalog::Source;
use serde::Serialize;
use serde_json::Value;

use super::{Judged, Kept, admit, charge, keep};
use crate::app::{InForce, Shared, blocking};
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
        let Some(of) = in_force.rules.source(&source) else {
            return Err(Problem::not_found("source", &source));
        };
        charge(app, &[(of, rows.len())], received_ms)?;
        let mut outcome = Outcome::default();
        let mut judged = Vec::with_capacity(rows.len());
        for (row, sent) in (1_usize..).zip(rows) {
            let record = judge(&in_force, of, sent, received_ms);
            if let Judged::Refused(record) = &record
                && outcome.refused.len() < NAMED_MAX
            {
                outcome.refused.push(RefusedRow { row, refusal: record.refusal.clone() });
            }
            judged.push(record);
        }
        let kept = Kept::of(&keep(app, received_ms, judged)?);
        Ok(Outcome {
            accepted: kept.accepted,
            duplicates: kept.duplicates,
            refused_count: kept.refused,
            ..outcome
        })
    })
    .await
}

fn judge(in_force: &InForce, source: &Source, sent: Result<Value, String>, received_ms: i64) -> Judged {
    let (raw, read) = match sent {
        Ok(row) => {
            let raw = row.to_string();
            let read = match raw.len() > RECORD_BYTES_MAX {
                true => Err(refusal(
                    "too_large",
                    format!("{} bytes are more than the {RECORD_BYTES_MAX} allowed", raw.len()),
                )),
                false => reader::row(&in_force.rules, source, &row),
            };
            (raw, read)
        }
        Err(text) => {
            let error = serde_json::from_str::<Value>(&text)
                .err()
                .map_or_else(String::new, |error| error.to_string());
            (text, Err(refusal("bad_json", error)))
        }
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
        })),
    }
}

fn refusal(code: &str, reason: String) -> Refusal {
    Refusal { code: code.into(), reason, path: String::new() }
}
