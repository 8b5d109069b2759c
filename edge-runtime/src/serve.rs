//! One public request from end to end, without a host: [`begin`] says what has to be asked of which profile,
//! [`finish`] writes the reply.

use acquaint_core::profile::Identity;
use acquaint_core::wire::{Datastream, ForwardedEvent};
use serde_json::{Map, Value, json};

use crate::bundle::Edition;
use crate::consent::{self, Consent};
use crate::event;
use crate::http::{Config, Reply, Request, same_secret};
use crate::identity::cookie::{self, IdentityCookie};
use crate::identity::resolve::Evidence;
use crate::identity::{EcidSource, Resolved, ecid, resolve};
use crate::limits;
use crate::offers;
use crate::problem::{Problem, Warning};
use crate::reply::handles::Cookie;
use crate::reply::{Answering, Handles, headers, of_problem};
use crate::request::{self, Call};
use crate::route::{self, Action, Version};
use crate::visit::{Decision, Outcome, Step, Visit};

/// Randomness for one request.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// For a new visitor.
    pub ecid: [u8; 16],
    /// For a request without an id.
    pub request: [u8; 16],
}

/// A request that was understood and waits for the decisions of its profiles.
#[derive(Clone, Debug)]
pub struct Begun {
    call: Call,
    answering: Answering,
    datastream: Datastream,
    resolved: Resolved,
    cookies: Vec<Cookie>,
    cookie_domain: Option<String>,
    consent: Option<Consent>,
    warnings: Vec<Warning>,
    authenticated: bool,
}

/// Understands a request. The visits may be put to their profiles in any order.
pub fn begin(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
    random: Random,
    now_ms: i64,
) -> Result<(Begun, Vec<Visit>), Reply> {
    let fresh_id = ecid::uuid_v4(random.request);
    let request_id = request::request_id(request).unwrap_or_else(|| fresh_id.clone());
    let answering = Answering::new(request, request_id);
    let datastream = request.parameter(&["configId", "dataStreamId"]);
    let understood = understand(config, edition, request, &answering, fresh_id, random.ecid, now_ms);
    understood.map_err(|problem| of_problem(config, &answering, &problem, datastream))
}

fn understand(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
    answering: &Answering,
    fresh_id: String,
    random: [u8; 16],
    now_ms: i64,
) -> Result<(Begun, Vec<Visit>), Problem> {
    let route = route::parse(&config.base_path, &request.path)?;
    if request.method != "POST" {
        return Err(Problem::Method { allowed: "POST, OPTIONS" });
    }
    let authenticated = authenticate(config, route.version, request)?;
    let call = request::parse(route, request, fresh_id)?;
    let datastream = edition.ok_or(Problem::NoBundle)?.datastream(&call.datastream)?.clone();
    let kept = KeptState::read(&call, request, &datastream.org);
    let resolved = resolve(
        &call,
        Evidence {
            org: &datastream.org,
            cookie: kept.identity.as_ref(),
            fpid_cookie: kept.fpid.as_deref(),
            random,
        },
    )?;
    let mut begun = Begun {
        answering: answering.clone(),
        cookies: Vec::new(),
        cookie_domain: cookie_domain(&call, request),
        consent: kept.consent,
        warnings: call.warnings.clone(),
        authenticated,
        call,
        datastream,
        resolved,
    };
    begun.settle_consent(config)?;
    let visits = if begun.consent == Some(Consent::Out) { Vec::new() } else { begun.visits(now_ms)? };
    begun.settle_cookies(config, &kept, now_ms);
    Ok((begun, visits))
}

/// Whether the caller may see attributes. Only version 2 has callers that can be known; a token that is not ours is
/// refused rather than ignored.
fn authenticate(config: &Config, version: Version, request: &Request) -> Result<bool, Problem> {
    match (version, request.bearer(), &config.api_token) {
        (Version::V1, _, _) | (Version::V2, None, _) => Ok(false),
        (Version::V2, Some(token), Some(expected)) if same_secret(token, expected) => Ok(true),
        (Version::V2, Some(_), _) => Err(Problem::Unauthorized),
    }
}

/// What the browser or the page keeps for us.
struct KeptState {
    identity: Option<IdentityCookie>,
    consent: Option<Consent>,
    fpid: Option<String>,
}

impl KeptState {
    /// The page's entries go before the browser's cookies: they are there when the browser's are not.
    fn read(call: &Call, request: &Request, org: &str) -> Self {
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
            fpid: find("FPID"),
        }
    }
}

/// The domain to set cookies on, if this request may: only one that the request's own host lies in, never what the
/// body says alone.
fn cookie_domain(call: &Call, request: &Request) -> Option<String> {
    let state = &call.meta.state;
    let domain = state.domain.to_ascii_lowercase();
    let host = request.host.to_ascii_lowercase();
    let well_formed = domain.contains('.')
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let inside = host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
    (state.cookies_enabled && well_formed && inside).then_some(domain)
}

