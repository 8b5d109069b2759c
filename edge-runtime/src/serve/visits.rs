//! The events of a call, by the person they are of.

use std::collections::BTreeMap;

use acquaint_core::profile::Identity;
use acquaint_core::wire::ForwardedEvent;
use serde_json::Value;

use super::Begun;
use crate::consent::Consent;
use crate::event;
use crate::problem::Problem;
use crate::request::EventBody;
use crate::route::Action;
use crate::visit::{Pushed, Step, Visit, Wanted};

impl Begun {
    /// What has to be put to which profile.
    pub(super) fn visits(&self, now_ms: i64) -> Result<Vec<Visit>, Problem> {
        match self.call.route.action {
            Action::SetConsent => Ok(self.consent_visits(now_ms)),
            Action::Interact | Action::Collect if self.consent == Some(Consent::Out) => Ok(Vec::new()),
            Action::Interact | Action::Collect => self.event_visits(now_ms),
            Action::Acquire => Ok(Vec::new()),
        }
    }

    fn event_visits(&self, now_ms: i64) -> Result<Vec<Visit>, Problem> {
        let mut visits = BTreeMap::new();
        for (index, (body, identities)) in self.call.events.iter().zip(&self.resolved.events).enumerate() {
            let Some(primary) = identities.first() else { return Err(Problem::NoPrimary) };
            let visit = visit_of(&mut visits, primary, self.authenticated);
            if self.objecting.contains(primary) {
                visit.consent.get_or_insert_with(|| self.objection(primary, index, now_ms));
                continue;
            }
            let step = self.step(index, body, identities, now_ms)?;
            if step.answer && !is_notification(body) {
                visit.pushes =
                    Some(Pushed { datastream: self.datastream.id.clone(), segmentation: self.segmentation });
            }
            visit.steps.push(step);
        }
        Ok(visits.into_values().collect())
    }

    fn step(
        &self,
        index: usize,
        body: &EventBody,
        identities: &[Identity],
        now_ms: i64,
    ) -> Result<Step, Problem> {
        let receipt = event::Receipt {
            request_id: &self.call.request_id,
            index,
            now_ms,
            queue_time_ms: self.call.meta.queue_time_millis,
        };
        let event = event::read(&body.xdm, receipt)?.map(|event| ForwardedEvent {
            datastream: self.datastream.id.clone(),
            dataset: self.dataset.clone(),
            identities: identities.to_vec(),
            event,
        });
        let answers = self.call.route.action == Action::Interact;
        let wanted = body.personalization.as_ref().filter(|_| answers).map(|personalization| Wanted {
            datastream: self.datastream.id.clone(),
            dataset: self.dataset.clone(),
            segmentation: self.segmentation,
            personalization: personalization.clone(),
        });
        Ok(Step {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            identities: identities.to_vec(),
            event,
            answer: answers && (wanted.is_some() || !is_notification(body)),
            wanted,
        })
    }
}

/// The visit to one person, begun if it is not there.
fn visit_of<'a>(
    visits: &'a mut BTreeMap<Identity, Visit>,
    primary: &Identity,
    wants_attributes: bool,
) -> &'a mut Visit {
    visits.entry(primary.clone()).or_insert_with(|| Visit {
        primary: primary.clone(),
        steps: Vec::new(),
        wants_attributes,
        pushes: None,
        consent: None,
    })
}

/// Display and click notifications answer nothing, so that they stay cheap (`edge-api.md` section 9).
pub(super) fn is_notification(event: &EventBody) -> bool {
    let kind = event.xdm.get("eventType").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.starts_with("decisioning.proposition"))
}
