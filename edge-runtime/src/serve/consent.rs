//! What a call says about consent, and what follows for it.

use super::Begun;
use crate::consent::{self, Consent};
use crate::http::Config;
use crate::identity::cookie;
use crate::limits;
use crate::problem::{Problem, Warning};
use crate::reply::handles::Cookie;
use crate::route::Action;

impl Begun {
    /// Consent of this call goes before what was kept; an event's own objection goes before both.
    pub(super) fn settle_consent(&mut self, config: &Config) -> Result<(), Problem> {
        let org = &self.datastream.org;
        let mut changed = None;
        match self.call.route.action {
            Action::SetConsent => {
                changed = consent::of_call(&self.call.consent, config.tcf_vendor)?;
            }
            Action::Interact | Action::Collect => {
                for event in &self.call.events {
                    let own = consent::of_event(&event.xdm, config.tcf_vendor)?;
                    if own == Some(Consent::Out) {
                        changed = own;
                    }
                }
            }
            Action::Acquire => {}
        }
        if let Some(changed) = changed {
            self.consent = Some(changed);
            self.cookies.push(Cookie {
                key: cookie::name(org, "consent"),
                value: changed.cookie().into(),
                max_age: limits::CONSENT_COOKIE_SECONDS,
            });
        }
        if self.consent == Some(Consent::Out) && !self.call.events.is_empty() {
            self.warnings.push(Warning::NoConsent);
        }
        Ok(())
    }
}
