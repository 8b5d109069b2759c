//! The decision: one visit to one profile, under one edition of the bundle. Pure: the same facts give the same answer.

use acquaint_core::eval::{self, Scores};
use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Memberships, Status};
use acquaint_core::state;
use acquaint_core::value::Fields;
use acquaint_core::wire::ForwardedEvent;

use crate::bundle::Edition;
use crate::identity::map::ECID;
use crate::offers::exposure::{Exposure, exposure};
use crate::offers::{Facts, choose};
use crate::profile::{EdgeProfile, event_hash, weight};
use crate::relay;
use crate::request::Personalization;
use crate::visit::{Decision, Outcome, Step, View, Visit, Wanted};

/// Answers a visit. The profile that comes back holds the new events; [`EdgeProfile::take_writes`] says what to store,
/// and the new events are forwarded from there ([`EdgeProfile::next_forward`]). An event that was seen before (a
/// repeated request) is answered and not counted again. Of a person who objects nothing is stored but that.
pub fn decide(
    edition: &Edition,
    mut profile: EdgeProfile,
    visit: &Visit,
    now_ms: i64,
) -> (Outcome, EdgeProfile) {
    if let Some(said) = &visit.consent
        && !profile.hear(said, now_ms)
    {
        return (Outcome::OutboxFull, profile);
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
            profile.displayed(&edition.offers, &event.event, now_ms);
        }
        if step.answer {
            let audiences = audiences(edition, &mut profile, now_ms);
            if let Some(wanted) = &step.wanted {
                let seen = if wanted.segmentation { &*audiences } else { &[] };
                let chosen = offers(edition, &profile, visit, &wanted.personalization, seen, now_ms);
                expose(edition, &mut profile, visit, step, wanted, &chosen, now_ms);
                decision.offers.push((step.index, chosen));
            }
            decision.steps.push((step.index, audiences));
        }
    }
    if visit.wants_attributes {
        decision.attributes = Fields::clone(profile.attributes());
    }
    if let (Some(pushed), Some((_, audiences))) = (&visit.pushes, decision.steps.last())
        && let Ok(datastream) = edition.datastream(&pushed.datastream)
    {
        let audiences = pushed.segmentation.then_some(audiences.as_slice());
        decision.pushes = profile.push(datastream, audiences, (ecid(visit), request(visit)), now_ms);
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

/// The offers for a person who is in these audiences.
fn offers(
    edition: &Edition,
    profile: &EdgeProfile,
    visit: &Visit,
    wanted: &Personalization,
    audiences: &[AudienceId],
    now_ms: i64,
) -> Vec<u32> {
    let scores = profile.slice().map(|slice| Scores::new(&edition.program, slice, now_ms));
    let score = |number: u32| scores.as_ref().and_then(|scores| scores.number(number));
    let facts =
        Facts { person: &visit.primary, audiences, displays: profile.displays(), score: &score, now_ms };
    choose(&edition.offers, wanted, facts)
}

/// Records that the person was in the arms of experiments whose offers they are sent: once for each, and not while the
/// outbox is full, because an exposure may come later and an event may not.
fn expose(
    edition: &Edition,
    profile: &mut EdgeProfile,
    visit: &Visit,
    step: &Step,
    wanted: &Wanted,
    chosen: &[u32],
    now_ms: i64,
) {
    for offer in chosen.iter().filter_map(|number| edition.offers.get(*number as usize)) {
        let Some(Exposure { arm, event }) = exposure(offer, &visit.primary, edition.version, now_ms) else {
            continue;
        };
        let identities = step.identities.clone();
        let (datastream, dataset) = (wanted.datastream.clone(), wanted.dataset.clone());
        let event = ForwardedEvent { datastream, dataset, identities, event };
        if !profile.has_seen(&event.event.id)
            && profile.has_room_for(1, weight(&event))
            && profile.expose(arm, edition.version)
        {
            profile.append(&edition.program, event, now_ms);
        }
    }
}

/// The memberships of somebody who was never seen.
pub(crate) fn of_stranger(edition: &Edition, now_ms: i64) -> Memberships {
    let mut profile = EdgeProfile::default();
    profile.prepare(&edition.tag, &edition.program, now_ms);
    audiences(edition, &mut profile, now_ms);
    profile.memberships().clone()
}

/// By which a request that brings an event is known if it is repeated: its events have the same ids then.
fn request(visit: &Visit) -> Option<u64> {
    let event = visit.steps.iter().find_map(|step| step.event.as_ref())?;
    Some(event_hash(&event.event.id))
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

#[cfg(test)]
#[path = "decide_offers_tests.rs"]
mod offers_tests;
