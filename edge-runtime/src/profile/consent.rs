//! Whether this person objects to being dealt with. Stored by itself, so that it outlives a change of all else.

use acquaint_core::wire::Sealed;
use serde::{Deserialize, Serialize};

use super::EdgeProfile;
use crate::consent::Consent;

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

    /// The objection, if there is one.
    pub fn objection(&self) -> Option<Objection> {
        self.objection
    }
}
