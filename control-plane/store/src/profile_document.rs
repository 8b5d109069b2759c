//! The profile as the engine keeps it and as batch reads it: one document, what has happened since it was written, and its
//! rows of events.

use std::collections::BTreeMap;
use std::ops::Bound;

use acquaint_core::id::{DatasetId, Position, ProfileId};
use acquaint_core::limits::EDGE_PROFILE_TTL_MS;
use acquaint_core::profile::{Event, Fragment, Graph, Identity, IdentityMap, Memberships};
use acquaint_core::state::{Schedule, State};
use acquaint_core::wire::{self, Sealed};
use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::keys;
use crate::tables::{Read, Row, Table};
use crate::{Error, Result};

/// One profile without its events: the value of `Table::Profiles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileDocument {
    /// Whose.
    pub id: ProfileId,
    /// Every identity linked to it.
    pub identities: IdentityMap,
    /// By which records they are linked.
    pub graph: Graph,
    /// Attributes as they came in, unmerged.
    pub fragments: Vec<Fragment>,
    /// Which audiences it is in, and was in.
    pub memberships: Memberships,
    /// How many events are stored for it.
    pub events: u32,
    /// Its folded events.
    pub state: State,
    /// Fingerprint of the program for which `state` was folded.
    pub program: u64,
    /// What time alone will change, by the numbers of that program.
    pub schedule: Schedule,
    /// The next instant at which an answer may change without an event; the key of its timer.
    pub deadline_ms: Option<i64>,
    /// Identities under which edges have seen it.
    pub seen_at_edge: BTreeMap<Identity, SeenIn>,
    /// The position of the last record that changed it.
    pub position: Position,
    /// When it was made: milliseconds since the epoch, UTC.
    pub created_ms: i64,
    /// When an event or a record of it last came in.
    pub active_ms: i64,
    /// No stored event has been kept for long enough before this instant; absent if none ever has.
    pub events_end_ms: Option<i64>,
    /// How many times the document was written.
    pub edition: u64,
}

/// By the region of an edge: when that last saw somebody, in milliseconds since the epoch, UTC.
pub type SeenIn = BTreeMap<String, i64>;

/// One event of a profile: the value of `Table::Events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Where it belongs.
    pub dataset: DatasetId,
    /// The strongest identity it was sent for: the event follows it when it is linked to another profile.
    pub identity: Identity,
    /// What happened.
    pub event: Event,
}

impl Sealed for ProfileDocument {
    const KIND: u16 = 0x0103;
    const VERSION: u16 = 8;
    const EXPECTED_BYTES: usize = 4_096;
}

impl Sealed for StoredEvent {
    const KIND: u16 = 0x0104;
    const VERSION: u16 = 1;
}

impl ProfileDocument {
    /// A profile of which nothing is known yet.
    pub fn new(id: ProfileId, created_ms: i64) -> Self {
        Self {
            id,
            identities: IdentityMap::new(),
            graph: Graph::default(),
            fragments: Vec::new(),
            memberships: Memberships::new(),
            events: 0,
            state: State::default(),
            program: 0,
            schedule: Schedule::default(),
            deadline_ms: None,
            seen_at_edge: BTreeMap::new(),
            position: 0,
            created_ms,
            active_ms: created_ms,
            events_end_ms: None,
            edition: 0,
        }
    }

    /// The identities under which edges still keep it, each with the region of one that does.
    pub fn kept_at_edge(&self, now_ms: i64) -> impl Iterator<Item = (&Identity, &str)> {
        let is_kept = move |at_ms: i64| now_ms.saturating_sub(at_ms) < EDGE_PROFILE_TTL_MS;
        self.seen_at_edge.iter().flat_map(move |(identity, seen)| {
            let kept = seen.iter().filter(move |(_, at_ms)| is_kept(**at_ms));
            kept.map(move |(region, _)| (identity, region.as_str()))
        })
    }

    /// Its row.
    pub fn to_row(&self) -> Result<Row> {
        let key = keys::profile(self.id);
        let value = seal(Table::Profiles, &key, self)?;
        Ok((key, value))
    }

