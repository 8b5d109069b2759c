//! Keys: parts to bytes, so that order of bytes is order of meaning, and back.
//!
//! Numbers are big-endian, signed ones with the sign bit flipped. Text that something follows ends with NUL, a NUL
//! inside it is written NUL FF: no UTF-8 begins with FF, so neither order nor uniqueness suffers.

use std::ops::Bound;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::Identity;

const ESCAPE: u8 = 0xff;

/// A key in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// An empty key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a number.
    #[must_use]
    pub fn u64(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds a signed number, for example milliseconds since the epoch.
    #[must_use]
    pub fn i64(mut self, number: i64) -> Self {
        self.0.extend_from_slice(&(number.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        self
    }

    /// Adds text that something may follow.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for &byte in text.as_bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(ESCAPE);
            }
        }
        self.0.push(0);
        self
    }

    /// Adds bytes that nothing follows, as they are, and ends the key.
    pub fn tail(mut self, bytes: impl AsRef<[u8]>) -> Vec<u8> {
        self.0.extend_from_slice(bytes.as_ref());
        self.0
    }

    /// Ends the key.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes a key apart, in the order in which it was made. `None`: the bytes are no such key.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// The parts of a key.
    pub fn of(key: &'a [u8]) -> Self {
        Self(key)
    }

    /// The next part, a number.
    pub fn u64(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    /// The next part, a signed number.
    pub fn i64(&mut self) -> Option<i64> {
        Some((self.u64()? ^ (1 << 63)).cast_signed())
    }

    /// The next part, text.
    pub fn text(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            if byte == 0 {
                match rest.split_first() {
                    Some((&ESCAPE, rest)) => self.0 = rest,
                    Some(_) | None => return String::from_utf8(text).ok(),
                }
            }
            text.push(byte);
        }
    }

    /// Everything that is left.
    pub fn tail(self) -> &'a [u8] {
        self.0
    }
}

/// The range of keys that begin with `prefix`. `end` is where the upper bound is kept.
pub fn prefixed<'a>(prefix: &'a [u8], end: &'a mut Vec<u8>) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    let from = if prefix.is_empty() { Bound::Unbounded } else { Bound::Included(prefix) };
    *end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return (from, Bound::Excluded(end));
        }
    }
    (from, Bound::Unbounded)
}

