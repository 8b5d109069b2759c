//! What the engine keeps decoded between records: profiles with their merged attributes, and whose identities are.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use acquaint_core::eval::Slice;
use acquaint_core::id::ProfileId;
use acquaint_core::profile::{IdentityMap, MergePolicy};
use acquaint_core::value::Fields;
use acquaint_store::{Activity, ProfileDocument, Read, Row};

use super::generations::Generations;
use super::upcoming::{Share, Upcoming};
use crate::Result;

/// Profiles kept decoded.
const PROFILES_MAX: usize = 200_000;
/// Identities kept.
const IDENTITIES_MAX: usize = 400_000;

static NOTHING: Fields = Fields::new();

/// One profile, ready for work.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Beside it, so that a table of entries is small: they are put in and taken out for every event.
    pub(crate) document: Box<ProfileDocument>,
    /// The merged attributes, if they are not those of the only fragment.
    merged: Option<Fields>,
    /// The deadline under which `Table::Timers` has it.
    pub(crate) timer_ms: Option<i64>,
    /// More of it differs from what is stored than its activity.
    pub(crate) is_changed: bool,
    /// When its schedule says that something moves next, once that was looked up.
    pub(crate) next_ms: Option<Option<i64>>,
}

impl Entry {
    pub(crate) fn new(document: ProfileDocument, policy: &MergePolicy) -> Self {
        let timer_ms = document.deadline_ms;
        let document = Box::new(document);
        let mut entry = Self { document, merged: None, timer_ms, is_changed: false, next_ms: None };
        entry.merge(policy);
        entry
    }

    /// To be called whenever the fragments or the policy have changed.
    pub(crate) fn merge(&mut self, policy: &MergePolicy) {
        self.merged = match self.document.fragments.as_slice() {
            [] | [_] => None,
            several => Some(policy.merge(several).into_owned()),
        };
    }

    fn attributes(&self) -> &Fields {
        match (&self.merged, self.document.fragments.as_slice()) {
            (Some(merged), _) => merged,
            (None, [only]) => &only.attributes,
            (None, _) => &NOTHING,
        }
    }

    /// What evaluation looks at.
    pub(crate) fn slice(&self) -> Slice<'_> {
        Slice {
            attributes: self.attributes(),
            identities: &self.document.identities,
            memberships: &self.document.memberships,
            state: &self.document.state,
        }
    }

    pub(crate) fn identities(&self) -> &IdentityMap {
        &self.document.identities
    }
}

/// The profiles of one lane: those whose id leaves its number when it is divided by how many lanes there are.
pub(crate) struct Lane {
    profiles: Generations<ProfileId, Entry>,
    /// Profiles that differ from what is stored.
    dirty: BTreeSet<ProfileId>,
    pub(crate) upcoming: Upcoming,
}

/// Everything kept.
pub(crate) struct Cache {
    /// One for each thread, so that each works on its own profiles.
    pub(crate) lanes: Vec<Lane>,
    /// By key of `Table::Identities`.
    pub(crate) identities: Generations<Vec<u8>, ProfileId>,
}

/// What of the profiles of a lane is to be written, by id.
#[derive(Default)]
pub(crate) struct Changed {
    pub(crate) documents: Vec<Row>,
    pub(crate) activities: Vec<Row>,
}

impl Lane {
    /// Writes down every profile that differs from what is stored: if it was only active, no more than that.
    pub(crate) fn changed(&mut self) -> Result<Changed> {
        let mut changed = Changed::default();
        for id in &self.dirty {
            let Some(entry) = self.profiles.get_mut(id) else { continue };
            let document = &mut entry.document;
            if entry.is_changed {
                document.edition += 1;
                changed.documents.push(document.to_row()?);
            } else {
                changed.activities.push(Activity::of(document).to_row(document.id)?);
            }
        }
        Ok(changed)
    }

    /// Everything is written: what was not used lately may go.
    fn committed(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            if let Some(entry) = self.profiles.get_mut(&id) {
                entry.is_changed = false;
            }
        }
        self.profiles.age();
    }
}

impl Cache {
    /// Nothing yet, for so many threads. All timers before this instant were applied.
    pub(crate) fn new(now_ms: i64, threads: NonZeroUsize) -> Self {
        let lane = |number| Lane {
            profiles: Generations::new(PROFILES_MAX / threads),
            dirty: BTreeSet::new(),
            upcoming: Upcoming::from(now_ms, Share { number, of: threads }),
        };
        Self { lanes: (0..threads.get()).map(lane).collect(), identities: Generations::new(IDENTITIES_MAX) }
    }

    /// With this lane only, which is then that of every profile it is asked for.
    pub(crate) fn of(lane: Lane) -> Self {
        Self { lanes: vec![lane], identities: Generations::new(0) }
    }

    /// The number of the lane of a profile.
    pub(crate) fn lane_of(&self, id: ProfileId) -> usize {
        NonZeroUsize::new(self.lanes.len()).map_or(0, |of| Share::of(id, of))
    }

    fn lane(&mut self, id: ProfileId) -> Option<&mut Lane> {
        let number = self.lane_of(id);
        self.lanes.get_mut(number)
    }

    /// Takes out a profile that is kept.
    pub(crate) fn take(&mut self, id: ProfileId) -> Option<Entry> {
        self.lane(id)?.profiles.remove(&id)
    }

    /// Keeps a profile that is yet to be written.
    pub(crate) fn put(&mut self, entry: Entry) {
        let id = entry.document.id;
        if let Some(lane) = self.lane(id) {
            lane.dirty.insert(id);
        }
        self.put_back(entry);
    }

    /// Keeps a profile that was only looked at, or is written already.
    pub(crate) fn put_back(&mut self, entry: Entry) {
        let id = entry.document.id;
        if let Some(lane) = self.lane(id) {
            lane.profiles.insert(id, entry);
        }
    }

    /// A profile that was taken is no more.
    pub(crate) fn gone(&mut self, id: ProfileId) {
        if let Some(lane) = self.lane(id) {
            lane.dirty.remove(&id);
        }
    }

    /// The timer of a profile was set anew, or is no more.
    pub(crate) fn moved(&mut self, id: ProfileId, from_ms: Option<i64>, to_ms: Option<i64>) {
        if let Some(lane) = self.lane(id) {
            lane.upcoming.moved(id, from_ms, to_ms);
        }
    }

    /// How many timers come due after `after_ms` and until `now_ms`, as far as is known; counted up to about `limit`.
    pub(crate) fn count(
        &mut self,
        tables: &impl Read,
        after_ms: i64,
        now_ms: i64,
        limit: usize,
    ) -> Result<usize> {
        let counts = self.lanes.iter_mut().map(|lane| lane.upcoming.count(tables, after_ms, now_ms, limit));
        counts.sum()
    }

    /// Up to `limit` timers that are due at `now_ms`, of all lanes, earliest first.
    pub(crate) fn due(
        &mut self,
        tables: &impl Read,
        now_ms: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ProfileId)>> {
        let mut due = Vec::new();
        for lane in self.lanes.iter_mut().filter(|lane| lane.upcoming.may_be_due(now_ms)) {
            due.extend(lane.upcoming.due(tables, now_ms, limit)?);
        }
        due.sort_unstable();
        due.truncate(limit);
        Ok(due)
    }

    /// Everything is written: what was not used lately may go.
    pub(crate) fn committed(&mut self) {
        self.lanes.iter_mut().for_each(Lane::committed);
        self.identities.age();
    }
}
