//! Records of a log that were appended together lie in one row, its key the position of the last: a log is read in
//! order and never by record, and a row for each would be most of what the storage engine has to do.

use std::collections::BTreeMap;

use acquaint_core::id::Position;
use acquaint_core::wire::{self, Sealed};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::tables::Row;
use crate::{Error, Result, Topic, keys};

/// Bytes of records in one row, unless one record is longer: so much is read to get at a single one.
const RECORDS_BYTES_MAX: usize = 64 * 1024;

/// Records in a row, in order.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    /// In bytes, of each.
    lengths: Vec<u32>,
    records: Bytes,
}

/// Bytes that are written and read as a whole.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Sealed for Segment {
    const KIND: u16 = 0x0108;
    const VERSION: u16 = 1;
    const EXPECTED_BYTES: usize = RECORDS_BYTES_MAX + RECORDS_BYTES_MAX / 16;
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> std::result::Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Whole)
    }
}

impl Segment {
    /// The positions of the first and the last record of a row, and what it holds.
    pub(super) fn open(topic: Topic, key: &[u8], value: &[u8]) -> Result<(Position, Position, Self)> {
        let damaged = |source| Error::Damaged { place: place(topic, key), source };
        let segment: Self = wire::open(value).map_err(damaged)?;
        let last = keys::parse_position(key).ok_or_else(|| damaged(wire::Error::Content))?;
        let whole = segment.lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length as usize));
        let first = last.checked_sub(segment.count()).and_then(|before| before.checked_add(1));
        match first.filter(|first| *first > 0 && whole == Some(segment.records.0.len())) {
            Some(first) if first <= last => Ok((first, last, segment)),
            Some(_) | None => Err(damaged(wire::Error::Content)),
        }
    }

    /// Its row, of which the last record has this position.
    pub(super) fn to_row(&self, topic: Topic, last: Position) -> Result<Row> {
        let key = keys::position(last);
        let value =
            wire::seal(self).map_err(|source| Error::Damaged { place: place(topic, &key), source })?;
        Ok((key, value))
    }

    /// Every record, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.records.0.as_slice();
        self.lengths.iter().map_while(move |length| {
            let (record, behind) = rest.split_at_checked(*length as usize)?;
            rest = behind;
            Some(record)
        })
    }

    /// The same segment with other records in some places, by number.
    pub(super) fn with(&self, others: &BTreeMap<u64, Vec<u8>>) -> Result<Self> {
        let mut segment = Self::default();
        for (number, record) in (0..).zip(self.records()) {
            segment.push(others.get(&number).map_or(record, Vec::as_slice))?;
        }
        Ok(segment)
    }

    fn push(&mut self, record: &[u8]) -> Result<()> {
        let too_long = |_| wire::Error::TooLong { found: record.len(), max: u32::MAX as usize };
        let length = u32::try_from(record.len())
            .map_err(too_long)
            .map_err(|source| Error::Damaged { place: "log".into(), source })?;
        self.lengths.push(length);
        self.records.0.extend_from_slice(record);
        Ok(())
    }

    fn count(&self) -> u64 {
        u64::try_from(self.lengths.len()).unwrap_or(u64::MAX)
    }
}

/// Gathers the records of one log into segments.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    segment: Segment,
    last: Position,
    rows: Vec<Row>,
}

impl Gathered {
    /// Adds the next record.
    pub(super) fn push(&mut self, topic: Topic, position: Position, record: &[u8]) -> Result<()> {
        let bytes = self.segment.records.0.len();
        if bytes > 0 && bytes.saturating_add(record.len()) > RECORDS_BYTES_MAX {
            self.close(topic)?;
        }
        self.segment.push(record)?;
        self.last = position;
        Ok(())
    }

    /// The rows of all.
    pub(super) fn into_rows(mut self, topic: Topic) -> Result<Vec<Row>> {
        self.close(topic)?;
        Ok(self.rows)
    }

    fn close(&mut self, topic: Topic) -> Result<()> {
        let segment = std::mem::take(&mut self.segment);
        if segment.count() > 0 {
            self.rows.push(segment.to_row(topic, self.last)?);
        }
        Ok(())
    }
}

fn place(topic: Topic, key: &[u8]) -> String {
    format!("{}/{}", topic.name(), key.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(records: &[Vec<u8>]) -> Vec<Row> {
        let mut gathered = Gathered::default();
        for (position, record) in (1..).zip(records) {
            gathered.push(Topic::Records, position, record).unwrap();
        }
        gathered.into_rows(Topic::Records).unwrap()
    }

    fn check(records: &[Vec<u8>], expected_lasts: &[u64]) {
        let rows = gathered(records);
        let lasts: Vec<_> = rows.iter().map(|(key, _)| keys::parse_position(key).unwrap()).collect();
        assert_eq!(lasts, expected_lasts);
        let mut next = 1;
        let mut found: Vec<Vec<u8>> = Vec::new();
        for (key, value) in &rows {
            let (first, last, segment) = Segment::open(Topic::Records, key, value).unwrap();
            assert_eq!(first, next);
            found.extend(segment.records().map(<[u8]>::to_vec));
            next = last + 1;
        }
        assert_eq!(found, records);
    }

    #[test]
    fn records_come_back_from_rows_of_bounded_length() {
        check(&[], &[]);
        check(&[vec![]], &[1]);
        check(&[vec![1], vec![], vec![2, 3]], &[3]);
        let half = vec![7; RECORDS_BYTES_MAX / 2];
        check(&[half.clone(), half.clone(), half.clone()], &[2, 3]);
        check(&[vec![1], vec![7; RECORDS_BYTES_MAX + 1], vec![2]], &[1, 2, 3]);
    }

    #[test]
    fn a_row_that_claims_other_lengths_or_another_place_is_damaged() {
        let check = |lengths: &[u32], bytes: &[u8], last: u64, expected: bool| {
            let segment = Segment { lengths: lengths.to_vec(), records: Bytes(bytes.to_vec()) };
            let (key, value) = segment.to_row(Topic::Records, last).unwrap();
            assert_eq!(Segment::open(Topic::Records, &key, &value).is_ok(), expected);
        };
        check(&[1, 2], b"abc", 2, true);
        check(&[1, 2], b"abc", 1, false);
        check(&[1, 1], b"abc", 2, false);
        check(&[u32::MAX, 2], b"abc", 2, false);
        check(&[], b"", 0, false);
    }

    #[test]
    fn a_row_of_one_record_as_before_there_were_segments_is_refused_with_its_kind() {
        let record = crate::record::Record { received_ms: 1, body: crate::record::Body::Advance };
        let old = wire::seal(&record).unwrap();
        let error = Segment::open(Topic::Records, &keys::position(1), &old).unwrap_err();
        assert!(matches!(error, Error::Damaged { source: wire::Error::Kind { .. }, .. }));
    }

    #[test]
    fn a_record_is_replaced_in_its_place() {
        let segment = Segment { lengths: vec![1, 2, 1], records: Bytes(b"abbc".to_vec()) };
        let replaced = segment.with(&[(1, b"longer".to_vec())].into()).unwrap();
        assert_eq!(replaced.records().collect::<Vec<_>>(), [&b"a"[..], b"longer", b"c"]);
    }
}
