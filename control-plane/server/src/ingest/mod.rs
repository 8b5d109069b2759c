//! Taking records in: what the routes of ingestion have in common. Judged one by one, made durable together.

mod rows;
mod segment;

use acquaint_engine::ingest::quarantine::{self, Quarantined};
use acquaint_store::record::Body;
use acquaint_store::{Log, Topic};
use axum::http::{HeaderValue, StatusCode, header};

use crate::app::App;
use crate::problem::Problem;

pub(crate) use rows::{Outcome, rows};
pub(crate) use segment::messages;

/// Records that the engine may be behind; a client that sends more has to wait.
const LAG_MAX: u64 = 2_000_000;

/// What one record became.
pub(crate) enum Judged {
    Fine(Vec<Body>),
    Refused(Box<Quarantined>),
}

/// Makes everything durable, accepted or refused. Returns how many of each judged record's bodies were there before.
pub(crate) fn keep(app: &App, received_ms: i64, judged: Vec<Judged>) -> Result<Kept, Problem> {
    let mut kept = Kept::default();
    let mut bodies = Vec::new();
    let mut lengths = Vec::new();
    let mut refused = Vec::new();
    for record in judged {
        match record {
            Judged::Fine(of_one) => {
                lengths.push(of_one.len());
                bodies.extend(of_one);
            }
            Judged::Refused(record) => refused.push(*record),
        }
    }
    kept.refused = refused.len();
    let mut answers = app.intake.accept(received_ms, bodies)?.into_iter();
    for length in lengths {
        let known = answers.by_ref().take(length).filter(|answer| answer.duplicate).count();
        // A record is known if all it says is known.
        match length > 0 && known == length {
            true => kept.duplicates = kept.duplicates.saturating_add(1),
            false => kept.accepted = kept.accepted.saturating_add(1),
        }
    }
    quarantine::put(&*app.store, &refused)?;
    Ok(kept)
}

/// How many records were accepted, known, refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub accepted: usize,
    pub duplicates: usize,
    pub refused: usize,
}

/// Refuses to take more than the engine can digest.
pub(crate) fn admit(app: &App) -> Result<(), Problem> {
    let behind = app.store.end(Topic::Records).saturating_sub(app.engine_position());
    if behind <= LAG_MAX {
        return Ok(());
    }
    let detail = format!("{behind} records wait to be worked on");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", "the server is behind", detail);
    Err(problem.header(header::RETRY_AFTER, HeaderValue::from_static("1")))
}
