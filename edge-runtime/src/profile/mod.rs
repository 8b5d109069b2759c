//! The profile as the edge keeps it: the last projection of the control plane, and the tail of events seen here that
//! the projection does not cover yet. State = projection with the tail folded on top, so a new projection rebases
//! rather than overwrites (brief: every event counts once, and none is lost before the control plane has it).
//!
//! Nothing here does I/O: whoever holds a profile asks for [`EdgeProfile::take_writes`] after each step and stores them
//! in one atomic write before answering.

mod alone;
mod carried;
mod consent;
mod displays;
mod forget;
pub mod forward;
mod owed;
mod rate;
mod rebase;
mod stored;
mod tail;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::eval::Slice;
use acquaint_core::id::{AudienceId, Position};
use acquaint_core::plan::Prepared;
use acquaint_core::profile::{Event, IdentityMap, Membership, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::value::Fields;
use acquaint_core::wire::{Datastream, Forwarded, ForwardedEvent, Offer, Projection, Sealed};
use serde::{Deserialize, Serialize};

use carried::Carried;
pub use consent::Objection;
pub use displays::Displays;
pub use owed::{Owed, Taken};
pub use rate::Rate;
pub use stored::{Unreadable, Write};
use tail::Tail;
pub use tail::TailEvent;
pub(crate) use tail::hash as event_hash;
pub use told::Told;

use crate::limits;
use crate::offers::display::displayed;
use crate::push::{self, Pushes};

/// What is kept beside projection and tail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Head {
    /// The number of the next tail event. Numbers begin at 1.
    next_sequence: u64,
    /// Hashes of the ids of the newest events, oldest first. Those of the tail are only stored here once they leave it.
    recent: Vec<u64>,
    /// The projection's memberships with the changes seen here.
    memberships: Memberships,
    /// Those changes, so that the instant of entry survives a rebase.
    changed_here: Memberships,
    /// When anybody last asked; as long as nobody did, when the last projection came: milliseconds since the epoch, UTC.
    last_seen_ms: i64,
    /// Whether anybody ever asked.
    visited: bool,
    /// What the pages of this profile were asked to do.
    told: Told,
    /// What this person was shown.
    displays: Displays,
}

impl Head {
    /// Notes the id of a new event.
    fn remember(&mut self, event_id: &str) {
        self.recent.push(tail::hash(event_id));
        let surplus = self.recent.len().saturating_sub(limits::RECENT_EVENTS_MAX);
        self.recent.drain(..surplus);
    }
}

impl Sealed for TailEvent {
    const KIND: u16 = 0x0203;
    const VERSION: u16 = 3;
}

impl Sealed for Head {
    const KIND: u16 = 0x0204;
    const VERSION: u16 = 6;
}

/// Projection and tail in one, for one program.
#[derive(Clone, Debug)]
struct Working {
    tag: String,
    state: State,
    identities: IdentityMap,
}

/// What has changed since it was last written.
#[derive(Clone, Debug, Default)]
struct Dirty {
    head: bool,
    projection: bool,
    incoming: bool,
    objection: bool,
    carried: bool,
    tail: BTreeSet<u64>,
    owed: BTreeSet<u64>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct EdgeProfile {
    head: Head,
    projection: Projection,
    /// A projection that came while a forward was in doubt: whether it covers those events is not known yet.
    incoming: Option<Projection>,
    objection: Option<Objection>,
    tail: Tail,
    /// Tail events up to here may have reached the control plane. Not stored: after a restart, all of them may have.
    sent_through: u64,
    /// What a queue carries there.
    carried: Option<Carried>,
    /// What is to be sent to endpoints beside the control plane, oldest first.
    owed: BTreeMap<u64, Owed>,
    working: Option<Working>,
    dirty: Dirty,
}

impl EdgeProfile {
    /// Whether an event of this id was seen lately, or is still in the tail: the request was repeated.
    pub fn has_seen(&self, event_id: &str) -> bool {
        self.tail.has(event_id) || self.head.recent.contains(&tail::hash(event_id))
    }

    /// How many events the control plane has not acknowledged.
    pub fn outbox_events(&self) -> usize {
        self.tail.outbox().events
    }

