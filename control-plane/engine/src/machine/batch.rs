//! Records that come one after the other are made a batch of, as long as each is of one profile: then lanes can work on
//! them at the same time. Who a record is of is found out in order, for identities of one record may be known by the
//! next. A record that may be of several profiles is applied alone, once the batch before it is.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::{AudienceId, DatasetId, Position, ProfileId};
use acquaint_core::limits::IDENTITIES_PER_PROFILE_MAX;
use acquaint_core::profile::graph::{self, Graph, Settled};
use acquaint_core::profile::{Identity, LinkKind};
use acquaint_core::value::Fields;
use acquaint_core::wire;
use acquaint_store::graph_trail::Why;
use acquaint_store::record::{Body, Record};
use acquaint_store::{ProfileDocument, Read, StoredEvent, Table, keys};

use super::cache::Entry;
use super::events::Sighting;
use super::identity::Owned;
use super::progress::Progress;
use super::side_by_side::side_by_side;
use super::turn::Turn;
use crate::{Error, Result};

/// Work that is worth another thread.
pub(crate) const WORTHWHILE: usize = 64;

/// Records that are applied together.
pub(crate) struct Batch {
    /// How far everything was before.
    pub(crate) progress: Progress,
    /// When each record came.
    pub(crate) moments: Vec<Moment>,
    /// What there is to do for them, by lane, in order.
    pub(crate) tasks: Vec<Vec<Task>>,
    /// Records, and timers that are known to come due.
    pub(crate) work: usize,
    /// The profiles that are made for some of the records, as they are made.
    founded: BTreeMap<ProfileId, ProfileDocument>,
    /// The latest of the moments.
    until_ms: i64,
}

/// When a record came, and which it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) position: Position,
    pub(crate) received_ms: i64,
}

/// What there is to do for one record.
pub(crate) struct Task {
    /// The number of the record in its batch.
    pub(crate) record: usize,
    pub(crate) whose: Whose,
    pub(crate) deed: Deed,
}

/// The profile of a record.
pub(crate) enum Whose {
    /// All identities of the record are its already.
    Known(ProfileId),
    /// It is made for the record.
    New(Box<Entry>),
}

/// What a record says of its profile.
pub(crate) enum Deed {
    /// It did something; and where an edge saw it, if one did.
    Event {
        wanted: Vec<Identity>,
        stored: StoredEvent,
        sighting: Option<Sighting>,
    },
    Upsert {
        wanted: Vec<Identity>,
        dataset: DatasetId,
        primary: Identity,
        attributes: Fields,
    },
    Link {
        wanted: Vec<Identity>,
    },
    Decided {
        evaluated_ms: i64,
        answers: Vec<(AudienceId, bool)>,
    },
}

/// A record that was read.
pub(crate) struct Opened {
    pub(crate) position: Position,
    pub(crate) record: Record,
    /// Its message was applied by an earlier turn.
    is_known: bool,
}

/// What is to be done with a record.
enum Planned {
    Nothing,
    InLane(ProfileId, Whose, Deed),
    Alone(Record),
}

impl Batch {
    fn plan(&mut self, lane: usize, whose: Whose, deed: Deed) {
        let record = self.moments.len();
        if let Some(tasks) = self.tasks.get_mut(lane) {
            tasks.push(Task { record, whose, deed });
        }
    }
}

