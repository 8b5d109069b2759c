//! The logs on disk: appended in segments, read in order, replaced in their place.

use std::collections::BTreeMap;
use std::ops::Bound;

use acquaint_core::id::Position;

use super::database::{Damage, Database, guarded};
use super::positions::Ends;
use super::segment::{Gathered, Segment};
use crate::tables::Row;
use crate::{Error, Result, Topic, keys};

impl Database {
    /// The position of the last record of a log.
    pub(super) fn end(&self, topic: Topic) -> Result<Position> {
        guarded(|| match self.log(topic)?.last_key_value() {
            None => Ok(0),
            Some(row) => {
                let key = row.key().map_err(Error::storage)?;
                keys::parse_position(&key).ok_or_else(|| Error::storage(Damage::File("tables")))
            }
        })
    }

    /// Up to `limit` records after a position, of those up to `end`, which are all there.
    pub(super) fn read_log(
        &self,
        topic: Topic,
        after: Position,
        end: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Vec<u8>)>> {
        let mut records = Vec::new();
        let mut next = after.saturating_add(1);
        guarded(|| {
            let mut segments = self.segments(topic, next)?;
            while next <= end && records.len() < limit {
                let (first, _, segment) = segments.next().unwrap_or(Err(gap(topic, next)))?;
                if first > next {
                    return Err(gap(topic, next));
                }
                let new = (first..=end).zip(segment.records()).skip_while(|(position, _)| *position < next);
                let new = new.take(limit.saturating_sub(records.len()));
                records.extend(new.map(|(position, record)| (position, record.to_vec())));
                next = records.last().map_or(next, |(last, _)| last.saturating_add(1));
            }
            Ok(())
        })?;
        Ok(records)
    }

    /// The rows of a log in which records are others from now on. What is not there cannot be replaced: a log has no gaps,
    /// and no end but its own.
    pub(super) fn replaced(
        &self,
        replaced: Vec<(Topic, Position, Vec<u8>)>,
        ends: Ends,
    ) -> Result<Vec<(Topic, Row)>> {
        let there =
            replaced.into_iter().filter(|(topic, position, _)| (1..=ends.of(*topic)).contains(position));
        let mut left: BTreeMap<_, _> =
            there.map(|(topic, position, record)| ((topic, position), record)).collect();
        let mut rows = Vec::new();
        while let Some((topic, position)) = left.first_key_value().map(|(place, _)| *place) {
            let segment =
                guarded(|| self.segments(topic, position)?.next().unwrap_or(Err(gap(topic, position))));
            let (first, last, segment) = segment?;
            let behind = left.split_off(&(topic, last.saturating_add(1)));
            let here = std::mem::replace(&mut left, behind);
            let others =
                here.into_iter().map(|((_, position), record)| (position.saturating_sub(first), record));
            rows.push((topic, segment.with(&others.collect())?.to_row(topic, last)?));
        }
        Ok(rows)
    }

    /// The segments from that with the record at a position on: the positions of their first and last record, and what
    /// they hold.
    fn segments(
        &self,
        topic: Topic,
        position: Position,
    ) -> Result<impl Iterator<Item = Result<(Position, Position, Segment)>>> {
        let from = keys::position(position);
        let rows = self.log(topic)?.range::<&[u8], _>((Bound::Included(from.as_slice()), Bound::Unbounded));
        Ok(rows.map(move |row| {
            let (key, value) = row.into_inner().map_err(Error::storage)?;
            Segment::open(topic, &key, &value)
        }))
    }
}

/// Appends take the next positions of `ends`: the first of them, or 0, and the rows to write.
pub(super) fn appended(
    appends: Vec<(Topic, Vec<u8>)>,
    ends: &mut Ends,
) -> Result<(Position, Vec<(Topic, Row)>)> {
    let mut first = None;
    let mut logs: BTreeMap<Topic, Gathered> = BTreeMap::new();
    for (topic, record) in appends {
        let position = ends.take(topic);
        first.get_or_insert(position);
        logs.entry(topic).or_default().push(topic, position, &record)?;
    }
    let mut rows = Vec::new();
    for (topic, gathered) in logs {
        rows.extend(gathered.into_rows(topic)?.into_iter().map(|row| (topic, row)));
    }
    Ok((first.unwrap_or_default(), rows))
}

fn gap(topic: Topic, position: Position) -> Error {
    Error::storage(Damage::Gap { topic, position })
}
