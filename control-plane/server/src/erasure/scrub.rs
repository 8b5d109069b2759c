//! Taking what names a person out of the logs, the quarantine and the ids of messages.

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_engine::ingest::{message_of, quarantine};
use acquaint_store::erasure::Person;
use acquaint_store::record::{Body, Change, ChangeKind, Record};
use acquaint_store::{Log, ProfileStore, Read, Table, Topic, WriteBatch, keys};

use super::{mentions, seal};
use crate::app::App;

/// Records looked at in one commit.
const CHUNK: usize = 2_000;

/// Puts a record that says nothing in the place of every one about the person, and forgets the ids of their messages. The
/// engine is past all of them. Returns how many there were.
pub(super) fn records(app: &App, person: &Person) -> acquaint_store::Result<u64> {
    let mut found = 0_u64;
    let mut after = 0;
    while after < person.position {
        let read = app.store.read(Topic::Records, after, CHUNK)?;
        let Some((last, _)) = read.last() else { break };
        after = *last;
        let mut batch = WriteBatch::default();
        let mut messages = Vec::new();
        for (position, bytes) in read.iter().filter(|(position, _)| *position <= person.position) {
            let record: Record = open("records", *position, bytes)?;
            if !mentions::record(&record, person) {
                continue;
            }
            found = found.saturating_add(1);
            messages.extend(message_of(&record.body).map(str::to_owned));
            let nothing = Record { received_ms: record.received_ms, body: Body::Erased };
            batch.replaced.push((Topic::Records, *position, seal(&nothing)?));
        }
        for message in &messages {
            batch
                .writes
                .extend(applied_by(app, message, person.position)?.map(|key| (Table::EventIds, key, None)));
        }
        if !batch.replaced.is_empty() {
            app.store.commit(batch, false)?;
            app.intake.forget(&messages);
        }
    }
    Ok(found)
}

/// The row of a message, if it was one of the person: the same id may have come again since.
fn applied_by(app: &App, message: &str, until: Position) -> acquaint_store::Result<Option<Vec<u8>>> {
    let at = app.store.get(Table::EventIds, message.as_bytes())?;
    let at = at.and_then(|at| keys::parse_position(&at)).filter(|at| *at <= until);
    Ok(at.map(|_| message.as_bytes().to_vec()))
}

/// Takes the identities out of every change of the person's profiles up to a position. Activation is past all of them.
pub(super) fn changes(app: &App, person: &Person, until: Position) -> acquaint_store::Result<u64> {
    let mut found = 0_u64;
    let mut after = 0;
    while after < until {
        let read = app.store.read(Topic::Changes, after, CHUNK)?;
        let Some((last, _)) = read.last() else { break };
        after = *last;
        let mut batch = WriteBatch::default();
        for (position, bytes) in read.iter().filter(|(position, _)| *position <= until) {
            let change: Change = open("changes", *position, bytes)?;
            if mentions::change(&change, person) {
                found = found.saturating_add(1);
                let nothing = Change { identities: Default::default(), kind: ChangeKind::Gone, ..change };
                batch.replaced.push((Topic::Changes, *position, seal(&nothing)?));
            }
        }
        if !batch.replaced.is_empty() {
            app.store.commit(batch, false)?;
        }
    }
    Ok(found)
}

/// Takes what was refused of the person out of the quarantine.
pub(super) fn quarantined(app: &App, person: &Person) -> acquaint_engine::Result<u64> {
    let mut found = 0_u64;
    let mut after = None;
    loop {
        let listed = quarantine::list(&*app.store, after, CHUNK)?;
        let Some((last, _)) = listed.last() else { return Ok(found) };
        after = Some(*last);
        let about = listed.iter().filter(|(_, refused)| mentions::refused(refused, person));
        let tickets: Vec<_> = about.map(|(ticket, _)| *ticket).collect();
        if !tickets.is_empty() {
            found = found.saturating_add(u64::try_from(tickets.len()).unwrap_or(u64::MAX));
            quarantine::remove(&*app.store, &tickets)?;
        }
    }
}

fn open<T: wire::Sealed>(log: &str, position: Position, bytes: &[u8]) -> acquaint_store::Result<T> {
    let place = || format!("{log}/{position}");
    wire::open(bytes).map_err(|source| acquaint_store::Error::Damaged { place: place(), source })
}