impl Begun {
    /// Consent of this call goes before what was kept; an event's own objection goes before both.
    fn settle_consent(&mut self, config: &Config) -> Result<(), Problem> {
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

    /// The identity cookie is written for a new visitor and once a day, the cluster cookie every time.
    fn settle_cookies(&mut self, config: &Config, kept: &KeptState, now_ms: i64) {
        let org = &self.datastream.org;
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
                    region: config.location_hint.to_ascii_uppercase(),
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
            value: config.location_hint.clone(),
            max_age: limits::CLUSTER_COOKIE_SECONDS,
        });
    }

    /// The events of the call by the person they are of.
    fn visits(&self, now_ms: i64) -> Result<Vec<Visit>, Problem> {
        let mut visits: Vec<Visit> = Vec::new();
        for (index, (body, identities)) in self.call.events.iter().zip(&self.resolved.events).enumerate() {
            let receipt = event::Receipt {
                request_id: &self.call.request_id,
                index,
                now_ms,
                queue_time_ms: self.call.meta.queue_time_millis,
            };
            let event = event::read(&body.xdm, receipt)?.map(|event| ForwardedEvent {
                datastream: self.datastream.id.clone(),
                identities: identities.clone(),
                event,
            });
            let Some(primary) = identities.first() else { return Err(Problem::NoPrimary) };
            let step = Step {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                identities: identities.clone(),
                event,
                answer: self.call.route.action == Action::Interact,
            };
            match visits.iter_mut().find(|visit| visit.primary == *primary) {
                Some(visit) => visit.steps.push(step),
                None => visits.push(Visit {
                    primary: Identity::clone(primary),
                    steps: vec![step],
                    wants_attributes: self.authenticated,
                }),
            }
        }
        Ok(visits)
    }
}

fn source_code(source: EcidSource) -> u64 {
    match source {
        EcidSource::Minted | EcidSource::Cookie => 0,
        EcidSource::Fpid => 2,
        EcidSource::Received => 3,
    }
}

/// Writes the reply, from the outcome of every visit in the order of the visits.
pub fn finish(config: &Config, edition: &Edition, begun: Begun, outcomes: Vec<Outcome>) -> Reply {
    let mut decisions = Vec::new();
    for outcome in outcomes {
        let problem = match outcome {
            Outcome::Decided(decision) => {
                decisions.push(decision);
                continue;
            }
            Outcome::OutboxFull => Problem::OutboxFull,
            Outcome::TooManyRequests => Problem::TooManyRequests,
            Outcome::NoBundle => Problem::NoBundle,
            Outcome::Unavailable => Problem::Unavailable,
        };
        return of_problem(config, &begun.answering, &problem, Some(&begun.call.datastream));
    }
    let reply = match (begun.call.route.action, begun.call.route.version) {
        (Action::Collect, Version::V1) => begun.answering.reply(config, 204, None),
        (Action::Collect, Version::V2) => begun.accepted(config),
        (Action::Interact | Action::Acquire | Action::SetConsent, _) => {
            begun.answer(config, edition, &decisions)
        }
    };
    match &begun.cookie_domain {
        None => reply,
        Some(domain) => begun
            .cookies
            .iter()
            .fold(reply, |reply, cookie| reply.with("set-cookie", headers::set_cookie(cookie, domain))),
    }
}

impl Begun {
    fn accepted(&self, config: &Config) -> Reply {
        let body = json!({ "requestId": self.call.request_id });
        self.answering.reply(config, 202, Some(("application/json", &body)))
    }

    fn answer(&self, config: &Config, edition: &Edition, decisions: &[Decision]) -> Reply {
        let mut handles = Handles::default();
        if let Some((ecid, _)) = &self.resolved.ecid {
            handles.identity(ecid);
        }
        for (index, event) in self.call.events.iter().enumerate() {
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            let Some((decision, audiences)) = decisions.iter().find_map(|decision| {
                let step = decision.steps.iter().find(|(step, _)| *step == at)?;
                Some((decision, &step.1))
            }) else {
                continue;
            };
            let kind = event.xdm.get("eventType").and_then(Value::as_str).unwrap_or_default();
            if let Some(wanted) = &event.personalization {
                let found = offers::propose(&edition.offers, wanted, audiences, &self.call.request_id);
                handles.decisions(found, at);
            }
            // Display and click notifications answer nothing, so that they stay cheap (`edge-api.md` section 9).
            if !kind.starts_with("decisioning.proposition") {
                let attributes = self.authenticated.then_some(&decision.attributes);
                handles.audiences(&self.datastream, audiences, attributes, at);
            }
            if kind == "media.sessionStart" {
                handles.media_session(&self.call.request_id, at);
            }
        }
        handles.location(&config.location_hint);
        if self.cookie_domain.is_none() {
            handles.state(&self.cookies);
        }
        let mut body = Map::new();
        body.insert("requestId".into(), self.call.request_id.clone().into());
        body.insert("handle".into(), handles.into_json());
        if !self.warnings.is_empty() {
            let warnings: Vec<_> = self.warnings.iter().map(Warning::to_json).collect();
            body.insert("warnings".into(), warnings.into());
        }
        self.answering.reply(config, 200, Some(("application/json;charset=utf-8", &body.into())))
    }
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
