//! The events: of people in turn, over 30 days. In numbers, so that every engine is given the same.

use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};
use acquaint_tests::workload;

/// When it begins: milliseconds since the epoch, UTC.
pub(crate) const START_MS: i64 = 1_700_000_000_000;
const SPAN_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// So many events of so many people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) people: u64,
    pub(crate) events: u64,
}

impl Stream {
    /// When event `number` happens; it is received at once.
    pub(crate) fn at_ms(self, number: u64) -> i64 {
        let part = i128::from(SPAN_MS) * i128::from(number) / i128::from(self.events.max(1));
        START_MS + i64::try_from(part).unwrap()
    }

    pub(crate) fn end_ms(self) -> i64 {
        START_MS + SPAN_MS
    }

    /// Who does it: everybody in turn, in an order that is not that of their numbers.
    pub(crate) fn person(self, number: u64) -> u64 {
        number * 7_919 % self.people
    }

    pub(crate) fn event(self, number: u64) -> Event {
        // Mixed, so that the kind of an event does not depend on the person alone.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17;
        Event { id: format!("e{number}"), ..workload::event(mixed, self.at_ms(number)) }
    }
}

/// The tier of a person; one in four has none.
pub(crate) fn tier(person: u64) -> Option<&'static str> {
    match person % 4 {
        0 => Some("gold"),
        1 => Some("silver"),
        2 => Some("bronze"),
        _ => None,
    }
}

pub(crate) fn attributes(person: u64) -> Fields {
    let tier = tier(person).map(|tier| ("tier".to_owned(), Value::String(tier.into())));
    Fields::from([("loyalty".to_owned(), Value::Object(tier.into_iter().collect()))])
}

pub(crate) fn identities(person: u64) -> Vec<Identity> {
    vec![Identity { namespace: "customer".into(), id: format!("p{person}") }]
}
