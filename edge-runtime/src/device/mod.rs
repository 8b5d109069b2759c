//! Deciding on the visitor's own device: the same [`crate::decide`], for a page that keeps the profile itself and asks
//! nobody. Pure, as everything outside the hosts: `browser.rs` is how a page calls it.
//!
//! What differs from the edge: there is no control plane to acknowledge events, so every event counts as taken and old
//! ones are folded into the state; and there is no projection, so what is known is what the page says.

mod error;
mod kept;
mod question;

pub use error::Error;
pub use kept::Kept;
pub use question::{ExplainQuestion, Question, part};

use acquaint_core::eval;
use acquaint_core::id::AudienceId;
use acquaint_core::profile::Identity;
use acquaint_core::value::Fields;
use acquaint_core::wire::{Datastream, ForwardedEvent};
use serde_json::Value as Json;

use crate::bundle::Edition;
use crate::decide;
use crate::event::{self, Receipt};
use crate::limits;
use crate::offers::proposition::propositions;
use crate::problem::Problem;
use crate::profile::EdgeProfile;
use crate::reply::handles::Handles;
use crate::visit::{Outcome, Step, Visit, Wanted};

/// What a page gets for a [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The audiences the visitor is in, of those that the bundle decides; sorted.
    pub audiences: Vec<AudienceId>,
    /// What each destination of the datastream may see: the payload of `activation:pull` (`edge-api.md` section 3).
    pub destinations: Vec<Json>,
    /// What to show: the payload of `personalization:decisions`.
    pub propositions: Vec<Json>,
    /// To be kept by the page, and given back with the next question.
    pub profile: Vec<u8>,
}

/// Answers a question: takes the events into the profile, then decides.
pub fn answer(edition: &Edition, question: &Question, now_ms: i64) -> Result<Answer, Error> {
    let datastream = edition.datastream(&question.datastream)?;
    let (primary, identities) = question.identities()?;
    let (attributes, wanted) = (question.attributes()?, question.personalization()?);
    let mut kept = match &question.profile {
        Some(bytes) => Kept::open(bytes, &primary)?,
        None => Kept::new(primary.clone()),
    };
    let mut profile = kept.profile(now_ms)?;
    if let Some(attributes) = attributes {
        profile.set_attributes(attributes);
    }
    let request_id = kept.next_request_id();
    let mut visit = visit(question, datastream, &request_id, primary, &identities, now_ms)?;
    if let Some(last) = visit.steps.last_mut() {
        last.wanted = Some(Wanted {
            datastream: datastream.id.clone(),
            dataset: None,
            segmentation: datastream.edge_segmentation,
            personalization: wanted.clone(),
        });
    }
    let (outcome, mut profile) = decide::decide(edition, profile, &visit, now_ms);
    let Outcome::Decided(mut decision) = outcome else { return Err(Error::Full) };
    let chosen = decision.offers.pop().map(|(_, chosen)| chosen).unwrap_or_default();
    let answered = decision.steps.pop().filter(|_| datastream.edge_segmentation);
    let audiences = answered.map(|(_, audiences)| audiences).unwrap_or_default();

    profile.take_as_acknowledged();
    Ok(Answer {
        destinations: destinations(datastream, &audiences, &decision.attributes),
        propositions: propositions(&edition.offers, &chosen, &wanted, &request_id),
        audiences,
        profile: kept.seal(profile)?,
    })
}

/// Says why the visitor is in an audience, or not, by what the page has kept.
pub fn explain(edition: &Edition, question: &ExplainQuestion, now_ms: i64) -> Result<Json, Error> {
    let unknown = || Error::AudienceUnknown(question.audience.clone());
    let number =
        edition.program.audience(&AudienceId::from(question.audience.as_str())).ok_or_else(unknown)?;
    let mut profile = match &question.profile {
        Some(bytes) => Kept::open_of_anybody(bytes)?.profile(now_ms)?,
        None => EdgeProfile::default(),
    };
    profile.prepare(&edition.tag, &edition.program, now_ms);
    let slice = profile.slice().ok_or_else(unknown)?;
    let explanation = eval::explain_answer(&edition.program, number, slice, now_ms).ok_or_else(unknown)?;
    Ok(explanation.to_json())
}

fn visit(
    question: &Question,
    datastream: &Datastream,
    request_id: &str,
    primary: Identity,
    identities: &[Identity],
    now_ms: i64,
) -> Result<Visit, Error> {
    question::at_most(limits::EVENTS_PER_REQUEST_MAX, question.events.len(), "events")?;
    let step = |event: Option<ForwardedEvent>| Step {
        index: 0,
        identities: identities.to_vec(),
        event,
        answer: false,
        wanted: None,
    };
    let mut steps = Vec::new();
    for (index, xdm) in question.events.iter().enumerate() {
        let receipt = Receipt { request_id, index, now_ms, queue_time_ms: None };
        let event = event::read(xdm, receipt)?.map(|event| ForwardedEvent {
            datastream: datastream.id.clone(),
            dataset: None,
            identities: identities.to_vec(),
            event,
        });
        steps.push(step(event));
    }
    // The answer is that after all events.
    steps.push(Step { answer: true, ..step(None) });
    Ok(Visit { primary, steps, wants_attributes: true, pushes: None, consent: None })
}

/// The page has given the attributes itself, so it may see those that destinations map.
fn destinations(datastream: &Datastream, audiences: &[AudienceId], attributes: &Fields) -> Vec<Json> {
    if !(datastream.edge_segmentation && datastream.personalization_destinations) {
        return Vec::new();
    }
    let mut handles = Handles::default();
    handles.audiences(datastream, audiences, Some(attributes), 0);
    match handles.into_json().pointer_mut("/0/payload").map(Json::take) {
        Some(Json::Array(payload)) => payload,
        Some(_) | None => Vec::new(),
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::DatastreamUnknown(_) | Problem::DatastreamDisabled(_) => {
                Self::Datastream(problem.to_string())
            }
            other => Self::Question(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
