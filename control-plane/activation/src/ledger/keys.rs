//! Keys of the ledger, of what is due, and of dead letters. The profile comes before the audience, so that everything
//! owed to a destination about one person is one range: that keeps the order of what it is told.

use acquaint_core::id::ProfileId;
use acquaint_store::keys::{Key as Bytes, Parts};

/// Which row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The dataflow.
    pub dataflow: String,
    /// The profile.
    pub profile: ProfileId,
    /// The audience.
    pub audience: String,
}

impl Key {
    pub(crate) fn new(dataflow: &str, profile: ProfileId, audience: &str) -> Self {
        Self { dataflow: dataflow.into(), profile, audience: audience.into() }
    }

    /// `Table::Ledger`.
    pub(crate) fn ledger(&self) -> Vec<u8> {
        Bytes::new().text(&self.dataflow).u64(self.profile.0).tail(&self.audience)
    }

    pub(crate) fn parse_ledger(bytes: &[u8]) -> Option<Self> {
        let mut parts = Parts::of(bytes);
        let dataflow = parts.text()?;
        let profile = ProfileId(parts.u64()?);
        Some(Self { dataflow, profile, audience: text(parts.tail())? })
    }

    /// `Table::Due`.
    pub(crate) fn due(&self, due_ms: i64) -> Vec<u8> {
        Bytes::new().text(&self.dataflow).i64(due_ms).u64(self.profile.0).tail(&self.audience)
    }

    pub(crate) fn parse_due(bytes: &[u8]) -> Option<(i64, Self)> {
        let mut parts = Parts::of(bytes);
        let dataflow = parts.text()?;
        let due_ms = parts.i64()?;
        let profile = ProfileId(parts.u64()?);
        Some((due_ms, Self { dataflow, profile, audience: text(parts.tail())? }))
    }

    /// `Table::DeadLetters`.
    pub(crate) fn letter(&self, sequence: u64) -> Vec<u8> {
        Bytes::new().text(&self.dataflow).u64(self.profile.0).u64(sequence).tail(&self.audience)
    }

    pub(crate) fn parse_letter(bytes: &[u8]) -> Option<(u64, Self)> {
        let mut parts = Parts::of(bytes);
        let dataflow = parts.text()?;
        let profile = ProfileId(parts.u64()?);
        let sequence = parts.u64()?;
        Some((sequence, Self { dataflow, profile, audience: text(parts.tail())? }))
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// What every key of a dataflow begins with, in each of the three tables.
pub(crate) fn of_dataflow(dataflow: &str) -> Vec<u8> {
    Bytes::new().text(dataflow).into_bytes()
}

/// What every ledger key of a profile in a dataflow begins with.
pub(crate) fn of_profile(dataflow: &str, profile: ProfileId) -> Vec<u8> {
    Bytes::new().text(dataflow).u64(profile.0).into_bytes()
}

/// The first key that is due after `now_ms`.
pub(crate) fn due_after(dataflow: &str, now_ms: i64) -> Vec<u8> {
    Bytes::new().text(dataflow).i64(now_ms.saturating_add(1)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_comes_back_as_it_was_made() {
        for (dataflow, audience) in [("crm", "lapsed"), ("", ""), ("a\0b", "c\0"), ("ü", "\u{10ffff}")] {
            let key = Key::new(dataflow, ProfileId(7), audience);
            assert_eq!(Key::parse_ledger(&key.ledger()), Some(key.clone()));
            assert_eq!(Key::parse_due(&key.due(-3)), Some((-3, key.clone())));
            assert_eq!(Key::parse_letter(&key.letter(9)), Some((9, key)));
        }
    }

    #[test]
    fn what_is_due_is_ordered_by_time_within_its_dataflow() {
        let due = |flow: &str, at| Key::new(flow, ProfileId(1), "a").due(at);
        assert!(due("a", -1) < due("a", 0) && due("a", 0) < due("a", 1) && due("a", i64::MAX) < due("b", 0));
        assert!(due("a", 5) < due_after("a", 5) && due_after("a", 5) <= due("a", 6));
    }
}
