//! The decision: one visit to one profile, under one edition of the bundle. Pure: the same facts give the same answer.

use acquaint_core::eval;
use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Memberships, Status};
use acquaint_core::state;
use acquaint_core::value::Fields;

use crate::bundle::Edition;
use crate::identity::map::ECID;
use crate::profile::{EdgeProfile, weight};
use crate::relay;
use crate::visit::{Decision, Outcome, View, Visit};

/// Answers a visit. The profile that comes back holds the new events; [`EdgeProfile::take_writes`] says what to store,
/// and the new events are forwarded from there ([`EdgeProfile::next_forward`]). An event that was seen before (a
/// repeated request) is answered and not counted again. Of a person who objects nothing is stored but that.
pub fn decide(
    edition: &Edition,
    mut profile: EdgeProfile,
    visit: &Visit,
    now_ms: i64,
) -> (Outcome, EdgeProfile) {
    if let Some(consent) = visit.consent {
        profile.set_consent(consent, now_ms);
    }
    if profile.objection().is_some() {
        profile.seen(now_ms);
        return (Outcome::Objected, profile);
    }
    if visit.steps.is_empty() {
        return (Outcome::Decided(Decision::default()), profile);
    }
    let new = visit.steps.iter().filter_map(|step| step.event.as_ref());
    let new: Vec<_> = new.filter(|event| !profile.has_seen(&event.event.id)).collect();
    if !new.is_empty() && !profile.has_room_for(new.len(), new.iter().map(|event| weight(event)).sum()) {
        return (Outcome::OutboxFull, profile);
    }
    let program = &edition.program;
    profile.seen(now_ms);
    profile.compact(program, now_ms);
    profile.prepare(&edition.tag, program, now_ms);
    let mut decision = Decision::default();
    for step in &visit.steps {
        if let Some(event) = &step.event
            && !profile.has_seen(&event.event.id)
        {
            profile.append(program, event.clone(), now_ms);
            if let Ok(datastream) = edition.datastream(&event.datastream) {
                profile.owe(event, relay::rules_for(datastream, event), now_ms);
            }
        }
        if step.answer {
            decision.steps.push((step.index, audiences(edition, &mut profile, now_ms)));
        }
    }
    if visit.wants_attributes {
        decision.attributes = Fields::clone(profile.attributes());
    }
    let datastream = visit.pushes_of.as_deref().and_then(|id| edition.datastream(id).ok());
    if let (Some(datastream), Some((_, audiences))) = (datastream, decision.steps.last()) {
        decision.pushes = profile.push(datastream, audiences, ecid(visit), now_ms);
    }
    (Outcome::Decided(decision), profile)
}

/// What is in a profile now. Nothing of it is changed, so nothing has to be stored.
pub fn view(edition: &Edition, profile: &EdgeProfile, now_ms: i64) -> View {
    let mut view = View {
        known: profile.is_known(),
        objects: profile.objection().is_some(),
        last_seen_ms: profile.last_seen_ms(),
        ..View::default()
    };
    if view.known && !view.objects {
        let mut profile = profile.clone();
        profile.prepare(&edition.tag, &edition.program, now_ms);
        audiences(edition, &mut profile, now_ms);
        view.attributes = Fields::clone(profile.attributes());
        view.memberships = profile.memberships().clone();
    }
    view
}

/// The memberships of somebody who was never seen.
pub(crate) fn of_stranger(edition: &Edition, now_ms: i64) -> Memberships {
    let mut profile = EdgeProfile::default();
    profile.prepare(&edition.tag, &edition.program, now_ms);
    audiences(edition, &mut profile, now_ms);
    profile.memberships().clone()
}

fn ecid(visit: &Visit) -> Option<&str> {
    let mut identities = visit.steps.iter().flat_map(|step| &step.identities);
    identities.find(|identity| identity.namespace == ECID).map(|identity| identity.id.as_str())
}

/// The audiences the profile is in now: those that can be answered here, and the rest as the control plane last said.
fn audiences(edition: &Edition, profile: &mut EdgeProfile, now_ms: i64) -> Vec<AudienceId> {
    let program = &edition.program;
    let changes = profile.slice().map(|slice| {
        let answers = eval::answer(program, slice, now_ms);
        state::transitions(program, profile.memberships(), &answers, now_ms)
    });
    for change in changes.into_iter().flatten() {
        profile.set_membership(change);
    }
    let members = profile.memberships().iter();
    members
        .filter(|(_, membership)| membership.status == Status::Realized)
        .map(|(id, _)| id.clone())
        .collect()
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
