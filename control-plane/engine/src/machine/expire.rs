//! Letting go: of events and attributes that were kept for long enough, and of whole profiles.

use acquaint_core::profile::{Fragment, MembershipChange, Status, identity};
use acquaint_core::state;
use acquaint_store::record::ChangeKind;
use acquaint_store::{Read, StoredEvent, Table, graph_trail, keys};

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

/// What of a profile has just gone.
#[derive(Debug, Default)]
pub(crate) struct Expired {
    /// The streams that kept something of events that are gone.
    pub(crate) touched: Vec<u32>,
    /// Attributes are gone.
    pub(crate) attributes: bool,
}

/// Why a profile is let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// Its time was over.
    Expired,
    /// Somebody asked for it: the edge forgets it too.
    Erased,
}

impl Turn<'_> {
    /// Takes away the events and attributes of a profile that have to go by `at_ms`.
    pub(crate) fn expire(&mut self, entry: &mut Entry, at_ms: i64) -> Result<Expired> {
        let rules = self.rules;
        let mut expired = Expired::default();
        let before = entry.document.fragments.len();
        let lifetimes = &rules.lifetimes;
        let over = |of: &Fragment| lifetimes.is_over(&of.dataset, of.updated_ms, at_ms);
        entry.document.fragments.retain(|fragment| !over(fragment));
        if entry.document.fragments.len() < before {
            expired.attributes = true;
            entry.merge(&rules.policy);
            self.tell(&entry.document, ChangeKind::Profile)?;
        }
        if entry.document.events_end_ms.is_some_and(|end_ms| end_ms <= at_ms) {
            expired.touched = self.expire_events(entry, at_ms)?;
        }
        Ok(expired)
    }

    fn expire_events(&mut self, entry: &mut Entry, at_ms: i64) -> Result<Vec<u32>> {
        let rules = self.rules;
        let document = &mut entry.document;
        let mut touched = Vec::new();
        let mut staying = Vec::new();
        document.events_end_ms = None;
        for stored in StoredEvent::load_all(&self.unit, document.id)? {
            let end_ms = rules.lifetimes.end_ms(&stored.dataset, stored.event.timestamp_ms);
            match end_ms {
                Some(end_ms) if end_ms <= at_ms => {
                    touched.extend(state::unfold(&rules.program, &mut document.state, &stored.event));
                    let key = keys::event(document.id, stored.event.timestamp_ms, &stored.event.id);
                    self.unit.delete(Table::Events, key);
                    document.events = document.events.saturating_sub(1);
                }
                Some(_) | None => {
                    document.events_end_ms = document.events_end_ms.into_iter().chain(end_ms).min();
                    staying.push(stored.event);
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        // A stream keeps no more than its newest events: with one of them gone, older ones that stay count again.
        state::rebuild(&rules.program, &touched, &mut document.state, &staying, at_ms);
        Ok(touched)
    }

    /// Looks through the stored events of a profile for the first that will have to go.
    pub(crate) fn find_events_end(&self, entry: &mut Entry) -> Result<()> {
        entry.document.events_end_ms = None;
        if self.rules.lifetimes.are_unlimited() {
            return Ok(());
        }
        let events = StoredEvent::load_all(&self.unit, entry.document.id)?;
        let ends = events
            .iter()
            .filter_map(|stored| self.rules.lifetimes.end_ms(&stored.dataset, stored.event.timestamp_ms));
        entry.document.events_end_ms = ends.min();
        Ok(())
    }

    /// Lets go of a profile that was taken, and of everything that is kept of it: it leaves every audience first. Its
    /// identities are nobody's from now on.
    pub(crate) fn forget(&mut self, entry: &Entry, at_ms: i64, farewell: Farewell) -> Result<()> {
        for (audience, membership) in &entry.document.memberships {
            if membership.status == Status::Realized {
                let change = MembershipChange { audience: audience.clone(), status: Status::Exited, at_ms };
                self.tell_membership(&entry.document, change)?;
            }
        }
        self.tell(&entry.document, ChangeKind::Gone)?;
        let prefix = keys::profile(entry.document.id);
        let mut end = Vec::new();
        let (from, to) = keys::prefixed(&prefix, &mut end);
        for (key, _) in self.unit.scan(Table::Events, from, to, usize::MAX)? {
            self.unit.delete(Table::Events, key);
        }
        let all: Vec<_> = identity::identities(&entry.document.identities).collect();
        for change in graph_trail::load(&self.unit, &all)? {
            for (key, _) in change.to_rows()? {
                self.unit.delete(Table::GraphTrail, key);
            }
        }
        for one in &all {
            self.disown(one);
        }
        self.delete(entry);
        self.owe_farewell(&entry.document, farewell);
        Ok(())
    }
}
