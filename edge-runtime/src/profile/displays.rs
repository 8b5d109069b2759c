//! What one person was shown: displays of offers that are shown so often and no oftener, and the arms of experiments they
//! were seen in.

use std::collections::BTreeMap;

use acquaint_core::limits::OFFER_DISPLAYS_MAX;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::limits;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Displays {
    /// By the hash of an offer's id: the instants of its newest displays, ascending.
    offers: BTreeMap<u64, Vec<i64>>,
    /// By arm: the version of the bundle in which exposure to it was last recorded.
    arms: BTreeMap<u64, u64>,
    /// Whether anything has changed since [`Self::take_changed`].
    #[serde(skip)]
    changed: bool,
}

impl Displays {
    /// How often an offer was displayed after an instant; without one, ever.
    pub fn since(&self, offer: &str, since_ms: Option<i64>) -> usize {
        let displays = self.offers.get(&key(offer)).map_or(&[][..], Vec::as_slice);
        displays.iter().filter(|at_ms| since_ms.is_none_or(|since_ms| **at_ms > since_ms)).count()
    }

    /// Notes a display, and forgets those of the offer that are too old to count.
    pub(crate) fn display(&mut self, offer: &str, at_ms: i64, since_ms: Option<i64>) {
        let key = key(offer);
        if !self.offers.contains_key(&key) && self.offers.len() >= limits::CAPPED_OFFERS_MAX {
            let seldom = self.offers.iter().min_by_key(|(_, displays)| displays.last().copied());
            if let Some(seldom) = seldom.map(|(key, _)| *key) {
                self.offers.remove(&seldom);
            }
        }
        let displays = self.offers.entry(key).or_default();
        displays.retain(|at_ms| since_ms.is_none_or(|since_ms| *at_ms > since_ms));
        let place = displays.partition_point(|known_ms| *known_ms <= at_ms);
        displays.insert(place, at_ms);
        displays.drain(..displays.len().saturating_sub(OFFER_DISPLAYS_MAX as usize));
        self.changed = true;
    }

    /// Whether exposure to an arm is yet to be recorded under this version of the bundle; notes that it is.
    pub(crate) fn expose(&mut self, arm: u64, version: u64) -> bool {
        if self.arms.get(&arm).is_some_and(|known| *known >= version) {
            return false;
        }
        if !self.arms.contains_key(&arm) && self.arms.len() >= limits::ARMS_REMEMBERED_MAX {
            let oldest = self.arms.iter().min_by_key(|(_, version)| **version).map(|(arm, _)| *arm);
            oldest.and_then(|oldest| self.arms.remove(&oldest));
        }
        self.arms.insert(arm, version);
        self.changed = true;
        true
    }

    /// Whether it has to be stored, and forgets that it has.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}

fn key(offer: &str) -> u64 {
    xxh3_64(offer.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_count_after_an_instant_and_are_forgotten_with_their_window() {
        let mut displays = Displays::default();
        for at_ms in [30, 10, 20] {
            displays.display("a", at_ms, None);
        }
        assert_eq!((displays.since("a", None), displays.since("a", Some(10))), (3, 2));
        assert_eq!(displays.since("b", None), 0);
        displays.display("a", 40, Some(20));
        assert_eq!(displays.since("a", None), 2);
    }

    #[test]
    fn displays_are_bounded_and_the_newest_stay() {
        let mut displays = Displays::default();
        for at_ms in 0..150 {
            displays.display("a", at_ms, None);
        }
        assert_eq!((displays.since("a", None), displays.since("a", Some(49))), (100, 100));
        for offer in 0..limits::CAPPED_OFFERS_MAX {
            displays.display(&format!("o{offer}"), 1_000, None);
        }
        assert_eq!(displays.offers.len(), limits::CAPPED_OFFERS_MAX);
        assert_eq!(displays.since("a", None), 0, "the one that was not displayed for longest");
    }

    #[test]
    fn exposure_is_once_an_arm_and_a_version() {
        let mut displays = Displays::default();
        assert!(displays.expose(1, 5) && !displays.expose(1, 5) && displays.expose(2, 5));
        assert!(
            displays.expose(1, 6) && !displays.expose(1, 5),
            "a front that lags behind tells nothing new"
        );
        for arm in 10..200 {
            displays.expose(arm, 7);
        }
        assert_eq!(displays.arms.len(), limits::ARMS_REMEMBERED_MAX);
    }
}
