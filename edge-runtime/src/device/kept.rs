//! What a page keeps of its visitor: the entries of a stored profile ([`EdgeProfile::take_writes`]) in one sealed value.

use std::collections::BTreeMap;

use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Sealed};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::profile::EdgeProfile;

/// A kept profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    primary: Identity,
    /// How many questions were answered. Numbers requests, and by them events without an id of their own.
    questions: u64,
    entries: BTreeMap<String, Vec<u8>>,
}

impl Sealed for Kept {
    const KIND: u16 = 0x0401;
    const VERSION: u16 = 1;
}

impl Kept {
    pub(super) fn new(primary: Identity) -> Self {
        Self { primary, questions: 0, entries: BTreeMap::new() }
    }

    /// Reads what [`Self::seal`] wrote for that identity.
    pub(super) fn open(bytes: &[u8], primary: &Identity) -> Result<Self, Error> {
        let kept = Self::open_of_anybody(bytes)?;
        if kept.primary == *primary { Ok(kept) } else { Err(Error::ProfileOfAnother) }
    }

    pub(super) fn open_of_anybody(bytes: &[u8]) -> Result<Self, Error> {
        wire::open(bytes).map_err(Error::Profile)
    }

    /// The profile, unless it is so old that the edge would have forgotten it.
    pub(super) fn profile(&mut self, now_ms: i64) -> Result<EdgeProfile, Error> {
        let (profile, unreadable) = EdgeProfile::load(self.entries.clone());
        if let Some(entry) = unreadable.into_iter().next() {
            return Err(Error::Profile(entry.error));
        }
        if profile.expires_ms().is_some_and(|expires_ms| expires_ms <= now_ms) {
            self.entries.clear();
            return Ok(EdgeProfile::default());
        }
        Ok(profile)
    }

    pub(super) fn next_request_id(&mut self) -> String {
        self.questions = self.questions.saturating_add(1);
        format!("device-{}", self.questions)
    }

    /// Takes in what has changed, and seals all of it.
    pub(super) fn seal(mut self, mut profile: EdgeProfile) -> Result<Vec<u8>, Error> {
        for write in profile.take_writes().map_err(Error::Profile)? {
            match write.bytes {
                Some(bytes) => self.entries.insert(write.key, bytes),
                None => self.entries.remove(&write.key),
            };
        }
        wire::seal(&self).map_err(Error::Profile)
    }
}
