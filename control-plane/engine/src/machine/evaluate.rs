//! Answers to memberships: at deadlines, after a change of the program, after a change of the profile.

use acquaint_core::eval;
use acquaint_core::profile::{Membership, MembershipChange, Status};
use acquaint_core::state;
use acquaint_store::StoredEvent;

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Brings a profile up to `until_ms`: onto the program in force first, then through every deadline in order, each
    /// at its own instant.
    pub(crate) fn settle(&mut self, entry: &mut Entry, until_ms: i64) -> Result<()> {
        if entry.document.program != self.rules.fingerprint {
            self.migrate(entry)?;
        }
        while let Some(deadline_ms) = entry.document.deadline_ms.filter(|deadline| *deadline <= until_ms) {
            let program = &self.rules.program;
            let due = entry.document.schedule.due(program, deadline_ms);
            state::expire_some(program, &mut entry.document.state, &due.streams, deadline_ms);
            if self.answer_some(entry, &due.audiences, deadline_ms)? {
                self.owe(&entry.document);
            }
            self.reschedule(entry, &[], deadline_ms);
        }
        Ok(())
    }

    /// Onto the program in force, as of the instant it came into force: nothing has happened to this profile since, or
    /// it would have been migrated by that.
    fn migrate(&mut self, entry: &mut Entry) -> Result<()> {
        let cause = std::mem::replace(&mut self.cause, self.progress.since_position);
        let at_ms = self.progress.since_ms;
        let rules = self.rules;
        let previous = self.progress.backfill.as_ref().map_or(&[][..], |backfill| &backfill.previous);
        let missing = state::migrate(&rules.program, previous, &mut entry.document.state, at_ms);
        if !missing.is_empty() && entry.document.events > 0 {
            let events = self.events_of(entry)?;
            state::rebuild(&rules.program, &missing, &mut entry.document.state, &events, at_ms);
        }
        entry.document.program = rules.fingerprint;
        entry.merge(&rules.policy);
        self.forget_audiences(entry, at_ms)?;
        self.answer_all(entry, at_ms)?;
        self.schedule(entry, at_ms);
        self.owe(&entry.document);
        self.cause = cause;
        Ok(())
    }

    /// Audiences that are no longer defined are left.
    fn forget_audiences(&mut self, entry: &mut Entry, at_ms: i64) -> Result<()> {
        let audiences = &self.rules.program.audiences;
        let gone: Vec<_> = entry
            .document
            .memberships
            .iter()
            .filter(|(id, _)| !audiences.iter().any(|audience| audience.id == **id))
            .map(|(id, membership)| (id.clone(), *membership))
            .collect();
        for (audience, membership) in gone {
            entry.document.memberships.remove(&audience);
            if membership.status == Status::Realized {
                let change = MembershipChange { audience, status: Status::Exited, at_ms };
                self.tell_membership(&entry.document, change)?;
            }
        }
        Ok(())
    }

    /// Answers every audience that is not left to batch; true if a membership changed.
    pub(crate) fn answer_all(&mut self, entry: &mut Entry, at_ms: i64) -> Result<bool> {
        let program = &self.rules.program;
        let answers = eval::answer(program, entry.slice(), at_ms);
        let changes = state::transitions(program, &entry.document.memberships, &answers, at_ms);
        self.change(entry, changes)
    }

    /// Answers the given audiences only; true if a membership changed.
    pub(crate) fn answer_some(&mut self, entry: &mut Entry, audiences: &[u32], at_ms: i64) -> Result<bool> {
        let program = &self.rules.program;
        let answers = eval::answer_some(program, entry.slice(), audiences, at_ms);
        let memberships = &entry.document.memberships;
        let changes = state::transitions_some(program, memberships, audiences, &answers, at_ms);
        self.change(entry, changes)
    }

    /// Makes the changes, and tells of them.
    pub(crate) fn change(&mut self, entry: &mut Entry, changes: Vec<MembershipChange>) -> Result<bool> {
        let changed = !changes.is_empty();
        for change in changes {
            let membership = Membership { status: change.status, since_ms: change.at_ms };
            entry.document.memberships.insert(change.audience.clone(), membership);
            self.tell_membership(&entry.document, change)?;
        }
        Ok(changed)
    }

    /// All stored events of a profile, oldest first.
    pub(crate) fn events_of(&self, entry: &Entry) -> Result<Vec<acquaint_core::profile::Event>> {
        let stored = StoredEvent::load_all(&self.unit, entry.document.id)?;
        Ok(stored.into_iter().map(|stored| stored.event).collect())
    }
}
