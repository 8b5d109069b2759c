//! The turn: everything that one commit of the engine reads and changes. The files beside this one add what a turn can
//! do; none of it touches the store before the turn is over.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::{Identity, MembershipChange};
use acquaint_core::state::{Received, Schedule};
use acquaint_core::wire;
use acquaint_store::catalog::version;
use acquaint_store::record::{Body, Change, ChangeKind, Record};
use acquaint_store::{ProfileDocument, Read, Rows, Table, WriteBatch, keys};

use super::cache::{Cache, Changed, Entry, Lane};
use super::expire::Farewell;
use super::in_force::InForce;
use super::order::{Order, Ordered};
use super::progress::{PROGRESS, Progress};
use super::side_by_side::side_by_side;
use super::unit::Unit;
use crate::Result;
use crate::publish::{Debt, Edge};

/// One commit in the making.
pub(crate) struct Turn<'a> {
    pub(crate) rules: &'a InForce,
    pub(crate) unit: Unit<'a>,
    pub(crate) cache: &'a mut Cache,
    pub(crate) progress: Progress,
    /// The record that is the cause of what happens now.
    pub(crate) cause: Position,
    /// How many changes of the identity graph that record has led to.
    pub(crate) explained: u64,
    /// Where what happens now belongs in what lanes do at the same time.
    pub(crate) order: Order,
    /// What is told, sealed.
    pub(crate) told: Ordered<Vec<u8>>,
    /// What the edge is owed, in order: the latest of a profile counts.
    pub(crate) owed: Ordered<(ProfileId, Owed)>,
}

