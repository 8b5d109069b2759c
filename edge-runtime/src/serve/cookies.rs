//! What the browser or the page keeps for us between two requests: read, and written again.

use acquaint_core::wire::Datastream;

use super::Begun;
use crate::consent::Consent;
use crate::http::{Config, Request};
use crate::identity::EcidSource;
use crate::identity::cookie::{self, IdentityCookie};
use crate::limits;
use crate::reply::handles::Cookie;
use crate::request::Call;

/// What the browser or the page keeps for us.
pub(super) struct KeptState {
    pub(super) identity: Option<IdentityCookie>,
    pub(super) consent: Option<Consent>,
    pub(super) fpid: Option<String>,
}

impl KeptState {
    /// The page's entries go before the browser's cookies: they are there when the browser's are not.
    pub(super) fn read(call: &Call, request: &Request, datastream: &Datastream) -> Self {
        let org = datastream.org.as_str();
        let find = |name: &str| {
            let entries = call.meta.state.entries.iter();
            let entry = entries.filter(|entry| entry.key == name).map(|entry| entry.value.clone()).next();
            entry.or_else(|| {
                request.cookies().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
            })
        };
        Self {
            identity: find(&cookie::name(org, "identity")).and_then(|value| IdentityCookie::decode(&value)),
            consent: find(&cookie::name(org, "consent")).and_then(|value| Consent::from_cookie(&value)),
            fpid: find(&datastream.first_party_id_cookie),
        }
    }
}

/// The domain to set cookies on, if this request may: only one that the request's own host lies in, never what the
/// body says alone.
pub(super) fn cookie_domain(call: &Call, request: &Request) -> Option<String> {
    let state = &call.meta.state;
    let domain = state.domain.to_ascii_lowercase();
    let host = request.host.to_ascii_lowercase();
    let well_formed = domain.contains('.')
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let inside = host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
    (state.cookies_enabled && well_formed && inside).then_some(domain)
}

impl Begun {
    /// The identity cookie is written for a new visitor and once a day, the cluster cookie every time.
    pub(super) fn settle_cookies(&mut self, config: &Config, kept: &KeptState, now_ms: i64) {
        let org = &self.datastream.org;
        let hint = self.answering.region(config).hint.clone();
        if let Some((ecid, source)) = &self.resolved.ecid {
            let same = kept.identity.as_ref().filter(|cookie| cookie.ecid == *ecid);
            let fresh = |cookie: &IdentityCookie| {
                let age_ms = now_ms.saturating_sub(cookie.written_ms);
                (0..limits::IDENTITY_COOKIE_REFRESH_MS).contains(&age_ms)
            };
            if !same.is_some_and(fresh) {
                let value = IdentityCookie {
                    ecid: ecid.clone(),
                    created_ms: same.map_or(now_ms, |cookie| cookie.created_ms),
                    is_new: *source == EcidSource::Minted,
                    source: same.map_or(source_code(*source), |cookie| cookie.source),
                    region: hint.to_ascii_uppercase(),
                    written_ms: now_ms,
                };
                let identity = Cookie {
                    key: cookie::name(org, "identity"),
                    value: value.encode(),
                    max_age: limits::IDENTITY_COOKIE_SECONDS,
                };
                self.cookies.insert(0, identity);
            }
        }
        self.cookies.push(Cookie {
            key: cookie::name(org, "cluster"),
            value: hint,
            max_age: limits::CLUSTER_COOKIE_SECONDS,
        });
    }
}

fn source_code(source: EcidSource) -> u64 {
    match source {
        EcidSource::Minted | EcidSource::Cookie => 0,
        EcidSource::Fpid => 2,
        EcidSource::Received => 3,
    }
}
