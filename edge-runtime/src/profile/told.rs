//! What the pages of one profile were asked to do already, so that they are not asked more often than they should.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::limits;

/// See the module. Keys are hashes of destination and audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The instant from which each image may be asked for again.
    images: BTreeMap<u64, i64>,
    /// Cookies that are not empty.
    cookies: BTreeSet<u64>,
    /// Whether anything has changed since [`Self::take_changed`].
    #[serde(skip)]
    changed: bool,
}

impl Told {
    /// Drops what means nothing any more. That alone is not worth a write.
    pub(crate) fn forget(&mut self, now_ms: i64) {
        self.images.retain(|_, again_ms| *again_ms > now_ms);
    }

    /// Whether to ask for an image now; notes that it was. Beyond the bound an image waits: one too few is better than
    /// one too many.
    pub(crate) fn image(&mut self, key: u64, ttl_minutes: u32, now_ms: i64) -> bool {
        if ttl_minutes == 0 {
            return true;
        }
        if self.images.contains_key(&key) || self.images.len() >= limits::IMAGES_REMEMBERED_MAX {
            return false;
        }
        self.images.insert(key, now_ms.saturating_add(i64::from(ttl_minutes) * 60_000));
        self.changed = true;
        true
    }

    /// Whether to set a cookie, to something or to nothing; notes that it was.
    pub(crate) fn cookie(&mut self, key: u64, to_something: bool) -> bool {
        let was = self.cookies.contains(&key);
        if was != to_something {
            self.changed = true;
            if to_something {
                self.cookies.insert(key)
            } else {
                self.cookies.remove(&key)
            };
        }
        was || to_something
    }

    /// Whether it has to be stored, and forgets that it has.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}
