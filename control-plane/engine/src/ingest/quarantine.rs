//! Quarantine: refused records with their reason, to be listed, and replayed once the reason is mended.

use std::ops::Bound;

use acquaint_core::wire::{self, Sealed};
use acquaint_store::catalog::external;
use acquaint_store::record::Body;
use acquaint_store::{ProfileStore, Read, Table, WriteBatch, keys};
use serde::{Deserialize, Serialize};

use super::request::Envelope;
use super::{Refusal, Rules, cloud_events, edge, rows, segment, xdm};
use crate::{Error, Result};

/// How a refused record came in, and so how it is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// A message of a Segment-compatible client; the source is the one of its write key.
    Segment,
    /// A row of a file; the source is the one it was imported with.
    Row,
    /// An event forwarded by the edge; the source is its datastream.
    Edge,
    /// An XDM message of a streaming connection.
    Xdm,
    /// A CloudEvent.
    CloudEvent,
}

/// A refused record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// When it came in: milliseconds since the epoch, UTC.
    pub received_ms: i64,
    /// How.
    pub origin: Origin,
    /// From which source or datastream.
    pub source: String,
    /// The id it would have been given if it brought none.
    pub fallback_id: String,
    /// Why it was refused.
    pub refusal: Refusal,
    /// What came in: JSON, or the text that was none.
    pub raw: String,
    /// Of a row of a file: where it stands.
    pub place: Option<Place>,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as whoever imported it named it.
    pub file: String,
    /// Which row, from 1; a header does not count.
    pub row: u64,
    /// On which line of the text it begins, from 1; of files that have lines.
    pub line: Option<u64>,
}

/// A place in the quarantine; later ones are larger.
pub type Ticket = u128;

impl Sealed for Quarantined {
    const KIND: u16 = 0x0202;
    const VERSION: u16 = 2;
}

impl Quarantined {
    /// By time; what is refused twice at the same instant is there once.
    fn ticket(&self) -> Ticket {
        let Self { origin, source, refusal, raw, place, .. } = self;
        let told = format!("{origin:?} {source} {} {place:?} {raw}", refusal.code);
        let time = self.received_ms.cast_unsigned() ^ (1 << 63);
        (u128::from(time) << 64) | u128::from(xxhash_rust::xxh3::xxh3_64(told.as_bytes()))
    }

    /// Reads it again by today's rules.
    pub fn replay(&self, rules: &Rules) -> std::result::Result<Vec<Body>, Refusal> {
        let json: serde_json::Value = serde_json::from_str(&self.raw)
            .map_err(|error| Refusal::new("bad_json", "", error.to_string()))?;
        if external::audience_of(&self.source).is_some() {
            let reason = "a row of an upload comes again with its file";
            return Err(Refusal::new("row_of_upload", "", reason));
        }
        let source = || {
            rules.source(&self.source).ok_or_else(|| {
                Refusal::new("no_source", "", format!("source `{}` does not exist", self.source))
            })
        };
        let envelope = Envelope { received_ms: self.received_ms, fallback_id: &self.fallback_id };
        match self.origin {
            Origin::Segment => segment::message(rules, source()?, &json, &envelope),
            Origin::Xdm => xdm::message(rules, source()?, &json, &envelope),
            Origin::CloudEvent => cloud_events::event(rules, source()?, &json, &envelope),
            Origin::Row => rows::row(rules, source()?, &json),
            Origin::Edge => edge::record_from_json(rules, &json, self.received_ms),
        }
    }
}

/// Puts refused records away. Durable when it returns.
pub fn put(store: &(impl ProfileStore + ?Sized), refused: &[Quarantined]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    Ok(store.commit(writes(refused)?, true)?)
}

/// What puts refused records away, for whoever writes more together with it.
pub fn writes(refused: &[Quarantined]) -> Result<WriteBatch> {
    let mut batch = WriteBatch::default();
    for record in refused {
        let key = record.ticket().to_be_bytes().to_vec();
        let value = wire::seal(record).map_err(|source| Error::damaged(Table::Quarantine, &key, source))?;
        batch.writes.push((Table::Quarantine, key, Some(value)));
    }
    Ok(batch)
}

/// Up to `limit` refused records after `after`, oldest first.
pub fn list(
    tables: &(impl Read + ?Sized),
    after: Option<Ticket>,
    limit: usize,
) -> Result<Vec<(Ticket, Quarantined)>> {
    let after = after.map(u128::to_be_bytes);
    let from = after.as_ref().map_or(Bound::Unbounded, |after| Bound::Excluded(&after[..]));
    let rows = tables.scan(Table::Quarantine, from, Bound::Unbounded, limit)?;
    rows.iter()
        .map(|(key, value)| {
            let damaged = |source| Error::damaged(Table::Quarantine, key, source);
            let ticket = key.as_slice().try_into().map_err(|_| damaged(wire::Error::Content))?;
            Ok((u128::from_be_bytes(ticket), wire::open(value).map_err(damaged)?))
        })
        .collect()
}

/// One of them.
pub fn get(tables: &(impl Read + ?Sized), ticket: Ticket) -> Result<Option<Quarantined>> {
    let key = keys::Key::new().tail(ticket.to_be_bytes());
    let value = tables.get(Table::Quarantine, &key)?;
    let open =
        |value: Vec<u8>| wire::open(&value).map_err(|source| Error::damaged(Table::Quarantine, &key, source));
    value.map(open).transpose()
}

/// Takes records out, once they are replayed or given up.
pub fn remove(store: &(impl ProfileStore + ?Sized), tickets: &[Ticket]) -> Result<()> {
    let writes =
        tickets.iter().map(|ticket| (Table::Quarantine, ticket.to_be_bytes().to_vec(), None)).collect();
    Ok(store.commit(WriteBatch { writes, ..WriteBatch::default() }, true)?)
}

/// Takes out records that came in before an instant, the oldest `limit` of them; how many that were.
pub fn expire(store: &(impl ProfileStore + ?Sized), before_ms: i64, limit: usize) -> Result<usize> {
    let end = keys::Key::new().i64(before_ms).into_bytes();
    let old = store.scan(Table::Quarantine, Bound::Unbounded, Bound::Excluded(&end), limit)?;
    let writes: Vec<_> = old.into_iter().map(|(key, _)| (Table::Quarantine, key, None)).collect();
    let expired = writes.len();
    if expired > 0 {
        store.commit(WriteBatch { writes, ..WriteBatch::default() }, true)?;
    }
    Ok(expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryStore;

    fn refused(received_ms: i64, raw: &str) -> Quarantined {
        Quarantined {
            received_ms,
            origin: Origin::Row,
            source: "people".into(),
            fallback_id: String::new(),
            refusal: Refusal::new("c", "", "r"),
            raw: raw.into(),
            place: None,
        }
    }

    #[test]
    fn what_came_before_an_instant_goes_and_the_oldest_first() {
        let store = MemoryStore::default();
        let times = [-5, 0, 9, 10, 11];
        put(&store, &times.map(|at| refused(at, &at.to_string()))).unwrap();
        let left = || {
            let left = list(&store, None, 10).unwrap();
            left.iter().map(|(_, refused)| refused.received_ms).collect::<Vec<_>>()
        };
        assert_eq!(expire(&store, 10, 2).unwrap(), 2);
        assert_eq!(left(), [9, 10, 11]);
        assert_eq!((expire(&store, 10, 2).unwrap(), expire(&store, 10, 2).unwrap()), (1, 0));
        assert_eq!(left(), [10, 11]);
    }
}
