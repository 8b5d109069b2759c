//! The reply, from the outcomes of the visits.

use acquaint_core::id::AudienceId;
use serde_json::{Map, Value};

use super::Begun;
use super::outcomes::Failure;
use super::visits::is_notification;
use crate::bundle::Edition;
use crate::consent::Consent;
use crate::http::{Config, Reply};
use crate::offers::proposition::propositions;
use crate::problem::Warning;
use crate::reply::{Handles, headers, of_problem};
use crate::request::EventBody;
use crate::route::{Action, Version};
use crate::visit::{Decision, Outcome};

const JSON: &str = "application/json;charset=utf-8";

/// Writes the reply, from the outcome of every visit in the order of the visits.
pub fn finish(config: &Config, edition: &Edition, mut begun: Begun, outcomes: Vec<Outcome>) -> Reply {
    let reply = match begun.settle_outcomes(outcomes) {
        Err(problem) => {
            // What was granted is not: the client has to say it again.
            begun.cookies.retain(|cookie| cookie.value != Consent::In.cookie());
            of_problem(config, &begun.answering, &problem, Some(&begun.call.datastream))
        }
        Ok((decisions, failures)) => begun.reply(config, edition, &decisions, &failures),
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
    fn reply(
        &self,
        config: &Config,
        edition: &Edition,
        decisions: &[Decision],
        failures: &[Failure],
    ) -> Reply {
        let mut body = Map::new();
        body.insert("requestId".into(), self.call.request_id.clone().into());
        let route = self.call.route;
        if route.action != Action::Collect {
            body.insert("handle".into(), self.handles(config, edition, decisions));
        }
        if !self.warnings.is_empty() {
            let warnings: Vec<_> = self.warnings.iter().map(Warning::to_json).collect();
            body.insert("warnings".into(), warnings.into());
        }
        if !failures.is_empty() {
            return self.partial(config, body, failures);
        }
        let (status, media_type) = match (route.action, route.version) {
            (Action::Collect, Version::V1) => return self.answering.reply(config, 204, None),
            (Action::Collect, Version::V2) if self.call.silent => {
                return self.answering.reply(config, 204, None);
            }
            (Action::Collect, Version::V2) => (202, "application/json"),
            (Action::Interact | Action::Acquire | Action::SetConsent, _) => (200, JSON),
        };
        self.answering.reply(config, status, Some((media_type, &body.into())))
    }

    /// What could be done was, and the rest is told (`edge-api.md` section 3).
    fn partial(&self, config: &Config, mut body: Map<String, Value>, failures: &[Failure]) -> Reply {
        let document = |failure: &Failure| failure.to_json(&self.call.request_id, &self.call.datastream);
        let errors: Vec<_> = failures.iter().map(document).collect();
        body.insert("errors".into(), errors.into());
        body.entry("handle").or_insert_with(|| Vec::<Value>::new().into());
        let reply = self.answering.reply(config, 207, Some((JSON, &body.into())));
        match failures.iter().filter_map(|failure| failure.problem.retry_after_seconds()).max() {
            Some(seconds) => reply.with("retry-after", seconds.to_string()),
            None => reply,
        }
    }

    fn handles(&self, config: &Config, edition: &Edition, decisions: &[Decision]) -> Value {
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
            self.answer_event(edition, &mut handles, event, at, decision, audiences);
        }
        for decision in decisions {
            if let Some((at, _)) = decision.steps.last() {
                handles.pushes(&decision.pushes, *at);
            }
        }
        handles.location(&self.answering.region(config).hint);
        if self.cookie_domain.is_none() {
            handles.state(&self.cookies);
        }
        handles.into_json()
    }

    /// What one event gets.
    fn answer_event(
        &self,
        edition: &Edition,
        handles: &mut Handles,
        event: &EventBody,
        at: u32,
        decision: &Decision,
        audiences: &[AudienceId],
    ) {
        let audiences = if self.segmentation { audiences } else { &[] };
        let kind = event.xdm.get("eventType").and_then(Value::as_str).unwrap_or_default();
        if let Some(wanted) = &event.personalization {
            let chosen = decision.offers.iter().find(|(step, _)| *step == at);
            let chosen = chosen.map_or(&[][..], |(_, chosen)| chosen);
            handles.decisions(propositions(&edition.offers, chosen, wanted, &self.call.request_id), at);
        }
        if !is_notification(event) && self.destinations {
            let attributes = self.authenticated.then_some(&decision.attributes);
            handles.audiences(&self.datastream, audiences, attributes, at);
        }
        if kind == "media.sessionStart" {
            handles.media_session(&self.call.request_id, at);
        }
    }
}