    /// Whether events of that many bytes still fit.
    pub fn has_room_for(&self, events: usize, bytes: usize) -> bool {
        let outbox = self.tail.outbox();
        outbox.events + events <= limits::OUTBOX_EVENTS_MAX
            && outbox.bytes + bytes <= limits::OUTBOX_BYTES_MAX
    }

    /// Takes an event into the tail, and into the state if that is at hand.
    pub(crate) fn append(&mut self, program: &Prepared, event: ForwardedEvent, now_ms: i64) {
        if let Some(working) = &mut self.working {
            add(working, program, &event, now_ms);
        }
        self.keep(event.into());
    }

    /// Keeps what is to be forwarded. To be stored: that alone, one row.
    fn keep(&mut self, event: Forwarded) {
        self.head.remember(event.id());
        self.head.next_sequence += 1;
        let sequence = self.head.next_sequence;
        self.tail.insert(sequence, TailEvent { event, position: None });
        self.dirty.tail.insert(sequence);
    }

    /// Takes events out of the tail. What the head says of them must be stored from now on.
    fn remove(&mut self, sequences: &[u64]) {
        for sequence in sequences {
            self.tail.remove(*sequence);
            self.dirty.tail.insert(*sequence);
        }
        if !sequences.is_empty() {
            self.dirty.head = true;
            self.working = None;
        }
    }

    /// Notes that somebody asked. Stored at most once an hour: it only decides when the profile is forgotten.
    pub(crate) fn seen(&mut self, now_ms: i64) {
        if !self.head.visited || now_ms.saturating_sub(self.head.last_seen_ms) >= limits::LAST_SEEN_STEP_MS {
            self.head.last_seen_ms = now_ms;
            self.head.visited = true;
            self.dirty.head = true;
        }
    }

    /// Notes that the control plane told of this person. That is no visit: it only keeps whom nobody has met yet.
    fn told_of(&mut self, now_ms: i64) {
        if !self.head.visited {
            self.head.last_seen_ms = now_ms;
            self.dirty.head = true;
        }
    }

    /// The instant from which the profile may be forgotten; never while an event waits for the control plane. An
    /// objection is remembered as long as the cookie that says the same.
    pub fn expires_ms(&self) -> Option<i64> {
        let kept_ms = match self.objection {
            Some(_) => limits::OBJECTION_TTL_MS,
            None => limits::PROFILE_TTL_MS,
        };
        let idle = self.outbox_events() == 0 && !self.owes();
        idle.then(|| self.head.last_seen_ms.saturating_add(kept_ms))
    }

    /// Whether it may be forgotten now.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ms().is_some_and(|expires_ms| expires_ms <= now_ms)
    }

    /// Folds the tail onto the projection, unless that was done for this program already.
    pub(crate) fn prepare(&mut self, tag: &str, program: &Prepared, now_ms: i64) {
        if self.working.as_ref().is_some_and(|working| working.tag == tag) {
            return;
        }
        let mut working = Working {
            tag: tag.to_owned(),
            state: self.projection.state.clone(),
            identities: self.projection.identities.clone(),
        };
        for event in self.tail().filter_map(|tail| tail.event.as_event()) {
            add(&mut working, program, event, now_ms);
        }
        state::expire(program, &mut working.state, now_ms);
        self.working = Some(working);
    }

