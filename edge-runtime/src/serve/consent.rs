//! What a call says about consent, and what follows for it. Consent is of people: where one of several objects, the
//! others are served.

use acquaint_core::profile::Identity;
use acquaint_core::profile::consent::PURPOSES;
use acquaint_core::wire::ForwardedConsent;
use xxhash_rust::xxh3::xxh3_128;

use super::Begun;
use crate::consent::{self, Consent};
use crate::http::Config;
use crate::identity::cookie;
use crate::identity::map::{ECID, FPID};
use crate::limits;
use crate::problem::{Problem, Warning};
use crate::reply::handles::Cookie;
use crate::route::{Action, Version};
use crate::visit::{Said, Visit};

impl Begun {
    /// Reads what `setConsent` says, and which people object by their events. An event cannot take an objection back.
    pub(super) fn settle_consent(&mut self, config: &Config) -> Result<(), Problem> {
        match self.call.route.action {
            Action::SetConsent => {
                let says = consent::of_call(&self.call.consent, config.tcf_vendor)?;
                if let Some(general) = says.general {
                    self.write_consent(general);
                }
                self.says = Some(says);
            }
            Action::Interact | Action::Collect => self.hear_events(config)?,
            Action::Acquire => {}
        }
        let nothing_is_stored = self.consent == Some(Consent::Out) && !self.call.events.is_empty();
        if nothing_is_stored || !self.objecting.is_empty() {
            self.warn_of_consent();
        }
        Ok(())
    }

    fn hear_events(&mut self, config: &Config) -> Result<(), Problem> {
        for (event, identities) in self.call.events.iter().zip(&self.resolved.events) {
            if consent::of_event(&event.xdm, config.tcf_vendor)? == Some(Consent::Out) {
                self.objecting.extend(identities.first().cloned());
                self.browser_objects |= self.call.route.version == Version::V1
                    || self.browser().is_some_and(|browser| identities.contains(&browser));
            }
        }
        if self.browser_objects {
            self.write_consent(Consent::Out);
        }
        Ok(())
    }

    /// The profile of somebody has an objection that this request knew nothing of: the browser is told of its own.
    pub(super) fn hear_profile(&mut self, primary: &Identity) {
        if self.call.events.is_empty() {
            return;
        }
        self.warn_of_consent();
        if self.browser().is_some_and(|browser| browser == *primary) {
            self.write_consent(Consent::Out);
        }
    }

    /// What `setConsent` says is put to the profile of the browser, and to that of the primary identity; it replaces what
    /// was said before.
    pub(super) fn consent_visits(&self, now_ms: i64) -> Vec<Visit> {
        let Some(says) = &self.says else { return Vec::new() };
        if says.general.is_none() && self.datastream.profile_dataset.is_none() {
            return Vec::new();
        }
        let named = self.call.identity_map.primary().cloned();
        let named = named.filter(|identity| identity.namespace != ECID && identity.namespace != FPID);
        let people = self.browser().into_iter().chain(named);
        let purposes = PURPOSES.map(|purpose| (purpose, says.purposes.get(purpose).map(String::as_str)));
        people
            .map(|primary| Visit {
                consent: Some(Said {
                    general: says.general,
                    with_event: false,
                    record: self.record(&primary, "", &purposes, now_ms),
                }),
                primary,
                steps: Vec::new(),
                wants_attributes: false,
                pushes: None,
            })
            .collect()
    }

    /// The objection that an event says.
    pub(super) fn objection(&self, primary: &Identity, index: usize, now_ms: i64) -> Said {
        let refused = [(consent::COLLECT, Some(Consent::Out.value()))];
        let record = self.record(primary, &index.to_string(), &refused, now_ms);
        Said { general: Some(Consent::Out), with_event: true, record }
    }

    /// What the control plane is told, if the datastream has a place for it. Each person is told of alone: that a page
    /// named two together is said by events, of people who do not object. The id is of the request, the place in it and
    /// the person, so that it counts once.
    fn record(
        &self,
        primary: &Identity,
        place: &str,
        purposes: &[(&str, Option<&str>)],
        now_ms: i64,
    ) -> Option<ForwardedConsent> {
        self.datastream.profile_dataset.as_ref()?;
        let of = format!("{}\0{place}\0{}\0{}", self.call.request_id, primary.namespace, primary.id);
        let purposes = purposes.iter().map(|(purpose, value)| ((*purpose).into(), value.map(str::to_owned)));
        Some(ForwardedConsent {
            datastream: self.datastream.id.clone(),
            identities: vec![primary.clone()],
            id: format!("consent-{:032x}", xxh3_128(of.as_bytes())),
            at_ms: now_ms,
            purposes: purposes.collect(),
        })
    }

    fn browser(&self) -> Option<Identity> {
        let (ecid, _) = self.resolved.ecid.as_ref()?;
        Some(Identity { namespace: ECID.into(), id: ecid.clone() })
    }

    fn write_consent(&mut self, consent: Consent) {
        let key = cookie::name(&self.datastream.org, "consent");
        if self.cookies.iter().any(|cookie| cookie.key == key) {
            return;
        }
        let value = consent.cookie().into();
        self.cookies.push(Cookie { key, value, max_age: limits::CONSENT_COOKIE_SECONDS });
    }

    fn warn_of_consent(&mut self) {
        if !self.warnings.contains(&Warning::NoConsent) {
            self.warnings.push(Warning::NoConsent);
        }
    }
}