/// `Table::Profiles` and `Table::Projections`.
pub fn profile(id: ProfileId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

/// The profile id of a key of `Table::Profiles` or `Table::Projections`.
pub fn parse_profile(key: &[u8]) -> Option<ProfileId> {
    Some(ProfileId(u64::from_be_bytes(key.try_into().ok()?)))
}

/// `Table::EdgeDebts`: what the edge of a region is owed, by profile.
pub fn edge_debt(region: &str, id: ProfileId) -> Vec<u8> {
    Key::new().text(region).u64(id.0).into_bytes()
}

/// Region and profile of a key of `Table::EdgeDebts`.
pub fn parse_edge_debt(key: &[u8]) -> Option<(String, ProfileId)> {
    let mut parts = Parts::of(key);
    let (region, id) = (parts.text()?, parts.u64()?);
    parts.tail().is_empty().then_some((region, ProfileId(id)))
}

/// `Table::Identities`.
pub fn identity(identity: &Identity) -> Vec<u8> {
    Key::new().text(&identity.namespace).tail(&identity.id)
}

/// The identity of a key of `Table::Identities`.
pub fn parse_identity(key: &[u8]) -> Option<Identity> {
    let mut parts = Parts::of(key);
    let namespace = parts.text()?;
    Some(Identity { namespace, id: String::from_utf8(parts.tail().to_vec()).ok()? })
}

/// What every key of `Table::GraphTrail` of an identity begins with.
pub fn trail(identity: &Identity) -> Vec<u8> {
    Key::new().text(&identity.namespace).text(&identity.id).into_bytes()
}

/// `Table::GraphTrail`: the changes of an identity's links, oldest first.
pub fn trail_row(identity: &Identity, position: Position, number: u64) -> Vec<u8> {
    Key::new().text(&identity.namespace).text(&identity.id).u64(position).u64(number).into_bytes()
}

/// Identity, position and number of a key of `Table::GraphTrail`.
pub fn parse_trail_row(key: &[u8]) -> Option<(Identity, Position, u64)> {
    let mut parts = Parts::of(key);
    let identity = Identity { namespace: parts.text()?, id: parts.text()? };
    let (position, number) = (parts.u64()?, parts.u64()?);
    parts.tail().is_empty().then_some((identity, position, number))
}

/// `Table::Events`: in the order of evaluation, oldest first, ties by event id.
pub fn event(profile: ProfileId, timestamp_ms: i64, event_id: &str) -> Vec<u8> {
    Key::new().u64(profile.0).i64(timestamp_ms).tail(event_id)
}

/// Profile, timestamp and event id of a key of `Table::Events`.
pub fn parse_event(key: &[u8]) -> Option<(ProfileId, i64, String)> {
    let mut parts = Parts::of(key);
    let profile = ProfileId(parts.u64()?);
    let timestamp_ms = parts.i64()?;
    Some((profile, timestamp_ms, String::from_utf8(parts.tail().to_vec()).ok()?))
}

/// `Table::Timers`.
pub fn timer(deadline_ms: i64, profile: ProfileId) -> Vec<u8> {
    Key::new().i64(deadline_ms).u64(profile.0).into_bytes()
}

/// Deadline and profile of a key of `Table::Timers`.
pub fn parse_timer(key: &[u8]) -> Option<(i64, ProfileId)> {
    let mut parts = Parts::of(key);
    let deadline_ms = parts.i64()?;
    let profile = ProfileId(parts.u64()?);
    parts.tail().is_empty().then_some((deadline_ms, profile))
}

/// A key of a log.
pub fn position(position: Position) -> Vec<u8> {
    position.to_be_bytes().to_vec()
}

/// The position of a key of a log.
pub fn parse_position(key: &[u8]) -> Option<Position> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered<T: Ord + std::fmt::Debug>(mut values: Vec<T>, key: impl Fn(&T) -> Vec<u8>) {
        values.sort();
        let keys: Vec<_> = values.iter().map(key).collect();
        for (pair, of) in keys.windows(2).zip(values.windows(2)) {
            assert!(pair[0] < pair[1], "{of:?} {pair:?}");
        }
    }

    const TEXTS: [&str; 10] = ["", "\0", "\0\0", "\0a", "a", "a\0", "a\0b", "a\u{1}", "ab", "\u{10ffff}"];
    const TIMES: [i64; 7] = [i64::MIN, -1_000, -1, 0, 1, 1_514_764_800_000, i64::MAX];

    fn pairs() -> Vec<(&'static str, &'static str)> {
        TEXTS.iter().flat_map(|first| TEXTS.iter().map(move |second| (*first, *second))).collect()
    }

    #[test]
    fn identities_are_ordered_by_namespace_then_value_and_come_back() {
        let of =
            |(namespace, id): &(&str, &str)| Identity { namespace: (*namespace).into(), id: (*id).into() };
        ordered(pairs(), |pair| identity(&of(pair)));
        for pair in pairs() {
            assert_eq!(parse_identity(&identity(&of(&pair))), Some(of(&pair)));
        }
    }

    #[test]
    fn the_trail_of_an_identity_is_one_range_in_the_order_of_records() {
        let of = |namespace: &str, id: &str| Identity { namespace: namespace.into(), id: id.into() };
        for (namespace, id) in pairs() {
            let identity = of(namespace, id);
            let keys = [(1, 0), (1, 1), (256, 0)].map(|(at, number)| trail_row(&identity, at, number));
            assert!(keys.is_sorted() && keys.iter().all(|key| key.starts_with(&trail(&identity))));
            assert_eq!(parse_trail_row(&keys[2]), Some((identity, 256, 0)));
        }
        assert!(!trail_row(&of("crm", "ab"), 1, 0).starts_with(&trail(&of("crm", "a"))));
    }

    #[test]
    fn texts_are_ordered_part_by_part_and_come_back() {
        ordered(pairs(), |(first, second)| Key::new().text(first).text(second).u64(7).into_bytes());
        for (first, second) in pairs() {
            let key = Key::new().text(first).text(second).u64(7).into_bytes();
            let mut parts = Parts::of(&key);
            assert_eq!((parts.text().as_deref(), parts.text().as_deref()), (Some(first), Some(second)));
            assert_eq!((parts.u64(), parts.tail()), (Some(7), &[][..]));
        }
    }

    #[test]
    fn events_are_ordered_by_profile_then_time_then_id_and_come_back() {
        let mut all = Vec::new();
        for profile in [0, 1, 255, 256, u64::MAX] {
            for time in TIMES {
                all.extend(TEXTS.map(|id| (ProfileId(profile), time, id)));
            }
        }
        for &(profile, time, id) in &all {
            assert_eq!(parse_event(&event(profile, time, id)), Some((profile, time, id.to_owned())));
        }
        ordered(all, |&(profile, time, id)| event(profile, time, id));
    }

    #[test]
    fn timers_are_ordered_by_deadline_then_profile_and_come_back() {
        let all: Vec<_> = TIMES.iter().flat_map(|time| [1, 256].map(|id| (*time, ProfileId(id)))).collect();
        for &(time, profile) in &all {
            assert_eq!(parse_timer(&timer(time, profile)), Some((time, profile)));
        }
        ordered(all, |&(time, profile)| timer(time, profile));
    }

    #[test]
    fn debts_of_an_edge_are_one_range_by_profile_and_come_back() {
        let all: Vec<_> = ["irl1", "or2", "or22"].map(|region| [1, 256].map(|id| (region, id))).concat();
        for &(region, id) in &all {
            let key = edge_debt(region, ProfileId(id));
            assert_eq!(parse_edge_debt(&key), Some((region.to_owned(), ProfileId(id))));
        }
        ordered(all, |&(region, id)| edge_debt(region, ProfileId(id)));
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert_eq!(parse_profile(&[1, 2]), None);
        assert_eq!(parse_identity(b"no end"), None);
        assert_eq!(parse_identity(b"\xc3\0a"), None);
        assert_eq!(parse_event(&[0; 15]), None);
        assert_eq!(parse_timer(&[0; 17]), None);
        assert_eq!(parse_position(&[]), None);
        assert_eq!(parse_edge_debt(b"or2\0short"), None);
        assert_eq!(parse_trail_row(b"crm\0ada\0short"), None);
    }

    #[test]
    fn a_prefix_covers_exactly_the_keys_that_begin_with_it() {
        let check = |prefix: &[u8], expected: Bound<&[u8]>| {
            let mut end = Vec::new();
            assert_eq!(prefixed(prefix, &mut end).1, expected);
        };
        check(b"ab", Bound::Excluded(b"ac"));
        check(&[1, 0xff, 0xff], Bound::Excluded(&[2]));
        check(&[0xff], Bound::Unbounded);
        check(&[], Bound::Unbounded);
    }
}
