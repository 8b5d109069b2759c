//! What the server shows of activation, and what a person can do about it.

use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_core::profile::Status as Membership;
use acquaint_store::Table;
use acquaint_store::keys::prefixed;
use serde::Serialize;

use crate::Activation;
use crate::activation::lock;
use crate::circuit::Circuit;
use crate::error::{Error, Result};
use crate::executor::{Disabled, Run, is_owed, runs, status_is_mapped};
use crate::ledger::book::{self, Draft, misplaced};
use crate::ledger::decide::obligation;
use crate::ledger::keys::{of_dataflow, of_profile};
use crate::ledger::{DeadLetter, Entry, Key};

/// Rows read or written at once.
const PAGE_ROWS: usize = 1_024;

/// The state of a dataflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The dataflow.
    pub dataflow: String,
    /// Where it leads.
    pub destination: String,
    /// It is not paused.
    pub enabled: bool,
    /// Members the destination should know.
    pub desired: u64,
    /// Members the destination has confirmed.
    pub delivered: u64,
    /// Rows of which it has to be told something: not yet tried, or waiting for another attempt.
    pub pending: u64,
    /// Of those, the ones whose last attempt failed.
    pub failed: u64,
    /// Members of whom nothing may be sent, because they have not consented.
    pub blocked: u64,
    /// Rows given up; their dead letters can be replayed.
    pub dead: u64,
    /// A back-fill or a withdrawal is still being planned.
    pub catching_up: bool,
    /// The destination's health.
    pub circuit: Circuit,
    /// Why the destination gets nothing: it is not usable, or it has said that it is gone.
    pub stopped: Option<String>,
}

/// A delivery given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its id, for a replay; also the place to go on from in a list.
    pub id: String,
    /// Which row of the ledger.
    pub key: Key,
    /// Which decision.
    pub sequence: u64,
    /// What it told, and why it was given up.
    pub letter: DeadLetter,
}

impl Activation {
    /// The state of a dataflow.
    ///
    /// # Errors
    ///
    /// [`Error::NoDataflow`], or if the store fails.
    pub fn status(&self, dataflow: &str) -> Result<Status> {
        let shared = &*self.shared;
        let flow = shared.flow(dataflow)?;
        let mut status = Status {
            dataflow: dataflow.into(),
            destination: flow.definition.destination.clone(),
            enabled: flow.definition.enabled,
            catching_up: !flow.is_elsewhere() && shared.planning(dataflow).0,
            ..Status::default()
        };
        match &flow.target {
            None => status.stopped = Some(format!("destination `{}` does not exist", status.destination)),
            Some(target) => {
                status.circuit = lock(&target.circuit).clone();
                let disabled = Disabled::of(shared, target)?.map(|disabled| disabled.reason);
                status.stopped = target.built.as_ref().err().cloned().or(disabled).or_else(|| flow.noted());
            }
        }
        let (streams, export) = (flow.streams(), flow.schedule().export);
        let status_mapped = status_is_mapped(&flow.definition.mapping);
        let mut after = None;
        loop {
            let page = book::scan(&*shared.store, &of_dataflow(dataflow), after.as_ref(), PAGE_ROWS)?;
            for (_, entry) in &page {
                let owed =
                    if streams { obligation(entry).is_some() } else { is_owed(entry, export, status_mapped) };
                count(&mut status, entry, owed);
            }
            if page.len() < PAGE_ROWS {
                return Ok(status);
            }
            after = page.into_iter().last().map(|(key, _)| key);
        }
    }

    /// Up to `limit` dead letters of a dataflow after the one with that id.
    ///
    /// # Errors
    ///
    /// [`Error::NoDeadLetter`] if `after` is no id, or if the store fails.
    pub fn dead_letters(&self, dataflow: &str, after: Option<&str>, limit: usize) -> Result<Vec<Letter>> {
        let prefix = of_dataflow(dataflow);
        let mut end = Vec::new();
        let (from, to) = prefixed(&prefix, &mut end);
        let after = after.map(|id| parse_id(dataflow, id)).transpose()?;
        let after = after.map(|(key, sequence)| key.letter(sequence));
        let from = after.as_deref().map_or(from, Bound::Excluded);
        let mut letters = Vec::new();
        for (bytes, value) in self.shared.store.scan(Table::DeadLetters, from, to, limit)? {
            let (sequence, key) =
                Key::parse_letter(&bytes).ok_or_else(|| misplaced(Table::DeadLetters, &bytes))?;
            let letter = book::open(Table::DeadLetters, &bytes, &value)?;
            letters.push(Letter { id: id(&key, sequence), key, sequence, letter });
        }
        Ok(letters)
    }

