//! Events that endpoints beside the control plane have not taken yet. A copy of each is kept, because the tail forgets
//! what the control plane has.

use std::ops::Bound;

use acquaint_core::wire::{ForwardedEvent, Sealed};
use serde::{Deserialize, Serialize};

use super::EdgeProfile;
use crate::limits;

/// One event, and who is still to get it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// What.
    pub event: ForwardedEvent,
    /// The ids of the rules.
    pub rules: Vec<String>,
    /// When it came in: milliseconds since the epoch, UTC.
    pub since_ms: i64,
}

impl Sealed for Owed {
    const KIND: u16 = 0x0504;
    const VERSION: u16 = 2;
}

/// How an endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has it.
    Yes,
    /// It will never take it.
    Never,
    /// It may, later.
    Later,
}

impl Taken {
    /// Of an HTTP status: what is the request's fault will not pass with time, unless it came too early or too often.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Yes,
            408 | 425 | 429 | 500.. => Self::Later,
            _ => Self::Never,
        }
    }
}

impl EdgeProfile {
    /// Notes that an event is to be sent to endpoints. Beyond the bound the oldest go: an endpoint that does not answer
    /// must not keep visitors out.
    pub(crate) fn owe(&mut self, event: &ForwardedEvent, rules: Vec<String>, now_ms: i64) {
        if rules.is_empty() {
            return;
        }
        let number = self.owed.last_key_value().map_or(1, |(number, _)| number.saturating_add(1));
        self.owed.insert(number, Owed { event: event.clone(), rules, since_ms: now_ms });
        self.dirty.owed.insert(number);
        while self.owed.len() > limits::OWED_EVENTS_MAX
            && let Some((oldest, _)) = self.owed.pop_first()
        {
            self.dirty.owed.insert(oldest);
        }
    }

    /// The oldest event that is owed and comes after that number, with its own. Numbers begin at 1.
    pub fn next_owed(&self, after: u64) -> Option<(u64, &Owed)> {
        let mut later = self.owed.range((Bound::Excluded(after), Bound::Unbounded));
        later.next().map(|(number, owed)| (*number, owed))
    }

    /// Whether endpoints wait for anything.
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Takes the answer of one rule's endpoint. True if that settled it for this rule.
    pub fn settle_owed(&mut self, number: u64, rule: &str, taken: Taken, now_ms: i64) -> bool {
        let Some(owed) = self.owed.get_mut(&number) else { return true };
        let too_old = now_ms.saturating_sub(owed.since_ms) >= limits::OWED_AGE_MAX_MS;
        if taken == Taken::Later && !too_old {
            return false;
        }
        owed.rules.retain(|other| other != rule);
        if owed.rules.is_empty() {
            self.owed.remove(&number);
        }
        self.dirty.owed.insert(number);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, restart};
    use super::*;

    fn profile(ids: &[&str]) -> EdgeProfile {
        let mut profile = EdgeProfile::default();
        for id in ids {
            profile.owe(&event(id), vec!["a".into(), "b".into()], 0);
        }
        profile
    }

    fn check(profile: &EdgeProfile, expected: Option<(&str, &[&str])>) {
        let found = profile.next_owed(0).map(|(_, owed)| (owed.event.event.id.as_str(), owed.rules.clone()));
        let expected =
            expected.map(|(id, rules)| (id, rules.iter().map(|rule| (*rule).to_owned()).collect()));
        assert_eq!(found, expected);
    }

    #[test]
    fn an_event_is_owed_until_every_endpoint_has_taken_it_also_after_a_restart() {
        let mut stored = std::collections::BTreeMap::new();
        let mut profile = restart(&mut profile(&["1", "2"]), &mut stored);
        assert!(profile.settle_owed(1, "a", Taken::Yes, 1));
        let mut profile = restart(&mut profile, &mut stored);
        check(&profile, Some(("1", &["b"])));
        assert!(!profile.settle_owed(1, "b", Taken::Later, 1));
        assert!(profile.settle_owed(1, "b", Taken::Never, 1));
        check(&profile, Some(("2", &["a", "b"])));
        for rule in ["a", "b"] {
            assert!(profile.settle_owed(2, rule, Taken::Yes, 1));
        }
        check(&restart(&mut profile, &mut stored), None);
        assert_eq!(stored.len(), 0);
    }

    #[test]
    fn an_endpoint_that_never_answers_is_given_up_and_the_oldest_go_first() {
        let ids: Vec<String> = (0..=limits::OWED_EVENTS_MAX).map(|number| number.to_string()).collect();
        let mut profile = profile(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        check(&profile, Some(("1", &["a", "b"])));
        assert!(profile.settle_owed(2, "a", Taken::Later, limits::OWED_AGE_MAX_MS));
    }

    #[test]
    fn what_is_the_requests_fault_does_not_pass_with_time() {
        let of = [204, 302, 400, 404, 408, 429, 500, 503].map(Taken::of_status);
        use Taken::{Later, Never, Yes};
        assert_eq!(of, [Yes, Never, Never, Never, Later, Later, Later, Later]);
    }
}
