//! Answers to memberships: at deadlines, after a change of the program, after a change of the profile.

use acquaint_core::eval;
use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Membership, MembershipChange, Status};
use acquaint_core::state::{self, Received};
use acquaint_store::StoredEvent;
use acquaint_store::catalog::version;
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
use super::expire::Farewell;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Brings a profile up to `until_ms`: onto the program in force first, then through every deadline in order, each
    /// at its own instant. `None`: at one of them the whole profile had to go.
    pub(crate) fn settle(&mut self, mut entry: Entry, until_ms: i64) -> Result<Option<Entry>> {
        if entry.document.program != self.rules.fingerprint {
            self.migrate(&mut entry)?;
            entry.is_changed = true;
        }
        while let Some(deadline_ms) = entry.document.deadline_ms.filter(|deadline| *deadline <= until_ms) {
            let end_ms = self.rules.lifetimes.profile_end_ms(&entry.document);
            if end_ms.is_some_and(|end_ms| end_ms <= deadline_ms) {
                self.forget(&entry, deadline_ms, Farewell::Expired)?;
                return Ok(None);
            }
            self.come_to(&mut entry, deadline_ms)?;
            entry.is_changed = true;
        }
        Ok(Some(entry))
    }

    /// A deadline has come: windows have moved on, and data may have to go.
    fn come_to(&mut self, entry: &mut Entry, deadline_ms: i64) -> Result<()> {
        let program = &self.rules.program;
        let due = entry.document.schedule.due(program, deadline_ms);
        state::expire_some(program, &mut entry.document.state, &due.streams, deadline_ms);
        let expired = self.expire(entry, deadline_ms)?;
        let told = self.rules.touches_told(&due.streams) || self.rules.touches_told(&expired.touched);
        let changed = if expired.attributes {
            let changed = self.answer_all(entry, deadline_ms)?;
            self.schedule(entry, deadline_ms);
            changed
        } else {
            let mut audiences = due.audiences;
            audiences.extend(state::affected(program, &expired.touched));
            audiences.sort_unstable();
            audiences.dedup();
            let changed = self.answer_some(entry, &audiences, deadline_ms)?;
            self.reschedule(entry, &Received { touched: expired.touched, audiences }, deadline_ms);
            changed
        };
        if told {
            self.tell(&entry.document, ChangeKind::Profile)?;
        }
        if changed || expired.attributes {
            self.owe(&entry.document);
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
        if self.progress.backfill.as_ref().is_some_and(|backfill| backfill.kept_anew) {
            self.find_events_end(entry)?;
        }
        let merged_anew = self.progress.backfill.as_ref().is_some_and(|backfill| backfill.merged_anew);
        if merged_anew && entry.document.fragments.len() > 1 {
            self.tell(&entry.document, ChangeKind::Profile)?;
        }
        self.adopt_versions(entry, at_ms)?;
        self.forget_audiences(entry, at_ms)?;
        self.answer_all(entry, at_ms)?;
        self.mark_outside(entry, at_ms);
        self.schedule(entry, at_ms);
        self.owe(&entry.document);
        self.cause = cause;
        Ok(())
    }

    /// A staged rule that has come into force brings its members along.
    fn adopt_versions(&mut self, entry: &mut Entry, at_ms: i64) -> Result<()> {
        let memberships = &entry.document.memberships;
        let status_in = |audience: &AudienceId| {
            memberships.get(audience).map_or(Status::Exited, |membership| membership.status)
        };
        let mut changes = Vec::new();
        for (id, membership) in memberships {
            if let Some(audience) = version::become_of(&self.rules.catalog, id)
                && status_in(&audience) != membership.status
            {
                changes.push(MembershipChange { audience, status: membership.status, at_ms });
            }
        }
        self.change(entry, changes)?;
        Ok(())
    }

    /// Who is in an audience and not in its shadow is noted to be out of that one: when it comes into force, it is read by
    /// whoever meets the profile before the engine does.
    fn mark_outside(&self, entry: &mut Entry, at_ms: i64) {
        let memberships = &entry.document.memberships;
        let shadows = memberships.keys().filter_map(|id| version::shadow_of(&self.rules.catalog, id));
        let missing: Vec<_> = shadows.filter(|shadow| !memberships.contains_key(shadow)).collect();
        let outside = Membership { status: Status::Exited, since_ms: at_ms };
        entry.document.memberships.extend(missing.into_iter().map(|shadow| (shadow, outside)));
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
            if let Some(shadow) = version::shadow_of(&self.rules.catalog, &change.audience) {
                let outside = Membership { status: Status::Exited, since_ms: change.at_ms };
                entry.document.memberships.entry(shadow).or_insert(outside);
            }
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