    /// What a program is evaluated over. `None` before [`Self::prepare`].
    pub(crate) fn slice(&self) -> Option<Slice<'_>> {
        self.working.as_ref().map(|working| Slice {
            attributes: &self.projection.attributes,
            identities: &working.identities,
            memberships: &self.head.memberships,
            state: &working.state,
        })
    }

    /// Changes one membership.
    pub(crate) fn set_membership(&mut self, change: acquaint_core::profile::MembershipChange) {
        let known = self.head.changed_here.get(&change.audience);
        let membership = match known {
            Some(known) if known.status == change.status => *known,
            Some(_) | None => Membership { status: change.status, since_ms: change.at_ms },
        };
        self.head.changed_here.insert(change.audience.clone(), membership);
        self.head.memberships.insert(change.audience, membership);
        self.dirty.head = true;
    }

    /// What to ask of a page of this profile, whose audiences are these; absent: they are not to be looked at. The request
    /// is known by that number if it is repeated.
    pub(crate) fn push(
        &mut self,
        datastream: &Datastream,
        audiences: Option<&[AudienceId]>,
        (ecid, request): (Option<&str>, Option<u64>),
        now_ms: i64,
    ) -> Pushes {
        self.head.told.begin(request, now_ms);
        let pushes = push::due(datastream, audiences, ecid, &mut self.head.told, now_ms);
        self.dirty.head |= self.head.told.take_changed();
        pushes
    }

    /// What this person was shown.
    pub fn displays(&self) -> &Displays {
        &self.head.displays
    }

    /// Notes the displays of offers that are only shown so often, which an event tells of.
    pub(crate) fn displayed(&mut self, offers: &[Offer], event: &Event, now_ms: i64) {
        for id in displayed(event) {
            let Some(offer) = offers.iter().find(|offer| offer.id == id) else { continue };
            let Some(cap) = offer.cap else { continue };
            let since_ms = cap.within_ms.map(|within_ms| now_ms.saturating_sub(within_ms));
            self.head.displays.display(id, event.timestamp_ms, since_ms);
        }
        self.dirty.head |= self.head.displays.take_changed();
    }

    /// Whether exposure to an arm of an experiment is yet to be recorded; notes that it is.
    pub(crate) fn expose(&mut self, arm: u64, version: u64) -> bool {
        let is_new = self.head.displays.expose(arm, version);
        self.dirty.head |= self.head.displays.take_changed();
        is_new
    }

    /// Memberships as they were last answered.
    pub fn memberships(&self) -> &Memberships {
        &self.head.memberships
    }

    /// Attributes of the projection.
    pub fn attributes(&self) -> &Fields {
        &self.projection.attributes
    }

    /// Whether anybody has asked for it or written of it.
    pub fn is_known(&self) -> bool {
        self.head.last_seen_ms != 0 || !self.tail.is_empty() || self.projection != Projection::default()
    }

    /// When a visit last came, to the hour, or before the first one a projection: milliseconds since the epoch, UTC.
    pub fn last_seen_ms(&self) -> i64 {
        self.head.last_seen_ms
    }

    /// The log position that the projection covers.
    pub fn position(&self) -> Position {
        self.projection.position
    }

    /// Events that the projection does not cover, oldest first.
    pub fn tail(&self) -> impl Iterator<Item = &TailEvent> {
        self.tail.events().values()
    }
}

fn add(working: &mut Working, program: &Prepared, event: &ForwardedEvent, now_ms: i64) {
    state::fold(program, &mut working.state, &event.event, now_ms);
    add_identities(&mut working.identities, event);
}

fn add_identities(identities: &mut IdentityMap, event: &ForwardedEvent) {
    for identity in &event.identities {
        let known: usize = identities.values().map(BTreeSet::len).sum();
        if known < limits::IDENTITIES_PER_PROFILE_MAX {
            identities.entry(identity.namespace.clone()).or_default().insert(identity.id.clone());
        }
    }
}

/// About how many bytes it takes on its way.
fn weight_of(forwarded: &Forwarded) -> usize {
    match forwarded {
        Forwarded::Event(event) => weight(event),
        Forwarded::Consent(consent) => consent::weight(consent),
    }
}

/// About how many bytes an event takes on its way.
pub(crate) fn weight(event: &ForwardedEvent) -> usize {
    use acquaint_core::value::Value;
    fn of(value: &Value) -> usize {
        match value {
            Value::Null | Value::Boolean(_) => 2,
            Value::Integer(_) | Value::Double(_) | Value::Time(_) => 9,
            Value::String(text) => text.len() + 4,
            Value::List(items) => items.iter().map(of).sum::<usize>() + 4,
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| name.len() + of(value) + 4).sum::<usize>() + 4
            }
        }
    }
    let identities: usize = event.identities.iter().map(|one| one.namespace.len() + one.id.len() + 8).sum();
    let fields: usize = event.event.fields.iter().map(|(name, value)| name.len() + of(value) + 4).sum();
    event.datastream.len() + event.event.id.len() + identities + fields + 64
}

#[cfg(test)]
mod tests;
