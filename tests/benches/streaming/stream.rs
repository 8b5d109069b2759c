//! The events that are put through. In numbers, so that every engine is given the same.

use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};
use acquaint_tests::workload;

/// When generated events begin: milliseconds since the epoch, UTC.
pub(crate) const START_MS: i64 = 1_700_000_000_000;
const SPAN_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Events of people, each received at once, oldest first.
pub(crate) trait Stream: Sync {
    /// How many people there are.
    fn people(&self) -> u64;
    /// How many events there are.
    fn events(&self) -> u64;
    /// Who does event `number`.
    fn person(&self, number: u64) -> u64;
    /// Event `number`.
    fn event(&self, number: u64) -> Event;
    /// When it happens.
    fn at_ms(&self, number: u64) -> i64;
    /// When the last has happened.
    fn end_ms(&self) -> i64;
    /// The tier of a person, if there is one.
    fn tier(&self, person: u64) -> Option<&'static str>;
}

/// So many events of so many people in turn, over 30 days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generated {
    pub(crate) people: u64,
    pub(crate) events: u64,
}

impl Stream for Generated {
    fn people(&self) -> u64 {
        self.people
    }

    fn events(&self) -> u64 {
        self.events
    }

    /// Everybody in turn, in an order that is not that of their numbers.
    fn person(&self, number: u64) -> u64 {
        number * 7_919 % self.people
    }

    fn event(&self, number: u64) -> Event {
        workload::mixed(number, self.at_ms(number))
    }

    fn at_ms(&self, number: u64) -> i64 {
        let part = i128::from(SPAN_MS) * i128::from(number) / i128::from(self.events.max(1));
        START_MS + i64::try_from(part).unwrap()
    }

    fn end_ms(&self) -> i64 {
        START_MS + SPAN_MS
    }

    /// One in four has none.
    fn tier(&self, person: u64) -> Option<&'static str> {
        match person % 4 {
            0 => Some("gold"),
            1 => Some("silver"),
            2 => Some("bronze"),
            _ => None,
        }
    }
}

/// The attributes of somebody of that tier.
pub(crate) fn attributes(tier: Option<&str>) -> Fields {
    let tier = tier.map(|tier| ("tier".to_owned(), Value::String(tier.into())));
    Fields::from([("loyalty".to_owned(), Value::Object(tier.into_iter().collect()))])
}

pub(crate) fn identities(person: u64) -> Vec<Identity> {
    vec![Identity { namespace: "customer".into(), id: format!("p{person}") }]
}
