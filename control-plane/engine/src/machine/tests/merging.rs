//! Merging and taking back, against people who were one, or several, from the start.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::ProfileId;
use acquaint_core::profile::{Event, Identity, Status};
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::StoredEvent;
use acquaint_store::record::{Body, ChangeKind};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::oracle::wanted;
use super::property::{anybody, end_of, first_audiences, history};
use super::{NOW, World};
use crate::testing::identity;

/// What there is to be known of a person, whatever happened to the identities.
#[derive(Debug, PartialEq)]
struct Known {
    attributes: serde_json::Map<String, Json>,
    events: Vec<Event>,
    audiences: Vec<String>,
}

fn known(world: &World, one: &Identity) -> Known {
    let document = world.profile(one);
    let stored = StoredEvent::load_all(&*world.store, document.id).unwrap();
    Known {
        attributes: fields::to_json(&world.engine.rules.policy.merge(&document.fragments)),
        events: stored.into_iter().map(|stored| stored.event).collect(),
        audiences: world.audiences(one),
    }
}

/// The audiences that a receiver of all changes takes each profile to be in.
fn delivered(world: &World) -> BTreeMap<ProfileId, BTreeSet<String>> {
    let mut told: BTreeMap<ProfileId, BTreeSet<String>> = BTreeMap::new();
    for change in world.store.changes() {
        if let ChangeKind::Membership(membership) = &change.kind {
            let audiences = told.entry(change.profile).or_default();
            let audience = membership.audience.to_string();
            let news = match membership.status {
                Status::Realized => audiences.insert(audience),
                Status::Exited => audiences.remove(&audience),
            };
            assert!(news, "told twice: {change:?}");
        }
    }
    told.retain(|_, audiences| !audiences.is_empty());
    told
}

/// Delivered is what is stored, of those that are there and of those that are gone.
fn check_delivered(world: &World, people: &BTreeSet<Identity>) {
    let stored: BTreeMap<ProfileId, BTreeSet<String>> = people
        .iter()
        .map(|one| (world.id_of(one).unwrap(), world.audiences(one).into_iter().collect()))
        .filter(|(_, audiences): &(ProfileId, BTreeSet<String>)| !audiences.is_empty())
        .collect();
    assert_eq!(delivered(world), stored);
}

fn identities_of(body: &mut Body) -> Option<&mut Vec<Identity>> {
    match body {
        Body::Event { identities, .. }
        | Body::Upsert { identities, .. }
        | Body::Link { identities, .. }
        | Body::Unlink { identities, .. } => Some(identities),
        Body::Erase { .. } | Body::Erased | Body::Catalog { .. } | Body::Advance | Body::Decided { .. } => {
            None
        }
    }
}

/// The same record as it would be if nobody was linked: what it says is said of one identity, and of the others only
/// that they are there.
fn apart(body: &Body) -> Vec<Body> {
    let mut whole = body.clone();
    let Some(named) = identities_of(&mut whole) else { return vec![whole] };
    let (first, everybody) = (named[0].clone(), wanted(named));
    let one = match body {
        Body::Unlink { .. } => return Vec::new(),
        Body::Upsert { .. } => first,
        _ => everybody[0].clone(),
    };
    *named = vec![one.clone()];
    let others = everybody.into_iter().filter(|other| *other != one);
    let others = others.map(|other| Body::Link { message: None, identities: vec![other] });
    std::iter::once(whole).chain(others).collect()
}

/// An attribute that is removed for one identity is still there for another: fragments are merged, not patches.
fn removes(body: &Body) -> bool {
    let gone = |attributes: &Fields| attributes.values().any(|value| *value == Value::Null);
    matches!(body, Body::Upsert { attributes, .. } if gone(attributes))
}

/// The identities that a history speaks of, without those that it only unlinks.
fn named(history: &[(i64, Body)]) -> BTreeSet<Identity> {
    let bodies = history.iter().flat_map(|(_, body)| apart(body));
    bodies.filter_map(|mut body| identities_of(&mut body).map(|named| named[0].clone())).collect()
}

fn play(history: &[(i64, Body)]) -> World {
    let mut world = World::new(first_audiences());
    world.store.append_records(history.iter().cloned());
    world.drain();
    world
}

/// Events of one person each with its own id, so that none is a duplicate of another's.
fn numbered(mut history: Vec<(i64, Body)>) -> Vec<(i64, Body)> {
    for (number, (_, body)) in history.iter_mut().enumerate() {
        if let Body::Event { event, .. } = body {
            event.id = format!("e{number}");
        }
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn when_every_link_is_taken_back_nobody_was_ever_merged(history in history(60).prop_map(numbered)) {
        let now_ms = end_of(&history);
        let mut world = play(&history);
        let people = named(&history);
        check_delivered(&world, &people);
        world.send(now_ms, people.iter().map(|one| Body::Unlink {
            message: None, identities: vec![one.clone()], who: "test".into(),
        }));
        let alone = history.iter().flat_map(|(at_ms, body)| apart(body).into_iter().map(|body| (*at_ms, body)));
        // Time passes for them as well when the last record only takes links back.
        let alone = play(&alone.chain([(now_ms, Body::Advance)]).collect::<Vec<_>>());
        for one in &people {
            prop_assert_eq!(known(&world, one), known(&alone, one), "{:?}", one);
            prop_assert_eq!(world.profile(one).identities.len(), 1);
        }
        check_delivered(&world, &people);
        check_delivered(&alone, &people);
    }

    #[test]
    fn in_whatever_order_they_are_linked_they_were_one_person_from_the_start(
        history in history(40).prop_map(numbered),
        links in prop::collection::vec((any::<prop::sample::Index>(), anybody()), 12),
    ) {
        // One of `crm`, and no link is taken back.
        let mut history: Vec<(i64, Body)> = history
            .into_iter()
            .filter(|(_, body)| !matches!(body, Body::Unlink { .. }))
            .filter(|(_, body)| !removes(body))
            .enumerate()
            .map(|(number, (at_ms, mut body))| {
                // Of attributes that came at one instant nobody can say which is the newest.
                let at_ms = at_ms + i64::try_from(number).unwrap();
                for one in identities_of(&mut body).into_iter().flatten() {
                    if one.namespace == "crm" {
                        one.id = "c".into();
                    }
                }
                (at_ms, body)
            })
            .collect();
        let now_ms = end_of(&history);
        prop_assert!(now_ms >= NOW);
        // What they are all sent for from the start, and who else there is.
        let ada = identity("crm", "c");
        let mut one = history.clone();
        for (_, body) in &mut one {
            if let Some(named) = identities_of(body) {
                *named = vec![ada.clone()];
            }
        }
        let one = play(&one);
        for (place, other) in &links {
            let other = if other.namespace == "crm" { ada.clone() } else { other.clone() };
            let at = place.index(history.len() + 1);
            let at_ms = history.get(at).map_or(now_ms, |(at_ms, _)| *at_ms);
            history.insert(at, (at_ms, Body::Link { message: None, identities: vec![ada.clone(), other] }));
        }
        let rest = named(&history);
        history.extend(rest.iter().map(|other| {
            (now_ms, Body::Link { message: None, identities: vec![other.clone(), ada.clone()] })
        }));
        let merged = play(&history);
        if one.id_of(&ada).is_some() {
            prop_assert_eq!(known(&merged, &ada), known(&one, &ada));
            prop_assert_eq!(
                delivered(&merged).into_values().collect::<Vec<_>>(),
                delivered(&one).into_values().collect::<Vec<_>>()
            );
        }
        check_delivered(&merged, &rest);
    }
}