impl Turn<'_> {
    /// Applies records up to the next catalogue or the limit; returns the pieces of work done.
    pub(crate) fn records(&mut self, records: &[(Position, Vec<u8>)], limit: usize) -> Result<usize> {
        let mut left = self.opened(records)?.into_iter().peekable();
        let mut done = 0;
        while done < limit {
            let Some(next) = left.peek() else { break };
            let moment = Moment { position: next.position, received_ms: next.record.received_ms };
            let (batch, alone) = self.batch(&mut left, limit.saturating_sub(done))?;
            if batch.moments.is_empty() {
                // More timers are due before it than there is room for.
                self.cause = moment.position;
                return Ok(done + self.advance(moment.received_ms, limit.saturating_sub(done))?);
            }
            done += batch.work;
            self.run(batch)?;
            if let Some((position, record)) = alone {
                self.apply(position, record)?;
            }
        }
        Ok(done)
    }

    /// Reads records up to the next catalogue.
    fn opened(&self, records: &[(Position, Vec<u8>)]) -> Result<Vec<Opened>> {
        let size = match records.len() {
            few if few < WORTHWHILE => few,
            many => many.div_ceil(self.cache.lanes.len().max(1)),
        };
        let read = |records: &[(Position, Vec<u8>)]| {
            records.iter().map(|(position, bytes)| self.read(*position, bytes)).collect::<Result<Vec<_>>>()
        };
        let mut all = Vec::with_capacity(records.len());
        for opened in side_by_side(records.chunks(size.max(1)).collect(), read) {
            all.extend(opened?);
        }
        let is_catalog = |opened: &Opened| matches!(opened.record.body, Body::Catalog { .. });
        all.truncate(all.iter().position(is_catalog).unwrap_or(all.len()));
        Ok(all)
    }

    fn read(&self, position: Position, bytes: &[u8]) -> Result<Opened> {
        let record: Record = wire::open(bytes).map_err(|source| Error::Record { position, source })?;
        let is_known = match record.body.message() {
            Some(message) => self.unit.get(Table::EventIds, message.as_bytes())?.is_some(),
            None => false,
        };
        Ok(Opened { position, record, is_known })
    }

    /// The next records that are each of one profile, and with them that behind them which is not; it is not applied yet.
    fn batch(
        &mut self,
        left: &mut std::iter::Peekable<impl Iterator<Item = Opened>>,
        limit: usize,
    ) -> Result<(Batch, Option<(Position, Record)>)> {
        let mut batch = Batch {
            progress: self.progress.clone(),
            moments: Vec::new(),
            tasks: self.cache.lanes.iter().map(|_| Vec::new()).collect(),
            work: 0,
            founded: BTreeMap::new(),
            until_ms: i64::MIN,
        };
        while let Some(next) = left.peek() {
            let received_ms = next.record.received_ms;
            let room = limit.saturating_sub(batch.work);
            let due = self.cache.count(&self.unit, batch.until_ms, received_ms, room)?;
            if due >= room {
                break;
            }
            let Some(next) = left.next() else { break };
            let position = next.position;
            let planned = self.plan(next, &mut batch.founded)?;
            let mut alone = None;
            match planned {
                Planned::Nothing => {}
                Planned::InLane(id, whose, deed) => batch.plan(self.cache.lane_of(id), whose, deed),
                Planned::Alone(record) => alone = Some((position, record)),
            }
            batch.moments.push(Moment { position, received_ms });
            batch.work += due + 1;
            batch.until_ms = batch.until_ms.max(received_ms);
            if alone.is_some() {
                return Ok((batch, alone));
            }
        }
        Ok((batch, None))
    }

    /// Finds out who a record is of.
    fn plan(
        &mut self,
        opened: Opened,
        founded: &mut BTreeMap<ProfileId, ProfileDocument>,
    ) -> Result<Planned> {
        let Opened { position, record, is_known } = opened;
        (self.cause, self.explained) = (position, 0);
        self.progress.now_ms = self.progress.now_ms.max(record.received_ms);
        self.progress.position = position;
        let (identities, kind) = match &record.body {
            Body::Event { identities, .. } => (identities, LinkKind::Event),
            Body::Upsert { identities, .. } => (identities, LinkKind::Attributes),
            Body::Link { identities, .. } => (identities, LinkKind::Declared),
            Body::Decided { profile, .. } => return Ok(of_decided(*profile, record.body)),
            Body::Advance | Body::Erased => return Ok(Planned::Nothing),
            Body::Unlink { .. } | Body::Erase { .. } | Body::Catalog { .. } => {
                return Ok(Planned::Alone(record));
            }
        };
        let is_known = is_known
            || record.body.message().is_some_and(|message| {
                self.unit.pending(Table::EventIds, message.as_bytes()).flatten().is_some()
            });
        if identities.is_empty() || is_known {
            return Ok(Planned::Nothing);
        }
        let wanted = self.rules.linkable(identities);
        let (id, whose) = match self.owned(&wanted)? {
            Owned::One(id) if self.stays(id, founded)? => (id, Whose::Known(id)),
            Owned::Nobody => match self.found(&wanted, kind)? {
                Some(entry) => {
                    if self.rules.lifetimes.end_profiles() {
                        founded.insert(entry.document.id, ProfileDocument::clone(&entry.document));
                    }
                    (entry.document.id, Whose::New(Box::new(entry)))
                }
                None => return Ok(Planned::Alone(record)),
            },
            Owned::One(_) | Owned::Several => return Ok(Planned::Alone(record)),
        };
        if let Some(message) = record.body.message() {
            self.unit.put(Table::EventIds, message.as_bytes().to_vec(), keys::position(position));
        }
        Ok(Deed::of(record.body, wanted).map_or(Planned::Nothing, |deed| Planned::InLane(id, whose, deed)))
    }

    /// Whether a profile is certain to be there still, when all timers that are due by now have been applied.
    fn stays(&mut self, id: ProfileId, founded: &BTreeMap<ProfileId, ProfileDocument>) -> Result<bool> {
        let lifetimes = &self.rules.lifetimes;
        if !lifetimes.end_profiles() {
            return Ok(true);
        }
        let end_ms = match founded.get(&id) {
            Some(document) => lifetimes.profile_end_ms(document),
            None => {
                let Some(entry) = self.take(id)? else { return Ok(false) };
                let end_ms = lifetimes.profile_end_ms(&entry.document);
                self.cache.put_back(entry);
                end_ms
            }
        };
        Ok(end_ms.is_none_or(|end_ms| end_ms > self.progress.now_ms))
    }

    /// A new profile of these identities, if they can be of one. It has just been active.
    fn found(&mut self, wanted: &[Identity], kind: LinkKind) -> Result<Option<Entry>> {
        let all: BTreeSet<Identity> = wanted.iter().cloned().collect();
        let mut links = Graph::default();
        let fresh = self.see(&mut links, wanted, kind);
        let Settled { groups, cut } =
            graph::settle(&all, links, wanted, self.rules, IDENTITIES_PER_PROFILE_MAX);
        if groups.len() != 1 || !cut.is_empty() {
            return Ok(None);
        }
        let mut entry = self.regroup(Vec::new(), groups, wanted)?;
        for link in &fresh {
            self.explain_here(link, Why::Linked)?;
        }
        entry.document.active_ms = self.progress.now_ms;
        Ok(Some(entry))
    }

    /// Does what a record says.
    pub(crate) fn perform(&mut self, task: Task) -> Result<()> {
        let Task { record: _, whose, deed } = task;
        let (wanted, kind) = match &deed {
            Deed::Event { wanted, .. } => (wanted, LinkKind::Event),
            Deed::Upsert { wanted, .. } => (wanted, LinkKind::Attributes),
            Deed::Link { wanted } => (wanted, LinkKind::Declared),
            Deed::Decided { evaluated_ms, answers } => match whose {
                Whose::Known(id) => return self.decided(id, *evaluated_ms, answers),
                Whose::New(_) => return Ok(()),
            },
        };
        let (entry, linked) = match whose {
            Whose::Known(id) => (self.met(id, wanted, kind)?, false),
            Whose::New(entry) => (*entry, true),
        };
        match deed {
            Deed::Event { wanted: _, stored, sighting } => self.event_of(entry, linked, stored, sighting),
            Deed::Upsert { wanted: _, dataset, primary, attributes } => {
                self.upsert_of(entry, linked, dataset, primary, attributes)
            }
            Deed::Link { .. } | Deed::Decided { .. } => self.link_of(entry, linked),
        }
    }
}