    /// A row of `Table::Profiles`: the document as it was written, which the profile may have been active since.
    pub fn from_row(key: &[u8], value: &[u8]) -> Result<Self> {
        let document: Self = open(Table::Profiles, key, value)?;
        match keys::parse_profile(key) {
            Some(id) if id == document.id => Ok(document),
            Some(_) | None => Err(misplaced(Table::Profiles, key)),
        }
    }

    /// The profile of that id.
    pub fn load(tables: &(impl Read + ?Sized), id: ProfileId) -> Result<Option<Self>> {
        let activity = Activity::load(tables, id)?;
        let key = keys::profile(id);
        let Some(value) = tables.get(Table::Profiles, &key)? else { return Ok(None) };
        let mut document = Self::from_row(&key, &value)?;
        if let Some(activity) = activity {
            activity.bring_up(&mut document);
        }
        Ok(Some(document))
    }

    /// Up to `limit` profiles after `after`, by id.
    pub fn scan(tables: &(impl Read + ?Sized), after: Option<ProfileId>, limit: usize) -> Result<Vec<Self>> {
        let sized = Self::scan_sized(tables, after, limit)?;
        Ok(sized.into_iter().map(|(document, _)| document).collect())
    }

    /// As [`Self::scan`], each with how many bytes its document takes.
    pub fn scan_sized(
        tables: &(impl Read + ?Sized),
        after: Option<ProfileId>,
        limit: usize,
    ) -> Result<Vec<(Self, usize)>> {
        let after = after.map(keys::profile);
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut active = Activity::scan(tables, from, limit)?.into_iter().peekable();
        let rows = tables.scan(Table::Profiles, from, Bound::Unbounded, limit)?;
        let sized = rows.iter().map(|(key, value)| {
            let mut document = Self::from_row(key, value)?;
            while let Some((id, activity)) = active.next_if(|(id, _)| *id <= document.id) {
                if id == document.id {
                    activity.bring_up(&mut document);
                }
            }
            Ok((document, value.len()))
        });
        sized.collect()
    }
}

impl StoredEvent {
    /// Its row, as an event of `profile`.
    pub fn to_row(&self, profile: ProfileId) -> Result<Row> {
        let key = keys::event(profile, self.event.timestamp_ms, &self.event.id);
        let value = seal(Table::Events, &key, self)?;
        Ok((key, value))
    }

    /// A row of `Table::Events`: whose, and what.
    pub fn from_row(key: &[u8], value: &[u8]) -> Result<(ProfileId, Self)> {
        let stored: Self = open(Table::Events, key, value)?;
        match keys::parse_event(key) {
            Some((profile, timestamp_ms, id))
                if timestamp_ms == stored.event.timestamp_ms && id == stored.event.id =>
            {
                Ok((profile, stored))
            }
            Some(_) | None => Err(misplaced(Table::Events, key)),
        }
    }

    /// All events of a profile, sorted by (timestamp, id).
    pub fn load_all(tables: &(impl Read + ?Sized), profile: ProfileId) -> Result<Vec<Self>> {
        let prefix = keys::profile(profile);
        let mut end = Vec::new();
        let (from, to) = keys::prefixed(&prefix, &mut end);
        let rows = tables.scan(Table::Events, from, to, usize::MAX)?;
        rows.iter().map(|(key, value)| Ok(Self::from_row(key, value)?.1)).collect()
    }
}

/// The profile that has this identity.
pub fn find(tables: &(impl Read + ?Sized), identity: &Identity) -> Result<Option<ProfileId>> {
    let key = keys::identity(identity);
    let Some(value) = tables.get(Table::Identities, &key)? else {
        return Ok(None);
    };
    keys::parse_profile(&value).map(Some).ok_or_else(|| misplaced(Table::Identities, &key))
}

fn seal<T: Sealed>(table: Table, key: &[u8], value: &T) -> Result<Vec<u8>> {
    wire::seal(value).map_err(|source| Error::Damaged { place: table.place(key), source })
}

fn open<T: Sealed>(table: Table, key: &[u8], value: &[u8]) -> Result<T> {
    wire::open(value).map_err(|source| Error::Damaged { place: table.place(key), source })
}

fn misplaced(table: Table, key: &[u8]) -> Error {
    Error::Damaged { place: table.place(key), source: wire::Error::Content }
}
