//! Events: stored once, folded into the state of the leaves they touch; the oldest go when there are too many.

use std::collections::BTreeSet;
use std::ops::Bound;

use acquaint_core::id::{DatasetId, ProfileId};
use acquaint_core::limits::EVENTS_PER_PROFILE_MAX;
use acquaint_core::profile::{Event, Identity, LinkKind};
use acquaint_core::state::{self, Received, State};
use acquaint_store::record::ChangeKind;
use acquaint_store::{Read, StoredEvent, Table, keys};

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

/// An edge has seen somebody.
pub(crate) struct Sighting {
    /// Under which identity.
    pub(crate) identity: Identity,
    /// In which region.
    pub(crate) region: String,
}

impl Turn<'_> {
    /// A person did something.
    pub(crate) fn event(
        &mut self,
        dataset: DatasetId,
        identities: &[Identity],
        event: Event,
        from_edge: Option<String>,
    ) -> Result<()> {
        let Some(primary) = identities.first() else { return Ok(()) };
        if self.seen(&event.id)? {
            return Ok(());
        }
        let wanted = self.rules.linkable(identities);
        let (entry, linked) = self.resolve(&wanted, LinkKind::Event)?;
        // The strongest identity is who did it, whichever the client calls primary (`pql.md` section 5).
        let identity = wanted.into_iter().next().unwrap_or_else(|| primary.clone());
        let sighting = from_edge.map(|region| Sighting { identity: primary.clone(), region });
        self.event_of(entry, linked, StoredEvent { dataset, identity, event }, sighting)
    }

    /// An event of a profile, whose identities may just have changed; `sighting`: it was an edge that
    /// saw it.
    pub(crate) fn event_of(
        &mut self,
        mut entry: Entry,
        linked: bool,
        stored: StoredEvent,
        sighting: Option<Sighting>,
    ) -> Result<()> {
        let now_ms = self.progress.now_ms;
        let is_seen = sighting.is_some();
        if let Some(Sighting { identity, region }) = sighting {
            entry.document.seen_at_edge.entry(identity).or_default().insert(region, now_ms);
        }
        let received = self.store_event(&mut entry, stored)?;
        let changed = if linked {
            self.tell(&entry.document, ChangeKind::Profile)?;
            self.answer_all(&mut entry, now_ms)?
        } else {
            if self.rules.touches_told(&received.touched) {
                self.tell(&entry.document, ChangeKind::Profile)?;
            }
            self.answer_some(&mut entry, &received.audiences, now_ms)?
        };
        if linked {
            self.schedule(&mut entry, now_ms);
        } else {
            self.reschedule(&mut entry, &received, now_ms);
        }
        if changed || linked || is_seen || self.rules.touches_edge(&received.touched) {
            self.owe(&entry.document);
        }
        entry.is_changed |= changed || linked || is_seen || !received.touched.is_empty();
        self.put_active(entry);
        Ok(())
    }

    /// Stores and folds, unless it comes so late that it would have to go at once.
    fn store_event(&mut self, entry: &mut Entry, stored: StoredEvent) -> Result<Received> {
        let rules = self.rules;
        let now_ms = self.progress.now_ms;
        let end_ms = rules.lifetimes.end_ms(&stored.dataset, stored.event.timestamp_ms);
        if end_ms.is_some_and(|end_ms| end_ms <= now_ms) {
            return Ok(Received::default());
        }
        let (key, value) = stored.to_row(entry.document.id)?;
        let mut gone = Vec::new();
        if limit_reached(entry) {
            let prefix = keys::profile(entry.document.id);
            let mut end = Vec::new();
            let (from, to) = keys::prefixed(&prefix, &mut end);
            let oldest = self.unit.scan(Table::Events, from, to, 1)?;
            match oldest.into_iter().next() {
                Some((oldest_key, oldest)) if oldest_key < key => {
                    let (_, oldest) = StoredEvent::from_row(&oldest_key, &oldest)?;
                    gone = state::unfold(&rules.program, &mut entry.document.state, &oldest.event);
                    self.unit.delete(Table::Events, oldest_key);
                    entry.document.events -= 1;
                }
                // Older than everything that is kept: it is the one to go.
                Some(_) => return Ok(Received::default()),
                None => {}
            }
        }
        let mut received = state::receive(&rules.program, &mut entry.document.state, &stored.event, now_ms);
        if !gone.is_empty() {
            received.audiences.extend(state::affected(&rules.program, &gone));
            received.touched.extend(gone);
            for numbers in [&mut received.audiences, &mut received.touched] {
                numbers.sort_unstable();
                numbers.dedup();
            }
        }
        self.unit.put(Table::Events, key, value);
        entry.document.events += 1;
        entry.document.events_end_ms = entry.document.events_end_ms.into_iter().chain(end_ms).min();
        Ok(received)
    }

    /// Counts and folds the stored events of a profile again, after events were moved; the oldest beyond the limit go.
    pub(crate) fn refold(&mut self, entry: &mut Entry) -> Result<()> {
        let id = entry.document.id;
        let mut events = self.events_of(entry)?;
        let excess = events.len().saturating_sub(EVENTS_PER_PROFILE_MAX);
        for event in events.drain(..excess) {
            self.unit.delete(Table::Events, keys::event(id, event.timestamp_ms, &event.id));
        }
        entry.document.events = u32::try_from(events.len()).unwrap_or(u32::MAX);
        entry.document.state = State::default();
        let rules = self.rules;
        let state = &mut entry.document.state;
        state::rebuild(&rules.program, &rules.folded, state, &events, self.progress.now_ms);
        self.find_events_end(entry)
    }

    /// Moves events of a profile to where those of their identity go: a group, and its profile. Returns the groups that
    /// got any.
    pub(crate) fn move_events(
        &mut self,
        from: ProfileId,
        to: impl Fn(&Identity) -> Option<(usize, ProfileId)>,
    ) -> Result<BTreeSet<usize>> {
        let prefix = keys::profile(from);
        let mut end = Vec::new();
        let (first, last): (Bound<&[u8]>, Bound<&[u8]>) = keys::prefixed(&prefix, &mut end);
        let mut groups = BTreeSet::new();
        for (key, value) in self.unit.scan(Table::Events, first, last, usize::MAX)? {
            let (_, stored) = StoredEvent::from_row(&key, &value)?;
            if let Some((group, profile)) = to(&stored.identity) {
                self.unit.put_row(Table::Events, stored.to_row(profile)?);
                self.unit.delete(Table::Events, key);
                groups.insert(group);
            }
        }
        Ok(groups)
    }
}

fn limit_reached(entry: &Entry) -> bool {
    usize::try_from(entry.document.events).is_ok_and(|events| events >= EVENTS_PER_PROFILE_MAX)
}
