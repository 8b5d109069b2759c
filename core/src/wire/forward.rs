//! What the edge has seen, on its way to the control plane, and what the control plane says to it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Sealed;
use crate::id::Position;
use crate::profile::{Event, Identity};

/// What is on its way from the edge to the control plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Forward {
    /// Where the edge is: the location hint of its region.
    pub region: String,
    /// In the order in which it was seen.
    pub events: Vec<Forwarded>,
}

/// Something seen at the edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Forwarded {
    /// A person did something.
    Event(ForwardedEvent),
    /// A person said what may be done with their data.
    Consent(ForwardedConsent),
}

/// One event seen at the edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForwardedEvent {
    /// The datastream it came in on; the control plane knows its dataset.
    pub datastream: String,
    /// The dataset that the request wanted instead, which the datastream allows; absent: the datastream's.
    pub dataset: Option<String>,
    /// Who did it; the first is the primary identity, under which the edge keeps the profile.
    pub identities: Vec<Identity>,
    /// What.
    pub event: Event,
}

/// What one person said of consent at the edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardedConsent {
    /// The datastream it came in on; the control plane knows the dataset of its profiles.
    pub datastream: String,
    /// Who said it; the first is the primary identity, under which the edge keeps the profile.
    pub identities: Vec<Identity>,
    /// Its id, unique as those of events are.
    pub id: String,
    /// When: milliseconds since the epoch, UTC.
    pub at_ms: i64,
    /// Purposes ([`crate::profile::consent::PURPOSES`]), each with the value that it has from now on; absent: none any
    /// more.
    pub purposes: Vec<(String, Option<String>)>,
}

impl Forwarded {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Event(event) => &event.event.id,
            Self::Consent(consent) => &consent.id,
        }
    }

    /// The datastream it came in on.
    pub fn datastream(&self) -> &str {
        match self {
            Self::Event(event) => &event.datastream,
            Self::Consent(consent) => &consent.datastream,
        }
    }

    /// Who it is of; the first is the primary identity.
    pub fn identities(&self) -> &[Identity] {
        match self {
            Self::Event(event) => &event.identities,
            Self::Consent(consent) => &consent.identities,
        }
    }

    /// When it happened: milliseconds since the epoch, UTC.
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Event(event) => event.event.timestamp_ms,
            Self::Consent(consent) => consent.at_ms,
        }
    }

    /// The event, if it is one.
    pub fn as_event(&self) -> Option<&ForwardedEvent> {
        match self {
            Self::Event(event) => Some(event),
            Self::Consent(_) => None,
        }
    }
}

impl From<ForwardedEvent> for Forwarded {
    fn from(event: ForwardedEvent) -> Self {
        Self::Event(event)
    }
}

impl From<ForwardedConsent> for Forwarded {
    fn from(consent: ForwardedConsent) -> Self {
        Self::Consent(consent)
    }
}

/// The control plane's answer: every event named here is durable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Event id and log position (the old position for an event that was known already).
    pub accepted: Vec<(String, Position)>,
    /// Event id and reason, for events that will never be accepted (they are in quarantine there).
    pub refused: Vec<(String, String)>,
}

impl Receipt {
    /// What it says of the events of one forward.
    #[must_use]
    pub fn of(&self, forward: &Forward) -> Self {
        let sent = |id: &String| forward.events.iter().any(|event| event.id() == id);
        Self {
            accepted: self.accepted.iter().filter(|(id, _)| sent(id)).cloned().collect(),
            refused: self.refused.iter().filter(|(id, _)| sent(id)).cloned().collect(),
        }
    }
}

impl Sealed for Forward {
    const KIND: u16 = 0x0004;
    const VERSION: u16 = 4;
}

impl Sealed for Receipt {
    const KIND: u16 = 0x0005;
    const VERSION: u16 = 1;
}
