//! The reply, from the outcomes of the visits.

use acquaint_core::id::AudienceId;
use serde_json::{Map, Value, json};

use super::Begun;
use super::visits::is_notification;
use crate::bundle::Edition;
use crate::http::{Config, Reply};
use crate::offers;
use crate::problem::{Problem, Warning};
use crate::reply::{Handles, headers, of_problem};
use crate::request::EventBody;
use crate::route::{Action, Version};
use crate::visit::{Decision, Outcome};

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
            self.answer_event(edition, &mut handles, event, at, decision, audiences);
        }
        for decision in decisions {
            if let Some((at, _)) = decision.steps.last() {
                handles.pushes(&decision.pushes, *at);
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
        let kind = event.xdm.get("eventType").and_then(Value::as_str).unwrap_or_default();
        if let Some(wanted) = &event.personalization {
            let found = offers::propose(&edition.offers, wanted, audiences, &self.call.request_id);
            handles.decisions(found, at);
        }
        if !is_notification(event) {
            let attributes = self.authenticated.then_some(&decision.attributes);
            handles.audiences(&self.datastream, audiences, attributes, at);
        }
        if kind == "media.sessionStart" {
            handles.media_session(&self.call.request_id, at);
        }
    }
}
