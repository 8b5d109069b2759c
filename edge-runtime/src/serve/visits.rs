//! The events of a call, by the person they are of.

use acquaint_core::profile::Identity;
use acquaint_core::wire::ForwardedEvent;
use serde_json::Value;

use super::Begun;
use crate::event;
use crate::problem::Problem;
use crate::request::EventBody;
use crate::route::Action;
use crate::visit::{Step, Visit};

impl Begun {
    /// The events of the call by the person they are of.
    pub(super) fn visits(&self, now_ms: i64) -> Result<Vec<Visit>, Problem> {
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
            let pushes_of = (step.answer && !is_notification(body)).then(|| self.datastream.id.clone());
            match visits.iter_mut().find(|visit| visit.primary == *primary) {
                Some(visit) => {
                    visit.steps.push(step);
                    visit.pushes_of = visit.pushes_of.take().or(pushes_of);
                }
                None => visits.push(Visit {
                    primary: Identity::clone(primary),
                    steps: vec![step],
                    wants_attributes: self.authenticated,
                    pushes_of,
                }),
            }
        }
        Ok(visits)
    }
}

/// Display and click notifications answer nothing, so that they stay cheap (`edge-api.md` section 9).
pub(super) fn is_notification(event: &EventBody) -> bool {
    let kind = event.xdm.get("eventType").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.starts_with("decisioning.proposition"))
}
