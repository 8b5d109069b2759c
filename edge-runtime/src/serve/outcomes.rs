//! What came back of the visits: decisions, objections, and failures, of which one does not spoil the rest.

use acquaint_core::profile::Identity;
use serde_json::{Value, json};

use super::Begun;
use crate::problem::Problem;
use crate::visit::{Decision, Outcome, Visit};

/// Who was asked about which events.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    primary: Identity,
    events: Vec<u32>,
}

impl Asked {
    pub(super) fn primary(&self) -> &Identity {
        &self.primary
    }

    pub(super) fn of(visit: &Visit) -> Self {
        let events = visit.steps.iter().map(|step| step.index).collect();
        Self { primary: visit.primary.clone(), events }
    }
}

/// One visit that failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) problem: Problem,
    events: Vec<u32>,
}

impl Failure {
    /// The item of `errors`.
    pub(super) fn to_json(&self, request_id: &str, datastream: &str) -> Value {
        let mut document = self.problem.to_json(request_id, Some(datastream));
        if let Some(report) = document.get_mut("report").and_then(Value::as_object_mut) {
            report.insert("eventIndexes".into(), json!(self.events));
        }
        document
    }
}

impl Begun {
    /// Sorts the outcomes, which are in the order of the visits. The error is the problem that all of them had.
    pub(super) fn settle_outcomes(
        &mut self,
        outcomes: Vec<Outcome>,
    ) -> Result<(Vec<Decision>, Vec<Failure>), Problem> {
        let (visits, mut decisions, mut failures) = (outcomes.len(), Vec::new(), Vec::new());
        let asked = std::mem::take(&mut self.asked);
        for (outcome, asked) in outcomes.into_iter().zip(asked) {
            let problem = match outcome {
                Outcome::Decided(decision) => {
                    decisions.push(decision);
                    continue;
                }
                Outcome::Objected => {
                    self.hear_profile(&asked.primary);
                    continue;
                }
                Outcome::OutboxFull => Problem::OutboxFull,
                Outcome::TooManyRequests => Problem::TooManyRequests,
                Outcome::OtherEdition => Problem::NoBundle,
                Outcome::Unavailable => Problem::Unavailable,
            };
            failures.push(Failure { problem, events: asked.events });
        }
        if failures.len() == visits
            && let Some(failure) = failures.first()
        {
            return Err(failure.problem.clone());
        }
        Ok((decisions, failures))
    }
}
