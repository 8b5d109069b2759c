//! Events that a queue carries to the control plane. They stay in the tail, which is the durable copy, until the receipt
//! comes; they are only not sent again meanwhile. A queue gives up in the end what it cannot deliver, so neither is its
//! word waited for without end.

use acquaint_core::wire::{Forward, Forwarded, Sealed};
use serde::{Deserialize, Serialize};

use super::EdgeProfile;
use crate::limits;

/// Which events a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    /// Tail events up to here.
    through: u64,
    /// Since when the first of them: milliseconds since the epoch, UTC, of the real clock.
    since_ms: i64,
}

impl Sealed for Carried {
    const KIND: u16 = 0x0505;
    const VERSION: u16 = 1;
}

impl EdgeProfile {
    /// Notes that a queue has taken a batch, at an instant of the real clock.
    pub fn carry(&mut self, forward: &Forward, now_ms: i64) {
        let Some(last) = forward.events.last().map(Forwarded::id) else { return };
        let found = self.tail.events().iter().rev().find(|(_, tail)| tail.event.id() == last);
        let Some(through) = found.map(|(sequence, _)| *sequence) else { return };
        let since_ms = self.carried.map_or(now_ms, |carried| carried.since_ms);
        self.carried = Some(Carried { through, since_ms });
        self.dirty.carried = true;
    }

    /// Lets events be sent again whose receipt has not come in a long time.
    pub fn stop_waiting(&mut self, now_ms: i64) {
        let waited_ms = self.carried.map(|carried| now_ms.saturating_sub(carried.since_ms));
        if waited_ms.is_some_and(|waited_ms| waited_ms >= limits::QUEUE_PATIENCE_MS) {
            self.carried = None;
            self.dirty.carried = true;
        }
    }

    /// Whether an event waits that neither the control plane has acknowledged nor a queue carries.
    pub fn has_to_send(&self) -> bool {
        self.tail.unacknowledged(u64::MAX).any(|(sequence, _)| !self.is_carried(sequence))
    }

    pub(super) fn is_carried(&self, sequence: u64) -> bool {
        self.carried.is_some_and(|carried| sequence <= carried.through)
    }

    /// Whether a queue has something that the person said of consent.
    pub(super) fn consent_is_carried(&self) -> bool {
        let Some(carried) = self.carried else { return false };
        self.tail.unacknowledged(carried.through).any(|(_, event)| matches!(event, Forwarded::Consent(_)))
    }

    /// Forgets the queue once all that it carried is acknowledged.
    pub(super) fn settle_carried(&mut self) {
        let Some(carried) = self.carried else { return };
        if self.tail.unacknowledged(carried.through).next().is_none() {
            self.carried = None;
            self.dirty.carried = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::{accepted, restart, with_events};
    use super::*;

    fn ids(forward: Option<Forward>) -> Vec<String> {
        forward.into_iter().flat_map(|forward| forward.events).map(|event| event.id().to_owned()).collect()
    }

    /// A profile of which a queue has taken the first events, and that had another one since.
    fn carried() -> EdgeProfile {
        let mut profile = with_events(&["a", "b"]);
        let forward = profile.next_forward().unwrap();
        profile.carry(&forward, 1_000);
        assert!(!profile.has_to_send() && profile.outbox_events() == 2);
        profile
    }

    #[test]
    fn what_a_queue_carries_is_not_sent_again_also_after_a_restart() {
        let mut stored = BTreeMap::new();
        let mut profile = restart(&mut carried(), &mut stored);
        assert_eq!(ids(profile.next_forward()), Vec::<String>::new());
        profile.acknowledge(&accepted(&[("a", 5), ("b", 6)]));
        assert_eq!(profile.outbox_events(), 0);
        restart(&mut profile, &mut stored);
        assert!(!stored.contains_key("carried"), "{:?}", stored.keys());
    }

    #[test]
    fn what_comes_later_is_sent_while_the_queue_has_the_rest() {
        let mut profile = carried();
        profile.append(&super::super::tests::program(), super::super::tests::event("c"), 0);
        assert!(profile.has_to_send());
        let forward = profile.next_forward();
        assert_eq!(ids(forward.clone()), ["c"]);
        profile.carry(&forward.unwrap(), 2_000);
        profile.acknowledge(&accepted(&[("c", 9)]));
        assert!(!profile.has_to_send(), "the queue still has the others");
        assert_eq!(profile.outbox_events(), 2);
    }

    #[test]
    fn what_is_said_of_consent_waits_until_the_queue_has_brought_what_was_said_before() {
        use super::super::tests::{consent, event, program};
        let mut profile = with_events(&["a"]);
        profile.keep(consent("out"));
        profile.carry(&profile.clone().next_forward().unwrap(), 1_000);
        profile.append(&program(), event("b"), 1_000);
        profile.keep(consent("in"));
        profile.append(&program(), event("c"), 1_000);
        let before = profile.next_forward();
        assert_eq!(ids(before.clone()), ["b"], "a queue may turn two messages around");
        profile.carry(&before.unwrap(), 2_000);
        assert_eq!(ids(profile.next_forward()), Vec::<String>::new());
        profile.acknowledge(&accepted(&[("a", 5), ("out", 6)]));
        assert_eq!(ids(profile.next_forward()), ["in", "c"]);
        // Without a queue they go together, in order.
        let mut direct = with_events(&[]);
        direct.keep(consent("out"));
        direct.keep(consent("in"));
        assert_eq!(ids(direct.next_forward()), ["out", "in"]);
        direct.acknowledge(&accepted(&[("out", 1), ("in", 2)]));
        assert_eq!(
            (direct.tail().count(), direct.tail.outbox().bytes),
            (0, 0),
            "nothing here waits for a projection"
        );
    }

    #[test]
    fn what_a_queue_has_lost_is_sent_again_in_the_end() {
        let mut profile = carried();
        profile.stop_waiting(1_000 + limits::QUEUE_PATIENCE_MS - 1);
        assert!(!profile.has_to_send());
        profile.stop_waiting(1_000 + limits::QUEUE_PATIENCE_MS);
        assert_eq!(ids(profile.next_forward()), ["a", "b"]);
    }
}
