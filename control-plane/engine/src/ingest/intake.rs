//! The intake: makes records durable, each message once.
//!
//! Who decides what is a duplicate? The engine: it drops a record whose message it has applied already, so what gets
//! into the log twice counts once. The intake is there for the answer, and to keep the log short. A message is known
//!
//! 1. in `Table::EventIds`, once the engine has applied it, for good;
//! 2. in `appended`, from the moment it is durable until the engine has come past it;
//! 3. in `under_way`, while some call is writing it. Another call with the same message waits, since only then is it
//!    known whether the message is durable; if that write fails, it writes the message itself.
//!
//! 2 and 3 are lost in a crash. [`Intake::open`] reads 2 from the log behind the engine's position; of 3 nobody was told
//! anything.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use acquaint_core::id::Position;
use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileStore, Table, Topic, WriteBatch, keys};

use super::message_of;
use crate::machine::Progress;
use crate::{Error, Result};

/// Records read at a time when the intake opens.
const READ_CHUNK: usize = 4_096;
/// When this many messages are remembered, those that the engine has applied are forgotten.
const REMEMBERED_MIN: usize = 65_536;

/// The answer for one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Where it is in the log.
    pub position: Position,
    /// It was there before.
    pub duplicate: bool,
}

#[derive(Debug, Default)]
struct Known {
    appended: HashMap<String, Position>,
    under_way: HashSet<String>,
    forget_at: usize,
}

/// Takes records in. There is one for a store; it may be called from many threads.
pub struct Intake<S> {
    store: Arc<S>,
    known: Mutex<Known>,
    written: Condvar,
}

impl<S: ProfileStore + Log> Intake<S> {
    /// Reads what the engine has still before it.
    pub fn open(store: Arc<S>) -> Result<Self> {
        let mut known = Known { forget_at: REMEMBERED_MIN, ..Known::default() };
        let mut after = Progress::load(&*store)?.position;
        loop {
            let records = store.read(Topic::Records, after, READ_CHUNK)?;
            let Some((last, _)) = records.last() else { break };
            after = *last;
            for (position, bytes) in records {
                let record: Record =
                    wire::open(&bytes).map_err(|source| Error::Record { position, source })?;
                if let Some(message) = message_of(&record.body) {
                    known.appended.entry(message.to_owned()).or_insert(position);
                }
            }
        }
        Ok(Self { store, known: Mutex::new(known), written: Condvar::new() })
    }

    /// Makes the records durable, in order, and answers for each. When this returns, all of them are in the log.
    pub fn accept(&self, received_ms: i64, bodies: Vec<Body>) -> Result<Vec<Accepted>> {
        self.accept_with(received_ms, bodies, |_duplicates| Ok(WriteBatch::default()))
    }

    /// As [`accept`](Self::accept), together with what is to be written besides, once it is known of each record whether
    /// it was there before: all of it is durable, or nothing is.
    pub fn accept_with(
        &self,
        received_ms: i64,
        bodies: Vec<Body>,
        with: impl FnOnce(&[bool]) -> Result<WriteBatch>,
    ) -> Result<Vec<Accepted>> {
        let messages: Vec<Option<String>> =
            bodies.iter().map(|body| message_of(body).map(str::to_owned)).collect();
        let claim = self.claim(&messages)?;
        let mut payloads = Vec::new();
        for (body, fate) in bodies.into_iter().zip(&claim.fates) {
            if matches!(fate, Fate::Write) {
                let record = Record { received_ms, body };
                let sealed = wire::seal(&record)
                    .map_err(|source| acquaint_store::Error::Damaged { place: "records".into(), source })?;
                payloads.push(sealed);
            }
        }
        let duplicates: Vec<bool> = claim.fates.iter().map(|fate| !matches!(fate, Fate::Write)).collect();
        let with = with(&duplicates)?;
        let mut next = match payloads.is_empty() && with.is_empty() {
            true => 0,
            false => self.store.append_with(Topic::Records, payloads, with)?,
        };
        let mut answers: Vec<Accepted> = Vec::with_capacity(messages.len());
        let mut here: HashMap<&str, Position> = HashMap::new();
        for (message, fate) in messages.iter().zip(&claim.fates) {
            let (position, duplicate) = match fate {
                Fate::Write => {
                    if let Some(message) = message {
                        here.insert(message, next);
                    }
                    next += 1;
                    (next - 1, false)
                }
                Fate::Known(position) => (*position, true),
                Fate::Repeated => {
                    let first = message.as_deref().and_then(|message| here.get(message));
                    (first.copied().unwrap_or_default(), true)
                }
            };
            answers.push(Accepted { position, duplicate });
        }
        let durable = here.into_iter().map(|(message, at)| (message.to_owned(), at)).collect();
        claim.fulfil(durable)?;
        Ok(answers)
    }

