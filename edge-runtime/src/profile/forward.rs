//! The outbox: which events go to the control plane next, what its receipt means, and when to try again.

use acquaint_core::wire::{Forward, Forwarded, Receipt};

use super::{EdgeProfile, weight_of};
use crate::limits;

impl EdgeProfile {
    /// The next batch, oldest first: also what was sent before and never acknowledged, unless a queue has it. From here on it is in doubt
    /// whether the control plane has these events, until a receipt says so. A queue may bring its messages in any order,
    /// and the last word on consent counts: as long as it has one, the next waits, and what came after that.
    pub fn next_forward(&mut self) -> Option<Forward> {
        let mut forward = Forward::default();
        let mut bytes = 0;
        let mut through = self.sent_through;
        let consent_is_carried = self.consent_is_carried();
        let waiting = self.tail.unacknowledged(u64::MAX);
        for (sequence, event) in waiting.filter(|(sequence, _)| !self.is_carried(*sequence)) {
            bytes += weight_of(event);
            let full =
                forward.events.len() >= limits::FORWARD_EVENTS_MAX || bytes > limits::FORWARD_BYTES_MAX;
            let early = matches!(event, Forwarded::Consent(_)) && consent_is_carried;
            if early || (full && !forward.events.is_empty()) {
                break;
            }
            forward.events.push(event.clone());
            through = through.max(sequence);
        }
        if forward.events.is_empty() {
            return None;
        }
        self.sent_through = through;
        Some(forward)
    }

    /// Takes the control plane's answer. Refused events are dropped: they lie in its quarantine, and its own answers do
    /// not count them either. What was said of consent is done with once it is there: no answer of this edge needs it.
    pub fn acknowledge(&mut self, receipt: &Receipt) {
        let mut accepted = Vec::new();
        let mut done = Vec::new();
        for (sequence, event) in self.tail.unacknowledged(u64::MAX) {
            if let Some((_, position)) = receipt.accepted.iter().find(|(id, _)| id == event.id()) {
                accepted.push((sequence, *position));
            } else if receipt.refused.iter().any(|(id, _)| id == event.id()) {
                done.push(sequence);
            }
        }
        for (sequence, position) in accepted {
            self.tail.acknowledge(sequence, position);
            self.dirty.tail.insert(sequence);
        }
        let said = self.tail.acknowledged().filter(|(.., event)| matches!(event, Forwarded::Consent(_)));
        done.extend(said.map(|(sequence, ..)| sequence));
        self.remove(&done);
        self.settle_carried();
        self.settle();
    }

    /// Whether a change waits that must be stored now. Positions of acknowledged events are not: they can be asked again,
    /// unless it is a queue that would be asked.
    pub fn has_urgent_writes(&self) -> bool {
        self.dirty.projection || self.dirty.incoming || self.dirty.carried
    }

    /// Whether the control plane may have events of which it has not said so.
    pub fn is_in_doubt(&self) -> bool {
        self.tail.unacknowledged(self.sent_through).next().is_some()
    }
}

/// How long to wait after the given number of failures in a row.
pub fn backoff_ms(failures: u32) -> i64 {
    let doubled =
        limits::FORWARD_BACKOFF_FIRST_MS.saturating_mul(1_i64 << failures.saturating_sub(1).min(16));
    doubled.min(limits::FORWARD_BACKOFF_MAX_MS)
}
