//! Generated histories: events out of order, duplicates, links, upserts, time passing, and a new catalogue midway.

use std::collections::BTreeSet;
use std::sync::Arc;

use acquaint_core::profile::Identity;
use acquaint_core::value::fields;
use acquaint_store::StoredEvent;
use acquaint_store::catalog::{Definition, Edit};
use acquaint_store::record::Body;
use proptest::prelude::*;
use serde_json::json;

use super::oracle::Oracle;
use super::{HOUR, NOW, World};
use crate::compile::compile_catalog;
use crate::machine::Engine;
use crate::testing::{audience, event, fields_of, identity};

pub(super) fn first_audiences() -> Vec<Definition> {
    let text = |filter: &str| format!("xEvent[{filter}]");
    vec![
        audience(
            "often",
            "continuous",
            &format!(
                "{}.count() >= 2",
                text(r#"eventType = "buy" and timestamp occurs <= 24 hours before now"#)
            ),
        ),
        audience(
            "spent",
            "continuous",
            &format!(
                "{}.amount.sum() > 25",
                text(r#"eventType = "buy" and timestamp occurs <= 36 hours before now"#)
            ),
        ),
        audience(
            "away",
            "continuous",
            &format!("not ({})", text(r#"eventType = "look" and timestamp occurs <= 12 hours before now"#)),
        ),
        audience("gold", "continuous", r#"tier = "gold" and inSegment("often")"#),
        audience("either", "synchronous", r#"inSegment("away") or inSegment("spent")"#),
        audience("ever", "continuous", &format!("{}.count() >= 3", text(r#"kind = "x""#))),
        audience(
            "today",
            "synchronous",
            &format!("{}.count() >= 1", text(r#"eventType = "buy" and timestamp occurs today"#)),
        ),
    ]
}

/// What a new version of the catalogue changes.
fn second_audiences() -> Vec<Edit> {
    vec![
        Edit::Put(audience(
            "away",
            "continuous",
            r#"not (xEvent[eventType = "look" and timestamp occurs <= 30 hours before now])"#,
        )),
        Edit::Put(audience(
            "dear",
            "synchronous",
            r#"xEvent[eventType = "buy" and timestamp occurs <= 48 hours before now].amount.average() >= 9"#,
        )),
        Edit::Put(audience(
            "largest",
            "continuous",
            r#"xEvent[kind = "y"].amount.max() >= 15 and tier != "gold""#,
        )),
        Edit::Delete(acquaint_store::catalog::Kind::Audience, "today".into()),
    ]
}

pub(super) fn anybody() -> impl Strategy<Value = Identity> {
    prop_oneof![
        (0..4u8).prop_map(|n| identity("crm", &format!("c{n}"))),
        (0..2u8).prop_map(|n| identity("email", &format!("e{n}"))),
        (0..5u8).prop_map(|n| identity("device", &format!("d{n}"))),
    ]
}

fn people() -> impl Strategy<Value = Vec<Identity>> {
    prop_oneof![
        6 => anybody().prop_map(|one| vec![one]),
        1 => prop::collection::vec(anybody(), 2..4),
    ]
}

/// A record without its time of arrival.
fn body() -> impl Strategy<Value = (i64, Body)> {
    let wait = prop_oneof![3 => Just(0), 3 => 0..HOUR, 1 => 0..30 * HOUR];
    let deed = (people(), 0..60u32, -72 * HOUR..HOUR / 60, 0..2u8, 0..3u8, 0..20i64).prop_map(
        |(who, id, offset, kind, letter, amount)| {
            let kind = ["buy", "look"][usize::from(kind)];
            let letter = ["x", "y", "z"][usize::from(letter)];
            let fields = json!({"eventType": kind, "kind": letter, "amount": amount});
            // The offset becomes a time when the arrival is known.
            event(&format!("e{id}"), offset, &who, &fields)
        },
    );
    let attributes = prop_oneof![Just(json!("gold")), Just(json!("tin")), Just(json!(null))];
    let upsert = (people(), attributes).prop_map(|(identities, tier)| Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities,
        attributes: fields_of(&json!({"tier": tier})),
    });
    let link = prop::collection::vec(anybody(), 2..4)
        .prop_map(|identities| Body::Link { message: None, identities });
    let unlink = prop::collection::vec(anybody(), 1..3).prop_map(|identities| Body::Unlink {
        message: None,
        identities,
        who: "test".into(),
    });
    let what = prop_oneof![8 => deed, 2 => upsert, 1 => link, 1 => unlink, 1 => Just(Body::Advance)];
    (wait, what)
}

pub(super) fn history(size: usize) -> impl Strategy<Value = Vec<(i64, Body)>> {
    prop::collection::vec(body(), 1..size).prop_map(|steps| {
        let mut now_ms = NOW;
        let timed = steps.into_iter().map(|(wait, mut body)| {
            now_ms += wait;
            if let Body::Event { event, .. } = &mut body {
                event.timestamp_ms += now_ms;
            }
            (now_ms, body)
        });
        timed.collect()
    })
}

pub(super) fn end_of(history: &[(i64, Body)]) -> i64 {
    history.last().map_or(NOW, |(at_ms, _)| *at_ms)
}

/// The second history starts where the first ends.
fn shifted(history: Vec<(i64, Body)>, by_ms: i64) -> Vec<(i64, Body)> {
    let shift = |(at_ms, mut body): (i64, Body)| {
        if let Body::Event { event, .. } = &mut body {
            event.timestamp_ms += by_ms;
        }
        (at_ms + by_ms, body)
    };
    history.into_iter().map(shift).collect()
}

fn compare(world: &World, oracle: &mut Oracle) {
    let definitions = compile_catalog(&world.catalog).unwrap().definitions;
    let now_ms = world.engine.progress().now_ms;
    for person in &oracle.people() {
        let Some(one) = person.identities.first() else { continue };
        let document = world.profile(one);
        assert_eq!(document.identities, person.identity_map());
        let stored = StoredEvent::load_all(&*world.store, document.id).unwrap();
        let stored: BTreeSet<String> = stored.into_iter().map(|stored| stored.event.id).collect();
        let wanted: BTreeSet<String> = person.events.iter().map(|(_, event)| event.id.clone()).collect();
        assert_eq!(stored, wanted, "{one:?}");
        assert_eq!(document.events as usize, wanted.len());
        let policy = acquaint_core::profile::MergePolicy::default();
        let attributes = |fragments| fields::to_json(&policy.merge(fragments));
        assert_eq!(attributes(&document.fragments), attributes(&person.fragments), "{one:?}");
        let found: BTreeSet<String> = world.audiences(one).into_iter().collect();
        assert_eq!(found, person.audiences(&definitions, now_ms), "{one:?} at {now_ms}");
    }
}

/// Takes the histories in, in steps of these sizes; where a size is 0 the engine dies and comes back.
fn play(first: &[(i64, Body)], second: &[(i64, Body)], steps: &[usize]) -> World {
    let mut world = World::new(first_audiences());
    let mut sizes = steps.iter().copied().cycle();
    world.store.append_records(first.iter().cloned());
    work(&mut world, &mut sizes);
    world.edit(second_audiences(), end_of(first));
    world.store.append_records(second.iter().cloned());
    work(&mut world, &mut sizes);
    world
}

fn work(world: &mut World, sizes: &mut dyn Iterator<Item = usize>) {
    loop {
        match sizes.next().unwrap() {
            0 => world.engine = Engine::open(Arc::clone(&world.store)).unwrap(),
            size if world.engine.step(size).unwrap() == 0 => return,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn membership_is_what_the_specification_says_of_all_stored_events(
        first in history(60), second in history(40),
    ) {
        let second = shifted(second, end_of(&first) - NOW);
        let mut world = World::new(first_audiences());
        let mut oracle = Oracle::default();
        for (at_ms, body) in &first {
            oracle.apply(*at_ms, body);
            world.send(*at_ms, [body.clone()]);
            compare(&world, &mut oracle);
        }
        world.edit(second_audiences(), end_of(&first));
        world.store.append_records(second.iter().cloned());
        for (at_ms, body) in &second {
            oracle.apply(*at_ms, body);
        }
        world.drain();
        compare(&world, &mut oracle);
    }

    #[test]
    fn where_it_is_stopped_and_how_much_a_step_does_makes_no_difference(
        first in history(60), second in history(40),
        steps in prop::collection::vec(0..5usize, 1..12).prop_map(|mut steps| { steps.push(1); steps }),
    ) {
        let second = shifted(second, end_of(&first) - NOW);
        let whole = play(&first, &second, &[1_000]);
        let parts = play(&first, &second, &steps);
        for (left, right) in whole.tables().iter().zip(parts.tables().iter()) {
            prop_assert_eq!(left, right);
        }
        prop_assert_eq!(whole.tables().len(), parts.tables().len());
        let of_each = |world: &World| {
            let mut told = world.told();
            told.sort();
            told
        };
        prop_assert_eq!(of_each(&whole), of_each(&parts));
    }
}