/// What the edge is owed of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// The profile as it is.
    Projection,
    /// Word that nothing is known of it any more.
    Farewell {
        /// The identities under which edges kept it, as a debt names them.
        gone: Vec<(Identity, Option<BTreeSet<String>>)>,
        /// The person was erased.
        erased: bool,
    },
    /// Nothing any more.
    Nothing,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        store: &'a (dyn Read + Sync),
        on_the_way: Option<&'a Rows>,
        rules: &'a InForce,
        cache: &'a mut Cache,
        progress: &Progress,
    ) -> Self {
        let cause = progress.position;
        Self {
            rules,
            unit: Unit::new(store, on_the_way),
            cache,
            progress: progress.clone(),
            cause,
            explained: 0,
            order: Order::default(),
            told: Vec::new(),
            owed: Vec::new(),
        }
    }

    /// Applies one record; every timer due by then has been applied before.
    pub(crate) fn apply(&mut self, position: Position, record: Record) -> Result<()> {
        self.cause = position;
        self.explained = 0;
        self.progress.now_ms = self.progress.now_ms.max(record.received_ms);
        match record.body {
            Body::Event { dataset, identities, event, from_edge } => {
                self.event(dataset, &identities, event, from_edge)?;
            }
            Body::Upsert { message, dataset, identities, attributes } => {
                self.upsert(message.as_deref(), dataset, &identities, attributes)?;
            }
            Body::Link { message, identities } => self.link(message.as_deref(), &identities)?,
            Body::Unlink { message, identities, who } => {
                self.unlink(message.as_deref(), &identities, &who)?;
            }
            Body::Decided { job: _, profile, evaluated_ms, answers } => {
                self.decided(profile, evaluated_ms, &answers)?;
            }
            Body::Erase { request, identities } => self.erase(&request, &identities)?,
            // Advance: time has passed, and that is all. Catalog: the engine takes it before it comes here.
            Body::Advance | Body::Erased | Body::Catalog { .. } => {}
        }
        self.progress.position = position;
        Ok(())
    }

    /// Whether this message was applied before; notes that it is now. The arbiter of deduplication: whatever got into
    /// the log twice is applied once.
    pub(crate) fn seen(&mut self, message: &str) -> Result<bool> {
        if self.unit.get(Table::EventIds, message.as_bytes())?.is_some() {
            return Ok(true);
        }
        self.unit.put(Table::EventIds, message.as_bytes().to_vec(), keys::position(self.cause));
        Ok(false)
    }

    /// The profile of an identity.
    pub(crate) fn owner(&self, identity: &Identity) -> Result<Option<ProfileId>> {
        let key = keys::identity(identity);
        if let Some(owner) = self.cache.identities.get(&key) {
            return Ok(Some(*owner));
        }
        Ok(acquaint_store::profile_document::find(&self.unit, identity)?)
    }

    /// As [`Self::owner`], and keeps the answer.
    pub(crate) fn owner_noted(&mut self, identity: &Identity) -> Result<Option<ProfileId>> {
        let key = keys::identity(identity);
        if let Some(owner) = self.cache.identities.get(&key) {
            return Ok(Some(*owner));
        }
        let owner = acquaint_store::profile_document::find(&self.unit, identity)?;
        if let Some(owner) = owner {
            self.cache.identities.insert(key, owner);
        }
        Ok(owner)
    }

    /// Gives an identity to a profile.
    pub(crate) fn own(&mut self, identity: &Identity, owner: ProfileId) {
        let key = keys::identity(identity);
        self.unit.put(Table::Identities, key.clone(), keys::profile(owner));
        self.cache.identities.insert(key, owner);
    }

    /// An identity is nobody's any more.
    pub(crate) fn disown(&mut self, identity: &Identity) {
        let key = keys::identity(identity);
        self.cache.identities.remove(&key);
        self.unit.delete(Table::Identities, key);
    }

    /// Takes a profile to work on it; it is put back with [`Turn::put`], or deleted with [`Turn::delete`].
    pub(crate) fn take(&mut self, id: ProfileId) -> Result<Option<Entry>> {
        if let Some(entry) = self.cache.take(id) {
            return Ok(Some(entry));
        }
        let document = ProfileDocument::load(&self.unit, id)?;
        Ok(document.map(|document| Entry::new(document, &self.rules.policy)))
    }

    /// A profile of which nothing is known yet.
    pub(crate) fn create(&mut self) -> Entry {
        let id = ProfileId(self.progress.next_profile);
        self.progress.next_profile += 1;
        let mut document = ProfileDocument::new(id, self.progress.now_ms);
        document.program = self.rules.fingerprint;
        Entry::new(document, &self.rules.policy)
    }

    /// Puts a profile back, with its timer.
    pub(crate) fn put(&mut self, mut entry: Entry) {
        entry.is_changed = true;
        self.put_active(entry);
    }

    /// As [`Self::put`], where nothing but its activity is new, or it says itself that more is.
    pub(crate) fn put_active(&mut self, mut entry: Entry) {
        let id = entry.document.id;
        entry.document.position = entry.document.position.max(self.cause);
        if entry.timer_ms != entry.document.deadline_ms {
            self.set_timer(id, entry.timer_ms, entry.document.deadline_ms);
            entry.timer_ms = entry.document.deadline_ms;
            entry.is_changed = true;
        }
        self.cache.put(entry);
    }

    /// Deletes a profile that was taken. Its identities and events have been given away before.
    pub(crate) fn delete(&mut self, entry: &Entry) {
        let id = entry.document.id;
        self.set_timer(id, entry.timer_ms, None);
        self.unit.delete(Table::Profiles, keys::profile(id));
        self.unit.delete(Table::Activity, keys::profile(id));
        self.owed.push((self.order, (id, Owed::Nothing)));
        self.cache.gone(id);
    }

    /// The profile, its attributes or its identities have changed.
    pub(crate) fn tell(&mut self, document: &ProfileDocument, kind: ChangeKind) -> Result<()> {
        let identities = document.identities.clone();
        let change = Change { profile: document.id, position: self.cause, identities, kind };
        let sealed = wire::seal(&change)
            .map_err(|source| acquaint_store::Error::Damaged { place: "changes".into(), source })?;
        self.told.push((self.order, sealed));
        Ok(())
    }

    pub(crate) fn tell_membership(
        &mut self,
        document: &ProfileDocument,
        change: MembershipChange,
    ) -> Result<()> {
        if version::of_shadow(&change.audience).is_some() {
            return Ok(());
        }
        self.tell(document, ChangeKind::Membership(change))
    }

    /// Notes that the edge has to be sent this profile, if it is one that the edge keeps.
    pub(crate) fn owe(&mut self, document: &ProfileDocument) {
        let known = document.kept_at_edge(self.progress.now_ms).next().is_some()
            || !self.rules.edge_identities(&document.identities).is_empty();
        if known {
            self.owed.push((self.order, (document.id, Owed::Projection)));
        }
    }

    /// Notes that the edge has to be told that nothing is known of this profile any more, if it is one that the edge knows.
    pub(crate) fn owe_farewell(&mut self, document: &ProfileDocument, farewell: Farewell) {
        let mut gone: BTreeMap<Identity, Option<BTreeSet<String>>> = BTreeMap::new();
        let mut kept = |identity: &Identity, region: &str| {
            let regions = gone.entry(identity.clone()).or_insert_with(|| Some(BTreeSet::new()));
            regions.get_or_insert_default().insert(region.to_owned());
        };
        match farewell {
            // By themselves the edges have forgotten the others already.
            Farewell::Expired => document
                .kept_at_edge(self.progress.now_ms)
                .for_each(|(identity, region)| kept(identity, region)),
            Farewell::Erased => {
                for (identity, seen) in &document.seen_at_edge {
                    seen.keys().for_each(|region| kept(identity, region));
                }
            }
        }
        gone.extend(self.rules.edge_identities(&document.identities).into_iter().map(|one| (one, None)));
        if !gone.is_empty() {
            let erased = matches!(farewell, Farewell::Erased);
            let owed = Owed::Farewell { gone: gone.into_iter().collect(), erased };
            self.owed.push((self.order, (document.id, owed)));
        }
    }

    /// What time will change after `at_ms`, whatever has changed until then.
    pub(crate) fn schedule(&self, entry: &mut Entry, at_ms: i64) {
        entry.document.schedule = Schedule::new(&self.rules.program, entry.slice(), at_ms);
        entry.next_ms = None;
        self.find_deadline(entry, at_ms);
    }

    /// As [`Self::schedule`], where nothing has changed but by what was received.
    pub(crate) fn reschedule(&self, entry: &mut Entry, received: &Received, at_ms: i64) {
        if entry.document.schedule.is_moved_by(received, at_ms) {
            let mut schedule = std::mem::take(&mut entry.document.schedule);
            schedule.update(&self.rules.program, entry.slice(), received, at_ms);
            entry.document.schedule = schedule;
            entry.is_changed = true;
            entry.next_ms = None;
        }
        self.find_deadline(entry, at_ms);
    }

    /// The next deadline is when an answer may change, or somebody has to hear of a value, or something of the profile has
    /// to go: what should have gone before goes right after `at_ms`.
    fn find_deadline(&self, entry: &mut Entry, at_ms: i64) {
        let document = &mut entry.document;
        let look_up = || document.schedule.next_ms(&self.rules.program, &self.rules.told);
        let next_ms = *entry.next_ms.get_or_insert_with(look_up);
        let end_ms = self.rules.lifetimes.next_ms(document);
        let end_ms = end_ms.map(|end_ms| end_ms.max(at_ms.saturating_add(1)));
        document.deadline_ms = next_ms.into_iter().chain(end_ms).min();
    }

    /// What there is to commit, and how far it goes.
    pub(crate) fn finish(mut self) -> Result<(WriteBatch, Progress)> {
        let lanes = self.cache.lanes.iter_mut().collect();
        for changed in side_by_side(lanes, Lane::changed) {
            let Changed { documents, activities } = changed?;
            self.unit.put_rows(Table::Profiles, documents);
            self.unit.put_rows(Table::Activity, activities);
        }
        for (_, (profile, owed)) in std::mem::take(&mut self.owed) {
            self.note_owed(profile, owed)?;
        }
        self.unit.put(Table::Meta, PROGRESS.to_vec(), self.progress.seal()?);
        let told = self.told.into_iter().map(|(_, change)| change);
        Ok((self.unit.into_batch(told), self.progress))
    }

    /// Numbers what is owed of a profile, and puts it in the place of what was.
    fn note_owed(&mut self, profile: ProfileId, owed: Owed) -> Result<()> {
        let (gone, erased) = match owed {
            Owed::Nothing => {
                self.unit.delete(Table::Projections, keys::profile(profile));
                return Ok(());
            }
            Owed::Projection => (Vec::new(), false),
            Owed::Farewell { gone, erased } => (gone, erased),
        };
        self.progress.debts += 1;
        let debt = Debt { serial: self.progress.debts, gone, erased };
        self.unit.put_row(Table::Projections, debt.to_row(Edge::Only, profile)?);
        Ok(())
    }
}
