//! Reads both logs as one: a record first, then the changes that it has led to.

use std::iter::Peekable;

use acquaint_core::id::{AudienceId, Position};
use acquaint_core::wire;
use acquaint_store::record::{Change, ChangeKind};
use acquaint_store::{Error, Log, ProfileDocument, ProfileStore, Topic};

use super::cursor::Cursor;
use super::followed::Followed;
use super::told::{Told, What};
use crate::app::App;
use crate::problem::Problem;

/// Records, and changes, that are looked at in one go.
const CHUNK: usize = 1_000;

/// Somebody who follows a profile, or an audience, or a profile in one audience.
pub(super) struct Follower {
    pub(super) cursor: Cursor,
    pub(super) who: Option<Followed>,
    pub(super) audience: Option<AudienceId>,
}

type Rows<T> = Peekable<std::vec::IntoIter<(Position, T)>>;

impl Follower {
    /// What there is to tell next, and whether there may be more of it at once.
    pub(super) fn read(&mut self, app: &App) -> Result<(Vec<Told>, bool), Problem> {
        let until = app.engine_position();
        let (mut records, full) = self.records(app, until)?;
        let changes = app.store.read(Topic::Changes, self.cursor.change, CHUNK)?;
        let chunk_is_full = changes.len() == CHUNK;
        let mut changes = decoded(changes)?;
        let mut told = Vec::new();
        loop {
            let mut before = self.cursor;
            let next = records.peek().map(|(position, _)| *position);
            // What later records have led to has to wait for them.
            let limit = next.unwrap_or(full.unwrap_or(until));
            let mut effects = Vec::new();
            while let Some((number, change)) = changes.next_if(|(_, change)| change.position <= limit) {
                self.cursor.change = number;
                if effects.is_empty() && next != Some(change.position) {
                    // Of a record that has been told.
                    self.change(app, change, &mut told)?;
                    before = self.cursor;
                } else {
                    self.change(app, change, &mut effects)?;
                }
            }
            // The effects come first, because they may make the record that of this profile; they are told behind it.
            let unknown_effects = chunk_is_full && changes.peek().is_none();
            let record = if unknown_effects { None } else { records.next() };
            if let Some((position, bytes)) = &record {
                self.cursor.record = *position;
                told.extend(self.said(app, Cursor { record: *position, ..before }, bytes)?);
            }
            let record_told = self.cursor.record;
            told.extend(effects.into_iter().map(|effect| {
                let cursor = Cursor { record: record_told, ..effect.cursor };
                Told { cursor, ..effect }
            }));
            if record.is_none() {
                return Ok((told, full.is_some() || unknown_effects));
            }
        }
    }

    fn said(&self, app: &App, cursor: Cursor, bytes: &[u8]) -> Result<Option<Told>, Problem> {
        let Some(who) = &self.who else { return Ok(None) };
        let said = who.said(&app.store, cursor.record, bytes)?;
        Ok(said.map(|(at_ms, what)| Told { cursor, record: cursor.record, at_ms: Some(at_ms), what }))
    }

    /// Records up to the last that is applied; if these are not all, the last of them.
    fn records(&self, app: &App, until: Position) -> Result<(Rows<Vec<u8>>, Option<Position>), Problem> {
        // Of an audience only changes are told.
        let mut records = match self.audience {
            None => app.store.read(Topic::Records, self.cursor.record, CHUNK)?,
            Some(_) => Vec::new(),
        };
        records.retain(|(position, _)| *position <= until);
        let full = (records.len() == CHUNK).then(|| records.last().map(|(position, _)| *position)).flatten();
        Ok((records.into_iter().peekable(), full))
    }

    fn change(&mut self, app: &App, change: Change, told: &mut Vec<Told>) -> Result<(), Problem> {
        let Change { profile, position, identities, kind } = change;
        if self.who.as_ref().is_some_and(|who| who.id != profile) {
            return Ok(());
        }
        match kind {
            ChangeKind::Membership(change) => {
                if self.audience.as_ref().is_none_or(|wanted| *wanted == change.audience) {
                    told.push(self.tell(position, What::Membership { profile, identities, change }));
                }
            }
            ChangeKind::Profile => {
                let Some(who) = &mut self.who else { return Ok(()) };
                let (identity, computed) = (who.take(identities), who.computed(app)?);
                let news = [identity, computed].into_iter().flatten().filter(|_| self.audience.is_none());
                told.extend(news.map(|what| self.tell(position, what)));
            }
            // Whoever it was has been forgotten; nothing is left to tell.
            ChangeKind::Gone => {
                if let Some(who) = &mut self.who {
                    *who = Followed::gone(profile);
                }
            }
            ChangeKind::Merged { into } => {
                let Some(who) = &mut self.who else { return Ok(()) };
                let snapshot = app.store.snapshot();
                let survivor = ProfileDocument::load(&*snapshot, into)?;
                *who = match &survivor {
                    Some(survivor) => Followed::new(app, &*snapshot, survivor)?,
                    None => Followed::gone(into),
                };
                if self.audience.is_none() {
                    told.push(self.tell(position, What::Merged { into }));
                    if let Some(survivor) = survivor {
                        told.push(Told::profile(app, &*snapshot, &survivor, self.cursor)?);
                    }
                }
            }
        }
        Ok(())
    }

    fn tell(&self, record: Position, what: What) -> Told {
        Told { cursor: self.cursor, record, at_ms: None, what }
    }
}

fn decoded(changes: Vec<(Position, Vec<u8>)>) -> Result<Rows<Change>, Problem> {
    let open = |(position, bytes): (Position, Vec<u8>)| {
        let change = wire::open(&bytes)
            .map_err(|source| Error::Damaged { place: format!("changes at {position}"), source })?;
        Ok((position, change))
    };
    let changes = changes.into_iter().map(open).collect::<Result<Vec<_>, Error>>()?;
    Ok(changes.into_iter().peekable())
}
