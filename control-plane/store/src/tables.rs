//! Tables: ordered keys to bytes, written atomically across tables and logs.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use acquaint_core::id::Position;

use crate::Result;
use crate::log::Topic;

/// The tables there are. Keys are big-endian, so that order of bytes is order of meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Positions, counters, versions: text keys.
    Meta,
    /// Definitions: `kind/id` to JSON.
    Catalog,
    /// Profile id to its document.
    Profiles,
    /// Profile id to what every event changes of it ([`crate::activity`]).
    Activity,
    /// Namespace NUL value ([`crate::keys::identity`]) to profile id.
    Identities,
    /// Profile id, timestamp, event id to event.
    Events,
    /// Event id to log position, for deduplication.
    EventIds,
    /// Deadline, profile id: nothing.
    Timers,
    /// Profile id: its projection is owed to the edge, or to those of several that keep it.
    Projections,
    /// Where there are several edges: region, profile id: its projection is owed to the edge of that region.
    EdgeDebts,
    /// Refused records with their reason.
    Quarantine,
    /// Imports of files, by id: how far they are.
    Imports,
    /// Batch jobs.
    Jobs,
    /// Dataflow, audience, profile to desired and delivered state.
    Ledger,
    /// Due deliveries, by dataflow and time.
    Due,
    /// Deliveries given up, with their reason.
    DeadLetters,
    /// Who changed which definition when.
    Audit,
    /// Identity, position, number to a change of its graph ([`crate::graph_trail`]).
    GraphTrail,
    /// Id to a request to erase a person ([`crate::erasure`]).
    Erasures,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 19] = [
        Self::Meta,
        Self::Catalog,
        Self::Profiles,
        Self::Activity,
        Self::Identities,
        Self::Events,
        Self::EventIds,
        Self::Timers,
        Self::Projections,
        Self::EdgeDebts,
        Self::Quarantine,
        Self::Imports,
        Self::Jobs,
        Self::Ledger,
        Self::Due,
        Self::DeadLetters,
        Self::Audit,
        Self::GraphTrail,
        Self::Erasures,
    ];

    /// Its name on disk and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Catalog => "catalog",
            Self::Profiles => "profiles",
            Self::Activity => "activity",
            Self::Identities => "identities",
            Self::Events => "events",
            Self::EventIds => "event-ids",
            Self::Timers => "timers",
            Self::Projections => "projections",
            Self::EdgeDebts => "edge-debts",
            Self::Quarantine => "quarantine",
            Self::Imports => "imports",
            Self::Jobs => "jobs",
            Self::Ledger => "ledger",
            Self::Due => "due",
            Self::DeadLetters => "dead-letters",
            Self::Audit => "audit",
            Self::GraphTrail => "graph-trail",
            Self::Erasures => "erasures",
        }
    }

    /// A key of this table, for messages. Of one that holds what clients call somebody, only its length: messages end up
    /// in logs.
    pub fn place(self, key: &[u8]) -> String {
        match self {
            Self::Identities | Self::EventIds | Self::GraphTrail => {
                format!("{}/({} bytes)", self.name(), key.len())
            }
            Self::Meta
            | Self::Catalog
            | Self::Profiles
            | Self::Activity
            | Self::Events
            | Self::Timers
            | Self::Projections
            | Self::EdgeDebts
            | Self::Quarantine
            | Self::Imports
            | Self::Jobs
            | Self::Ledger
            | Self::Due
            | Self::DeadLetters
            | Self::Audit
            | Self::Erasures => format!("{}/{}", self.name(), key.escape_ascii()),
        }
    }
}

/// Rows by table and key: puts (`Some`) and deletes (`None`).
pub type Rows = BTreeMap<Table, BTreeMap<Vec<u8>, Option<Vec<u8>>>>;

/// Writes that happen together or not at all.
#[derive(Debug, Default)]
pub struct WriteBatch {
    /// Puts (`Some`) and deletes (`None`); later entries win.
    pub writes: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>,
    /// Rows of somebody who goes on reading them while they are written; what `writes` says of the same key wins.
    pub shared: Arc<Rows>,
    /// Appends to logs.
    pub appends: Vec<(Topic, Vec<u8>)>,
    /// Records of logs that are others from now on: those of people who were erased.
    pub replaced: Vec<(Topic, Position, Vec<u8>)>,
    /// Values that must still be what they were, or the whole batch is refused with `Conflict`.
    pub expected: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>,
}

impl WriteBatch {
    /// Whether it changes and expects nothing.
    pub fn is_empty(&self) -> bool {
        let Self { writes, shared, appends, replaced, expected } = self;
        writes.is_empty()
            && shared.is_empty()
            && appends.is_empty()
            && replaced.is_empty()
            && expected.is_empty()
    }

    /// The rows that are shared.
    pub(crate) fn shared(&self) -> impl Iterator<Item = (Table, &Vec<u8>, &Option<Vec<u8>>)> {
        self.shared.iter().flat_map(|(table, rows)| rows.iter().map(|(key, value)| (*table, key, value)))
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// What both the store and a frozen view of it can do.
pub trait Read {
    /// One value.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Up to `limit` rows of a range, in key order.
    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>>;
}

/// Ordered tables with atomic writes.
pub trait ProfileStore: Read + Send + Sync {
    /// Applies a batch atomically. `durable`: flushed to disk before it returns; otherwise with the next durable one, or soon
    /// (order is kept either way: after a crash a prefix of the batches is there).
    fn commit(&self, batch: WriteBatch, durable: bool) -> Result<()>;

    /// As [`Self::commit`] without a flush, but it need not be applied yet: whoever hands in a batch goes on meanwhile and
    /// asks the receipt later. Batches are applied in the order in which one thread hands them in.
    fn hand_in(&self, batch: WriteBatch) -> Receipt {
        Receipt::Known(self.commit(batch, false))
    }

    /// A view of this instant that later writes do not change.
    fn snapshot(&self) -> Box<dyn Snapshot>;
}

/// What has become of a batch that was handed in.
#[derive(Debug)]
pub enum Receipt {
    /// It is applied, or was refused.
    Known(Result<()>),
    /// Whoever applies it says so here.
    Waiting(std::sync::mpsc::Receiver<Result<acquaint_core::id::Position>>),
}

impl Receipt {
    /// Waits until the batch is applied.
    ///
    /// # Errors
    ///
    /// As of [`ProfileStore::commit`]; nothing of the batch was applied then.
    pub fn wait(self) -> Result<()> {
        match self {
            Self::Known(result) => result,
            // Dropped unanswered: it was queued behind a close.
            Self::Waiting(answer) => answer.recv().unwrap_or(Err(crate::Error::Unavailable)).map(drop),
        }
    }
}

/// A frozen view of the tables.
pub trait Snapshot: Read + Send + Sync {}