    /// Messages of somebody who was erased are not known any more.
    pub fn forget(&self, messages: &[String]) {
        let mut known = self.lock();
        for message in messages {
            known.appended.remove(message);
        }
    }

    /// Finds out what has to be written, and keeps everybody else from writing it meanwhile.
    fn claim<'a>(&'a self, messages: &[Option<String>]) -> Result<Claim<'a, S>> {
        let mut known = self.lock();
        // Nothing is claimed while waiting, so two calls never wait for each other.
        while messages.iter().flatten().any(|message| known.under_way.contains(message)) {
            known = self.written.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
        let mut claim =
            Claim { intake: self, fates: Vec::with_capacity(messages.len()), claimed: Vec::new() };
        for message in messages {
            let Some(message) = message else {
                claim.fates.push(Fate::Write);
                continue;
            };
            let fate = match known.appended.get(message) {
                Some(position) => Fate::Known(*position),
                None if known.under_way.contains(message) => Fate::Repeated,
                None => {
                    known.under_way.insert(message.clone());
                    claim.claimed.push(message.clone());
                    Fate::Write
                }
            };
            claim.fates.push(fate);
        }
        drop(known);
        // The table is read without holding anybody up; what is claimed cannot change meanwhile.
        for (message, fate) in messages.iter().zip(&mut claim.fates) {
            if let (Some(message), Fate::Write) = (message, &*fate)
                && let Some(position) = self.applied(message)?
            {
                *fate = Fate::Known(position);
            }
        }
        Ok(claim.repeats_known(messages))
    }

    /// Where the engine applied a message.
    fn applied(&self, message: &str) -> Result<Option<Position>> {
        let Some(value) = self.store.get(Table::EventIds, message.as_bytes())? else {
            return Ok(None);
        };
        let position = keys::parse_position(&value)
            .ok_or_else(|| Error::damaged(Table::EventIds, message.as_bytes(), wire::Error::Content))?;
        Ok(Some(position))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing under this lock can panic half-way, so a poisoned lock still guards a whole value.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of one record of a call.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Write,
    Known(Position),
    /// The same message stands earlier in the same call.
    Repeated,
}

/// The messages that a call is writing. Let go of in any case, so that a failure keeps nobody waiting.
struct Claim<'a, S: ProfileStore + Log> {
    intake: &'a Intake<S>,
    fates: Vec<Fate>,
    claimed: Vec<String>,
}

impl<S: ProfileStore + Log> Claim<'_, S> {
    /// A repeated message of which the first turned out to be known is known as well.
    fn repeats_known(mut self, messages: &[Option<String>]) -> Self {
        let known: HashMap<&str, Position> = messages
            .iter()
            .zip(&self.fates)
            .filter_map(|(message, fate)| match (message, fate) {
                (Some(message), Fate::Known(position)) => Some((message.as_str(), *position)),
                (_, Fate::Write | Fate::Repeated) | (None, Fate::Known(_)) => None,
            })
            .collect();
        for (message, fate) in messages.iter().zip(&mut self.fates) {
            if let (Some(message), Fate::Repeated) = (message, &*fate)
                && let Some(position) = known.get(message.as_str())
            {
                *fate = Fate::Known(*position);
            }
        }
        self
    }

    /// The messages are durable.
    fn fulfil(self, durable: Vec<(String, Position)>) -> Result<()> {
        let mut known = self.intake.lock();
        known.appended.extend(durable);
        if known.appended.len() >= known.forget_at {
            let applied = Progress::load(&*self.intake.store)?.position;
            known.appended.retain(|_, position| *position > applied);
            known.forget_at = (known.appended.len() * 2).max(REMEMBERED_MIN);
        }
        Ok(())
    }
}

impl<S: ProfileStore + Log> Drop for Claim<'_, S> {
    fn drop(&mut self) {
        let mut known = self.intake.lock();
        for message in &self.claimed {
            known.under_way.remove(message);
        }
        drop(known);
        self.intake.written.notify_all();
    }
}
