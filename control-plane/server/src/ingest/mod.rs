//! Taking records in: what the routes of ingestion have in common. Judged one by one, made durable together.

mod connection;
mod imports;
mod rate;
mod rows;
mod segment;
pub(crate) mod shown;
pub(crate) mod uploads;

use std::collections::BTreeMap;

use acquaint_core::id::Position;
use acquaint_engine::Refusal;
use acquaint_engine::ingest::Accepted;
use acquaint_engine::ingest::quarantine::{self, Quarantined};
use acquaint_store::catalog::Source;
use acquaint_store::record::Body;
use acquaint_store::{Log, Topic, WriteBatch};

use crate::app::App;
use crate::clock::system_ms;
use crate::metrics::Taken;
use crate::problem::Problem;

pub(crate) use connection::{Answered, Form, connection};
pub(crate) use imports::{Line, from_outside, import, pour};
pub(crate) use rate::Buckets;
pub(crate) use rows::{Outcome, rows};
pub(crate) use segment::messages;

/// Records that the engine may be behind; a client that sends more has to wait.
pub(crate) const LAG_MAX: u64 = 2_000_000;
/// How long it has to wait then.
const LAG_WAIT_MS: u64 = 1_000;

/// What one record became.
pub(crate) enum Judged {
    Fine {
        /// The source or datastream, by id.
        source: String,
        /// Of the message as it came.
        bytes: usize,
        bodies: Vec<Body>,
    },
    Refused(Box<Quarantined>),
}

/// What became of one judged record, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept {
        /// Where it is in the log; 0 if it says nothing.
        position: Position,
        /// All it says was there before.
        duplicate: bool,
    },
    /// It is in quarantine.
    Refused(Refusal),
}

/// Makes everything durable, accepted or refused; answers for each in order.
pub(crate) fn keep(app: &App, received_ms: i64, judged: Vec<Judged>) -> Result<Vec<Fate>, Problem> {
    keep_with(app, received_ms, judged, |_kept| Ok(WriteBatch::default()))
}

/// As [`keep`], together with other writes: all of it is durable, or nothing is.
pub(crate) fn keep_with(
    app: &App,
    received_ms: i64,
    judged: Vec<Judged>,
    with: impl FnOnce(Kept) -> acquaint_engine::Result<WriteBatch>,
) -> Result<Vec<Fate>, Problem> {
    let mut bodies = Vec::new();
    let mut refused = Vec::new();
    let mut lengths = Vec::with_capacity(judged.len());
    let mut sources = Vec::with_capacity(judged.len());
    for record in judged {
        match record {
            Judged::Fine { source, bytes, bodies: of_one } => {
                app.metrics.messages.taken(bytes, &of_one);
                sources.push(source);
                lengths.push(Ok(of_one.len()));
                bodies.extend(of_one);
            }
            Judged::Refused(record) => {
                sources.push(record.source.clone());
                lengths.push(Err(record.refusal.clone()));
                refused.push(*record);
            }
        }
    }
    let with = |duplicates: &[bool]| {
        let mut rest = duplicates.iter();
        let mut kept = Kept { refused: refused.len(), ..Kept::default() };
        for length in lengths.iter().flatten() {
            let of_one = rest.by_ref().take(*length);
            kept.count(of_one.fold(*length > 0, |all, is_known| all && *is_known));
        }
        let mut batch = with(kept)?;
        let mut writes = quarantine::writes(&refused)?.writes;
        writes.append(&mut batch.writes);
        Ok(WriteBatch { writes, ..batch })
    };
    let began_ms = system_ms();
    let mut answers = app.intake.accept_with(received_ms, bodies, with)?.into_iter();
    let ended_ms = system_ms();
    let fates = lengths.into_iter().map(|length| match length {
        Err(refusal) => Fate::Refused(refusal),
        Ok(length) => {
            let of_one: Vec<Accepted> = answers.by_ref().take(length).collect();
            Fate::Kept {
                position: of_one.last().map_or(0, |answer| answer.position),
                duplicate: length > 0 && of_one.iter().all(|answer| answer.duplicate),
            }
        }
    });
    let fates: Vec<Fate> = fates.collect();
    count(app, &sources, &fates);
    for (source, fate) in sources.iter().zip(&fates) {
        if let Fate::Kept { position, duplicate: false } = fate {
            app.tracer.accepted(*position, source, began_ms, ended_ms);
        }
    }
    Ok(fates)
}

/// Counts what became of records, by the source or datastream of each.
fn count(app: &App, sources: &[String], fates: &[Fate]) {
    let mut counts: BTreeMap<(&str, Taken), usize> = BTreeMap::new();
    for (source, fate) in sources.iter().zip(fates) {
        let taken = match fate {
            Fate::Kept { duplicate: false, .. } => Taken::Accepted,
            Fate::Kept { duplicate: true, .. } => Taken::Duplicate,
            Fate::Refused(_) => Taken::Quarantined,
        };
        let records = counts.entry((source.as_str(), taken)).or_default();
        *records = records.saturating_add(1);
    }
    let in_force = app.in_force();
    let defined =
        |id: &str| in_force.catalog.sources.contains_key(id) || in_force.catalog.datastreams.contains_key(id);
    for ((source, taken), records) in counts {
        app.metrics.ingested(defined(source).then_some(source), taken, records);
    }
}

/// How many records were accepted, known, refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub accepted: usize,
    pub duplicates: usize,
    pub refused: usize,
}

impl Kept {
    fn count(&mut self, duplicate: bool) {
        let counter = if duplicate { &mut self.duplicates } else { &mut self.accepted };
        *counter = counter.saturating_add(1);
    }

    pub(crate) fn of(fates: &[Fate]) -> Self {
        let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
        Self {
            accepted: count(|fate| matches!(fate, Fate::Kept { duplicate: false, .. })),
            duplicates: count(|fate| matches!(fate, Fate::Kept { duplicate: true, .. })),
            refused: count(|fate| matches!(fate, Fate::Refused(_))),
        }
    }
}

/// Refuses to take more than the engine can digest.
pub(crate) fn admit(app: &App) -> Result<(), Problem> {
    let behind = app.store.end(Topic::Records).saturating_sub(app.engine_position());
    if behind <= LAG_MAX {
        return Ok(());
    }
    Err(Problem::too_fast(format!("{behind} records wait to be worked on"), LAG_WAIT_MS))
}

/// Refuses to take more from a source than it may send.
pub(crate) fn charge(app: &App, wanted: &[(&Source, usize)], now_ms: i64) -> Result<(), Problem> {
    app.buckets.take(wanted, now_ms).map_err(|wait_ms| {
        for (source, records) in wanted {
            app.metrics.ingested(Some(&source.id), Taken::TurnedAway, *records);
        }
        Problem::too_fast(format!("the rate limit of the source is used up for {wait_ms} ms"), wait_ms)
    })
}
