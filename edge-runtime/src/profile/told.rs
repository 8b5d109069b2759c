//! What the pages of one profile were asked to do already, so that they are not asked more often than they should.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::limits;

/// See the module. Keys are hashes of destination and audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    images: BTreeMap<u64, Image>,
    /// Cookies that are not empty.
    cookies: BTreeSet<u64>,
    /// Whether anything has changed since [`Self::take_changed`].
    #[serde(skip)]
    changed: bool,
    /// The request that is being answered.
    #[serde(skip)]
    request: Option<u64>,
}

/// An image that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Image {
    /// The instant from which it may be asked for again.
    again_ms: i64,
    /// In answer to which request. Should that be repeated, because its answer was lost, it is answered the same.
    request: Option<u64>,
}

impl Told {
    /// Begins to answer a request; `None`: one that is not known again if it is repeated. Drops what means nothing any
    /// more, which alone is not worth a write.
    pub(crate) fn begin(&mut self, request: Option<u64>, now_ms: i64) {
        self.request = request;
        self.images.retain(|_, image| image.again_ms > now_ms);
    }

    /// Whether to ask for an image now; notes that it was. Beyond the bound an image waits: one too few is better than
    /// one too many.
    pub(crate) fn image(&mut self, key: u64, ttl_minutes: u32, now_ms: i64) -> bool {
        if ttl_minutes == 0 {
            return true;
        }
        if let Some(image) = self.images.get(&key) {
            return image.request.is_some() && image.request == self.request;
        }
        if self.images.len() >= limits::IMAGES_REMEMBERED_MAX {
            return false;
        }
        let again_ms = now_ms.saturating_add(i64::from(ttl_minutes) * 60_000);
        self.images.insert(key, Image { again_ms, request: self.request });
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