    /// Tries dead letters again, one or all, and says how many. What is sent is the latest desired state, never an older
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::NoDeadLetter`] if there is no such one, or if the store fails.
    pub fn replay(&self, dataflow: &str, letter: Option<&str>) -> Result<usize> {
        let flow = self.shared.flow(dataflow)?;
        let mut replayed = 0;
        loop {
            let keys: Vec<Key> = match letter {
                Some(text) => {
                    let (key, sequence) = parse_id(dataflow, text)?;
                    let entry = book::read(&*self.shared.store, &key)?;
                    if entry.and_then(|entry| entry.dead) != Some(sequence) {
                        return Err(Error::NoDeadLetter(text.into()));
                    }
                    vec![key]
                }
                None => {
                    let page = self.dead_letters(dataflow, None, PAGE_ROWS)?;
                    page.into_iter().map(|letter| letter.key).collect()
                }
            };
            replayed += self.revive(&keys)?;
            flow.wake.notify_one();
            if letter.is_some() || keys.len() < PAGE_ROWS {
                return Ok(replayed);
            }
        }
    }

    fn revive(&self, keys: &[Key]) -> Result<usize> {
        let now_ms = self.shared.network_now_ms();
        let _writing = self.shared.writing();
        let mut draft = Draft::new(&*self.shared.store);
        let mut revived = 0;
        for key in keys {
            let Some(entry) = draft.get(key)?.filter(|entry| entry.dead.is_some()).cloned() else { continue };
            let next_attempt_ms = obligation(&entry).map(|_| now_ms);
            draft.put(key, Entry { dead: None, attempts: 0, next_attempt_ms, ..entry })?;
            revived += 1;
        }
        let (batch, _) = draft.finish()?;
        self.shared.store.commit(batch, true)?;
        Ok(revived)
    }

    /// The runs of a file dataflow, oldest first.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn runs(&self, dataflow: &str) -> Result<Vec<Run>> {
        runs(&*self.shared.store, dataflow)
    }

    /// What the destination of a dataflow should know and does know of a profile, by audience.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn rows(&self, dataflow: &str, profile: ProfileId) -> Result<Vec<(Key, Entry)>> {
        book::scan(&*self.shared.store, &of_profile(dataflow, profile), None, usize::MAX)
    }

    /// What a destination should know and does know of a profile in an audience.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn explain(&self, profile: ProfileId, audience: &str, dataflow: &str) -> Result<Option<Entry>> {
        book::read(&*self.shared.store, &Key::new(dataflow, profile, audience))
    }
}

fn count(status: &mut Status, entry: &Entry, owed: bool) {
    let known =
        entry.delivered.as_ref().is_some_and(|delivered| delivered.intent.status == Membership::Realized);
    status.desired += u64::from(entry.desired.status == Membership::Realized);
    status.blocked += u64::from(entry.desired.blocked.is_some());
    status.delivered += u64::from(known);
    if entry.dead.is_some() {
        status.dead += 1;
    } else if owed {
        status.pending += 1;
        status.failed += u64::from(entry.last_error.is_some());
    }
}

fn id(key: &Key, sequence: u64) -> String {
    format!("{:016x}.{sequence:016x}.{}", key.profile.0, key.audience)
}

fn parse_id(dataflow: &str, text: &str) -> Result<(Key, u64)> {
    let parse = || {
        let (profile, rest) = text.split_once('.')?;
        let (sequence, audience) = rest.split_once('.')?;
        let profile = u64::from_str_radix(profile, 16).ok()?;
        let sequence = u64::from_str_radix(sequence, 16).ok()?;
        Some((Key::new(dataflow, ProfileId(profile), audience), sequence))
    };
    parse().ok_or_else(|| Error::NoDeadLetter(text.into()))
}
