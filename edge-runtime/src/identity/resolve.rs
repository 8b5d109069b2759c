//! From everything a request says about its sender to one ECID and, for each event, a list of identities.

use acquaint_core::profile::Identity;

use super::cookie::IdentityCookie;
use super::ecid;
use super::map::{ECID, FPID};
use crate::problem::Problem;
use crate::request::{Call, EventBody};
use crate::route::Version;

/// Where an ECID came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcidSource {
    /// An `identityMap`.
    Received,
    /// The identity cookie.
    Cookie,
    /// Computed of a first-party device id.
    Fpid,
    /// Made now.
    Minted,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The browser's identity; absent for servers that neither sent nor asked for one.
    pub ecid: Option<(String, EcidSource)>,
    /// The identities of each event, the primary one first; in the order of the events.
    pub events: Vec<Vec<Identity>>,
}

/// What a request brought beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The organisation of the datastream.
    pub org: &'a str,
    /// The identity cookie, from `meta.state.entries` or else from the `Cookie` header.
    pub cookie: Option<&'a IdentityCookie>,
    /// The `FPID` cookie.
    pub fpid_cookie: Option<&'a str>,
    /// 16 bytes of randomness, for a new visitor.
    pub random: [u8; 16],
}

/// Resolves the request. Priority: ECID in an `identityMap` (the request's before its events'), in the cookie or the
/// page's state, FPID in an `identityMap`, FPID cookie, a new one.
pub fn resolve(call: &Call, evidence: Evidence<'_>) -> Result<Resolved, Problem> {
    let ecid = request_ecid(call, evidence);
    let events = call
        .events
        .iter()
        .map(|event| event_identities(call, event, ecid.as_ref(), evidence.org))
        .collect::<Result<_, _>>()?;
    Ok(Resolved { ecid, events })
}

fn request_ecid(call: &Call, evidence: Evidence<'_>) -> Option<(String, EcidSource)> {
    let maps =
        || std::iter::once(&call.identity_map).chain(call.events.iter().map(|event| &event.identity_map));
    if let Some(received) = maps().find_map(|map| map.first(ECID)) {
        return Some((received.to_owned(), EcidSource::Received));
    }
    if let Some(cookie) = evidence.cookie {
        return Some((cookie.ecid.clone(), EcidSource::Cookie));
    }
    let fpid = maps()
        .find_map(|map| map.first(FPID))
        .or_else(|| evidence.fpid_cookie.filter(|value| ecid::is_uuid_v4(value)));
    if let Some(fpid) = fpid {
        return Some((ecid::from_fpid(evidence.org, fpid), EcidSource::Fpid));
    }
    let wanted = match call.route.version {
        Version::V1 => true,
        Version::V2 => call.fetch.iter().any(|namespace| namespace == ECID),
    };
    wanted.then(|| (ecid::from_bytes(evidence.random), EcidSource::Minted))
}

/// The identities of one event. In one call of a server the events may be of different people, so an event's own
/// ECID or FPID goes before that of the request.
fn event_identities(
    call: &Call,
    event: &EventBody,
    of_request: Option<&(String, EcidSource)>,
    org: &str,
) -> Result<Vec<Identity>, Problem> {
    let own = event
        .identity_map
        .first(ECID)
        .map(str::to_owned)
        .or_else(|| event.identity_map.first(FPID).map(|fpid| ecid::from_fpid(org, fpid)));
    let browser = match (of_request, own) {
        (Some((ecid, EcidSource::Received | EcidSource::Cookie)), _) if call.route.version == Version::V1 => {
            Some(ecid.clone())
        }
        (_, Some(own)) => Some(own),
        (Some((ecid, _)), None) => Some(ecid.clone()),
        (None, None) => None,
    };
    let browser = browser.map(|id| Identity { namespace: ECID.into(), id });
    let marked = event.identity_map.primary().or_else(|| call.identity_map.primary());
    let primary = match marked {
        Some(marked) if marked.namespace != FPID && marked.namespace != ECID => Some(marked.clone()),
        Some(_) => browser.clone(),
        None => match (call.route.version, of_request) {
            (Version::V1, _) | (Version::V2, Some((_, EcidSource::Received | EcidSource::Cookie))) => {
                browser.clone()
            }
            (Version::V2, Some((_, EcidSource::Fpid | EcidSource::Minted)) | None) => None,
        },
    };
    let mut identities = vec![primary.ok_or(Problem::NoPrimary)?];
    let others = event.identity_map.iter().chain(call.identity_map.iter());
    let others = others.filter(|identity| identity.namespace != FPID && identity.namespace != ECID);
    for identity in browser.iter().chain(others) {
        if !identities.contains(identity) {
            identities.push(identity.clone());
        }
    }
    Ok(identities)
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
