//! The log: what happened, in order. Durable before anybody is told that it is.

use acquaint_core::id::Position;

use crate::Result;
use crate::tables::WriteBatch;

/// The logs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Ingested records, sealed [`crate::record::Record`]s: the engine's only input.
    Records,
    /// Membership and profile changes, sealed [`crate::record::Change`]s: activation's only input.
    Changes,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 2] = [Self::Records, Self::Changes];

    /// Its name on disk and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Records => "log-records",
            Self::Changes => "log-changes",
        }
    }
}

/// An append-only log per topic.
pub trait Log: Send + Sync {
    /// Appends payloads in order and returns the position of the first, once all of them are durable.
    /// Concurrent calls share one flush.
    fn append(&self, topic: Topic, payloads: Vec<Vec<u8>>) -> Result<Position> {
        self.append_with(topic, payloads, WriteBatch::default())
    }

    /// As [`append`](Self::append), together with other writes: all of it or nothing. Without payloads the answer is the
    /// position of the first of the other appends.
    fn append_with(&self, topic: Topic, payloads: Vec<Vec<u8>>, with: WriteBatch) -> Result<Position>;

    /// Up to `limit` payloads after a position, oldest first.
    fn read(&self, topic: Topic, after: Position, limit: usize) -> Result<Vec<(Position, Vec<u8>)>>;

    /// The position of the last record; 0 of an empty log.
    fn end(&self, topic: Topic) -> Position;

    /// Blocks until there is a record after `after`, or the timeout passes. True if there is one.
    fn wait(&self, topic: Topic, after: Position, timeout: std::time::Duration) -> bool;
}
