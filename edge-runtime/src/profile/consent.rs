//! Whether this person objects to being dealt with. Stored by itself, so that it outlives a change of all else. What they
//! said is forwarded with the events, so that it holds at the control plane too.

use acquaint_core::wire::{Forwarded, ForwardedConsent, Sealed};
use serde::{Deserialize, Serialize};

use super::EdgeProfile;
use crate::consent::Consent;
use crate::visit::Said;

/// That a person has objected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Since when: milliseconds since the epoch, UTC.
    pub since_ms: i64,
}

impl Sealed for Objection {
    const KIND: u16 = 0x0205;
    const VERSION: u16 = 1;
}

impl EdgeProfile {
    /// Takes what the person says now. Only an objection is kept: without one, all is as if they had consented.
    pub(crate) fn set_consent(&mut self, consent: Consent, now_ms: i64) {
        let before = self.objection;
        self.objection = match consent {
            Consent::In => None,
            Consent::Out => Some(before.unwrap_or(Objection { since_ms: now_ms })),
        };
        self.dirty.objection |= self.objection != before;
    }

    /// Takes what the person says now, once, and keeps what the control plane is to be told of it. False if that does not
    /// fit: an objection holds all the same, and has to be said again until it is told too.
    pub(crate) fn hear(&mut self, said: &Said, now_ms: i64) -> bool {
        let record = said.record.as_ref();
        if record.is_some_and(|record| self.has_seen(&record.id)) {
            return true;
        }
        // One who objects with every event says nothing new.
        let is_news = !(said.with_event && self.objection.is_some());
        let record = record.filter(|_| is_news);
        let fits = record.is_none_or(|record| self.has_room_for(1, weight(record)));
        if let Some(consent) = said.general.filter(|consent| fits || *consent == Consent::Out) {
            self.set_consent(consent, now_ms);
        }
        if let Some(record) = record.filter(|_| fits) {
            self.keep(Forwarded::Consent(record.clone()));
        }
        fits
    }

    /// The objection, if there is one.
    pub fn objection(&self) -> Option<Objection> {
        self.objection
    }
}

/// About how many bytes it takes on its way.
pub(super) fn weight(consent: &ForwardedConsent) -> usize {
    let identities: usize = consent.identities.iter().map(|one| one.namespace.len() + one.id.len() + 8).sum();
    let purposes: usize = consent.purposes.iter().map(|(purpose, _)| purpose.len() + 8).sum();
    consent.datastream.len() + consent.id.len() + identities + purposes + 64
}