impl Deed {
    /// What a record says of its profile; `None` if it is of none.
    fn of(body: Body, wanted: Vec<Identity>) -> Option<Self> {
        match body {
            Body::Event { dataset, identities, event, from_edge } => {
                let primary = identities.into_iter().next()?;
                // The strongest identity is who did it, whichever the client calls primary (`pql.md` section 5).
                let identity = wanted.first().cloned().unwrap_or_else(|| primary.clone());
                let stored = StoredEvent { dataset, identity, event };
                let sighting = from_edge.map(|region| Sighting { identity: primary, region });
                Some(Self::Event { wanted, stored, sighting })
            }
            Body::Upsert { message: _, dataset, identities, attributes } => {
                let primary = identities.into_iter().next()?;
                Some(Self::Upsert { wanted, dataset, primary, attributes })
            }
            Body::Link { .. } => Some(Self::Link { wanted }),
            Body::Decided { evaluated_ms, answers, .. } => Some(Self::Decided { evaluated_ms, answers }),
            Body::Unlink { .. }
            | Body::Erase { .. }
            | Body::Erased
            | Body::Catalog { .. }
            | Body::Advance => None,
        }
    }
}

fn of_decided(profile: ProfileId, body: Body) -> Planned {
    let whose = Whose::Known(profile);
    Deed::of(body, Vec::new()).map_or(Planned::Nothing, |deed| Planned::InLane(profile, whose, deed))
}
