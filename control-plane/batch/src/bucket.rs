//! One bucket: a contiguous range of profile ids, evaluated whole.

use std::collections::BTreeSet;

use acquaint_core::eval::{self, Subject};
use acquaint_core::id::{AudienceId, ProfileId};
use acquaint_core::plan::leaf::LeafKind;
use acquaint_core::plan::{Mode, Prepared};
use acquaint_core::profile::{Event, MergePolicy, Status};
use acquaint_store::{ProfileDocument, Read, StoredEvent};

use crate::Result;
use crate::job::Counters;

/// What every bucket of a job is evaluated with.
pub(crate) struct Evaluation<'a> {
    pub(crate) program: &'a Prepared,
    pub(crate) policy: &'a MergePolicy,
    pub(crate) now_ms: i64,
    /// Places in the program of the audiences asked for, ascending.
    wanted: Vec<usize>,
    reads_events: bool,
}

/// The batch audiences of one profile whose answer is another than the one it has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) profile: ProfileId,
    pub(crate) answers: Vec<(AudienceId, bool)>,
}

impl<'a> Evaluation<'a> {
    /// No audiences: all of the program. Those that are not in the program are nobody's to decide here.
    pub(crate) fn new(
        program: &'a Prepared,
        policy: &'a MergePolicy,
        audiences: &[AudienceId],
        now_ms: i64,
    ) -> Self {
        let asked: BTreeSet<_> = audiences.iter().collect();
        let wanted = (0..).zip(&program.audiences);
        let wanted = wanted.filter(|(_, audience)| asked.is_empty() || asked.contains(&audience.id));
        let reads_events = program.leaves.iter().any(|leaf| match leaf.kind {
            LeafKind::Events(_) | LeafKind::Sequence(_) | LeafKind::History(_) => true,
            LeafKind::Attribute(_) | LeafKind::Member(_) => false,
        });
        Self { wanted: wanted.map(|(place, _)| place).collect(), program, policy, now_ms, reads_events }
    }

    /// Evaluates a bucket.
    pub(crate) fn evaluate(
        &self,
        tables: &(impl Read + ?Sized),
        profiles: &[ProfileDocument],
    ) -> Result<(Vec<Decision>, Counters)> {
        let mut counters = Counters::default();
        let mut decisions = Vec::new();
        for profile in profiles {
            let answers = self.answers(tables, profile)?;
            let answers = self.compare(profile, &answers, &mut counters);
            counters.profiles = counters.profiles.saturating_add(1);
            if !answers.is_empty() {
                decisions.push(Decision { profile: profile.id, answers });
            }
        }
        Ok((decisions, counters))
    }

    fn answers(&self, tables: &(impl Read + ?Sized), profile: &ProfileDocument) -> Result<Vec<bool>> {
        let events: Vec<Event> = if self.reads_events && profile.events > 0 {
            StoredEvent::load_all(tables, profile.id)?.into_iter().map(|stored| stored.event).collect()
        } else {
            Vec::new()
        };
        let subject = Subject {
            attributes: &self.policy.merge(&profile.fragments),
            identities: &profile.identities,
            memberships: &profile.memberships,
            events: &events,
        };
        Ok(eval::run(self.program, subject, self.now_ms))
    }

    /// Counts, and says what has to change.
    fn compare(
        &self,
        profile: &ProfileDocument,
        answers: &[bool],
        counters: &mut Counters,
    ) -> Vec<(AudienceId, bool)> {
        let mut changes = Vec::new();
        for &place in &self.wanted {
            let (Some(audience), Some(&answer)) = (self.program.audiences.get(place), answers.get(place))
            else {
                continue;
            };
            let stored = profile.memberships.get(&audience.id);
            let stored = stored.is_some_and(|membership| membership.status == Status::Realized);
            let counts = counters.audiences.entry(audience.id.clone()).or_default();
            counts.total = counts.total.saturating_add(u64::from(answer));
            if answer == stored {
                continue;
            }
            let count = match (audience.mode, answer) {
                (Mode::Batch, true) => &mut counts.realized,
                (Mode::Batch, false) => &mut counts.exited,
                (Mode::Edge | Mode::Streaming, _) => &mut counts.disagreeing,
            };
            *count = count.saturating_add(1);
            match audience.mode {
                Mode::Batch => changes.push((audience.id.clone(), answer)),
                Mode::Edge | Mode::Streaming => {}
            }
        }
        changes
    }
}
