//! One promise at a time.

use acquaint_core::limits::{EVENTS_PER_PROFILE_MAX, IDENTITIES_PER_PROFILE_MAX};
use acquaint_core::profile::graph::Cut;
use acquaint_core::profile::{Identity, LinkKind, identity as identities};
use acquaint_store::catalog::{Edit, Kind};
use acquaint_store::graph_trail::{self, Why};
use acquaint_store::record::Body;
use serde_json::json;

use super::{HOUR, NOW, World};
use crate::machine::{Engine, next_timer};
use crate::publish;
use crate::testing::{audience, event, fields_of, identity};

pub(super) fn buyers() -> acquaint_store::catalog::Definition {
    audience(
        "buyers",
        "continuous",
        r#"xEvent[eventType = "buy" and timestamp occurs <= 24 hours before now].count() >= 1"#,
    )
}

fn owned(who: &[&Identity]) -> Vec<Identity> {
    who.iter().copied().cloned().collect()
}

pub(super) fn buy(id: &str, at_ms: i64, who: &[&Identity]) -> Body {
    event(id, at_ms, &owned(who), &json!({"eventType": "buy", "amount": 10}))
}

fn upsert(who: &[&Identity], attributes: serde_json::Value) -> Body {
    Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities: owned(who),
        attributes: fields_of(&attributes),
    }
}

pub(super) fn link(who: &[&Identity]) -> Body {
    Body::Link { message: None, identities: owned(who) }
}

#[test]
fn membership_ends_exactly_when_the_window_does() {
    let mut world = World::new(vec![buyers()]);
    let ada = identity("crm", "ada");
    world.send(NOW, [buy("1", NOW, &[&ada])]);
    assert_eq!(world.audiences(&ada), ["buyers"]);
    let due = next_timer(&*world.store).unwrap().unwrap();
    world.send(due - 1, [Body::Advance]);
    assert_eq!(world.audiences(&ada), ["buyers"]);
    // Long after: the exit is still told as of the instant of the exit.
    world.send(NOW + 72 * HOUR, [Body::Advance]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    let exit = world.told().pop().unwrap();
    assert_eq!(exit, format!("1 -buyers @{}", due - NOW));
    assert_eq!(due - NOW, 24 * HOUR + 1);
    assert_eq!(next_timer(&*world.store).unwrap(), None);
}

#[test]
fn any_record_moves_the_time_of_everybody() {
    let mut world = World::new(vec![buyers()]);
    let (ada, bob) = (identity("crm", "ada"), identity("crm", "bob"));
    world.send(NOW, [buy("1", NOW, &[&ada])]);
    world.send(NOW + 48 * HOUR, [buy("2", NOW + 48 * HOUR, &[&bob])]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    assert_eq!(world.audiences(&bob), ["buyers"]);
}

#[test]
fn a_message_that_comes_twice_counts_once() {
    let twice = audience(
        "twice",
        "continuous",
        r#"xEvent[eventType = "buy" and timestamp occurs <= 24 hours before now].count() >= 2"#,
    );
    let mut world = World::new(vec![twice]);
    let ada = identity("crm", "ada");
    world.send(NOW, [buy("1", NOW, &[&ada]), buy("1", NOW, &[&ada])]);
    world.send(NOW, [buy("1", NOW, &[&ada])]);
    assert_eq!((world.audiences(&ada), world.profile(&ada).events), (Vec::new(), 1));
    world.send(NOW, [buy("2", NOW, &[&ada])]);
    assert_eq!(world.audiences(&ada), ["twice"]);
    let set = |message: &str, tier: &str| Body::Upsert {
        message: Some(message.into()),
        dataset: "people".into(),
        identities: vec![identity("crm", "ada")],
        attributes: fields_of(&json!({"tier": tier})),
    };
    world.send(NOW, [set("m1", "tin"), set("m2", "gold"), set("m1", "tin")]);
    assert_eq!(world.profile(&ada).fragments[0].attributes, fields_of(&json!({"tier": "gold"})));
}

#[test]
fn the_lower_id_survives_and_the_loser_leaves_first() {
    let mut world = World::new(vec![buyers()]);
    let (ada, phone) = (identity("crm", "ada"), identity("device", "phone"));
    world.send(NOW, [upsert(&[&ada], json!({"tier": "gold"}))]);
    world.send(NOW, [buy("1", NOW, &[&phone])]);
    assert_eq!(world.audiences(&phone), ["buyers"]);
    world.send(NOW + HOUR, [link(&[&ada, &phone])]);
    assert_eq!(world.id_of(&ada), world.id_of(&phone));
    assert_eq!(world.audiences(&ada), ["buyers"]);
    assert_eq!(
        world.told(),
        [
            "1 changed",
            "2 changed",
            "2 +buyers @0",
            "2 -buyers @3600000",
            "2 is 1 now",
            "1 changed",
            "1 +buyers @3600000"
        ]
    );
    assert_eq!(world.profile(&ada).events, 1);
}

#[test]
fn a_shared_device_follows_the_last_user_with_its_own_events_only() {
    let mut world = World::new(vec![buyers()]);
    let (ada, bob, tablet) = (identity("crm", "ada"), identity("crm", "bob"), identity("device", "tablet"));
    world.send(NOW, [buy("1", NOW, &[&tablet])]);
    world.send(NOW, [buy("2", NOW - HOUR, &[&ada, &tablet])]);
    assert_eq!(world.profile(&ada).events, 2);
    world.send(NOW, [link(&[&bob, &tablet])]);
    assert_ne!(world.id_of(&ada), world.id_of(&bob));
    assert_eq!(world.id_of(&tablet), world.id_of(&bob));
    assert_eq!((world.profile(&ada).events, world.profile(&bob).events), (1, 1));
    // Two of a unique namespace in one record are not linked to each other.
    world.send(NOW, [link(&[&ada, &bob])]);
    assert_ne!(world.id_of(&ada), world.id_of(&bob));
}

#[test]
fn anonymous_events_follow_the_device_and_those_of_a_known_user_stay_with_him() {
    let mut world = World::new(vec![buyers()]);
    let (ada, bob) = (identity("crm", "ada"), identity("crm", "bob"));
    let (tablet, cookie) = (identity("device", "tablet"), identity("email", "shared"));
    // As browsers send it: the device is the primary identity.
    world.send(NOW, [buy("1", NOW, &[&tablet]), link(&[&tablet, &cookie])]);
    world.send(NOW, [buy("2", NOW, &[&tablet, &ada])]);
    assert_eq!(world.profile(&ada).events, 2);
    world.send(NOW + HOUR, [buy("3", NOW + HOUR, &[&tablet, &bob])]);
    assert_eq!((world.profile(&ada).events, world.profile(&bob).events), (1, 2));
    assert_eq!(world.id_of(&cookie), world.id_of(&bob), "what hangs on the device goes with it");
    // The trail says why.
    let trail = graph_trail::load(&*world.store, [&ada]).unwrap();
    let whys: Vec<_> = trail.iter().map(|change| (&change.why, change.at_ms - NOW)).collect();
    assert_eq!(whys, [(&Why::Linked, 0), (&Why::Cut(Cut::Unique("crm".into())), HOUR)]);
    let last = trail.last().unwrap();
    assert_eq!((&last.left, &last.right, last.kind), (&ada, &tablet, LinkKind::Event));
    assert_eq!(
        (Some(last.left_profile), Some(last.right_profile), last.position),
        (world.id_of(&ada), world.id_of(&bob), world.engine.progress().position)
    );
}

#[test]
fn a_link_that_is_taken_back_splits_what_it_held_together() {
    let mut world = World::new(vec![buyers()]);
    let (ada, phone, tablet) =
        (identity("crm", "ada"), identity("device", "phone"), identity("device", "tablet"));
    world.send(NOW, [upsert(&[&ada], json!({"tier": "gold"})), upsert(&[&phone], json!({"tier": "tin"}))]);
    world.send(NOW, [buy("1", NOW, &[&phone]), link(&[&phone, &tablet])]);
    world.send(NOW, [link(&[&ada, &phone])]);
    assert_eq!(world.audiences(&ada), ["buyers"]);
    let before = world.told().len();
    let unlink =
        |who: &[&Identity]| Body::Unlink { message: None, identities: owned(who), who: "admin".into() };
    world.send(NOW + HOUR, [unlink(&[&ada, &tablet])]);
    assert_eq!(world.told().len(), before, "there is no link between these two");
    world.send(NOW + HOUR, [unlink(&[&phone, &ada])]);
    assert_eq!(world.id_of(&phone), world.id_of(&tablet));
    assert_eq!((world.audiences(&ada), world.audiences(&phone)), (Vec::new(), vec!["buyers".to_owned()]));
    assert_eq!(world.profile(&ada).fragments[0].attributes, fields_of(&json!({"tier": "gold"})));
    assert_eq!(world.profile(&phone).fragments[0].attributes, fields_of(&json!({"tier": "tin"})));
    assert_eq!(
        world.told()[before..],
        ["3 changed", "3 +buyers @3600000", "1 changed", "1 -buyers @3600000"]
    );
    let trail = graph_trail::load(&*world.store, [&ada, &phone]).unwrap();
    let whys: Vec<_> = trail.iter().map(|change| &change.why).collect();
    assert_eq!(whys, [&Why::Linked, &Why::Linked, &Why::Unlinked { who: "admin".into() }]);
}

#[test]
fn an_upsert_patches_and_null_removes() {
    let gold = audience("gold", "continuous", r#"tier = "gold" and person.age > 30"#);
    let mut world = World::new(vec![gold]);
    let ada = identity("crm", "ada");
    world.send(NOW, [upsert(&[&ada], json!({"tier": "gold"}))]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    world.send(NOW, [upsert(&[&ada], json!({"person": {"age": 36}}))]);
    assert_eq!(world.audiences(&ada), ["gold"]);
    world.send(NOW, [upsert(&[&ada], json!({"tier": null}))]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
}

#[test]
fn the_oldest_events_go_when_there_are_too_many() {
    let sum = audience("sum", "continuous", r#"xEvent[eventType = "buy"].amount.sum() > 49995"#);
    let mut world = World::new(vec![sum]);
    let ada = identity("crm", "ada");
    let max = i64::try_from(EVENTS_PER_PROFILE_MAX).unwrap();
    let bodies = (0..max).map(|n| buy(&format!("e{n:05}"), NOW - max + n, &[&ada]));
    world.send(NOW, bodies);
    assert_eq!(world.audiences(&ada), ["sum"]);
    let small =
        |id: &str, at_ms| event(id, at_ms, &owned(&[&ada]), &json!({"eventType": "buy", "amount": 1}));
    world.send(NOW, [small("older", NOW - 2 * max)]);
    assert_eq!(world.audiences(&ada), ["sum"]);
    world.send(NOW, [small("newer", NOW)]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    assert_eq!(world.profile(&ada).events, u32::try_from(max).unwrap());
}

#[test]
fn too_many_identities_split_off_the_weakest() {
    let mut world = World::new(vec![]);
    let ada = identity("crm", "ada");
    for n in 0..=IDENTITIES_PER_PROFILE_MAX {
        let device = identity("device", &format!("d{n:03}"));
        world.send(NOW, [buy(&format!("e{n}"), NOW, &[&device]), link(&[&ada, &device])]);
    }
    let document = world.profile(&ada);
    assert_eq!(identities::count(&document.identities), IDENTITIES_PER_PROFILE_MAX);
    let split = identity("device", "d000");
    assert_ne!(world.id_of(&split), world.id_of(&ada));
    assert_eq!(world.profile(&split).events, 1);
    let trail = graph_trail::load(&*world.store, [&split]).unwrap();
    assert_eq!(trail.last().unwrap().why, Why::Cut(Cut::Limit));
}

#[test]
fn of_too_many_identities_of_a_kind_the_first_goes() {
    let mut world = World::new(vec![]);
    let ada = identity("crm", "ada");
    for n in (0..=IDENTITIES_PER_PROFILE_MAX).rev() {
        world.send(NOW, [link(&[&ada, &identity("device", &format!("d{n:03}"))])]);
    }
    let first = identity("device", &format!("d{IDENTITIES_PER_PROFILE_MAX:03}"));
    let second = identity("device", &format!("d{:03}", IDENTITIES_PER_PROFILE_MAX - 1));
    assert_ne!(world.id_of(&first), world.id_of(&ada));
    assert_ne!(world.id_of(&second), world.id_of(&ada));
    assert_eq!(world.id_of(&identity("device", "d000")), world.id_of(&ada));
    assert_eq!(identities::count(&world.profile(&ada).identities), IDENTITIES_PER_PROFILE_MAX);
}

#[test]
fn a_new_catalogue_reaches_profiles_nobody_touches() {
    let mut world = World::new(vec![buyers()]);
    let ada = identity("crm", "ada");
    world.send(NOW, [buy("1", NOW - HOUR, &[&ada]), upsert(&[&ada], json!({"tier": "gold"}))]);
    let late = audience("late", "continuous", r#"tier = "gold" and xEvent[eventType = "buy"].count() >= 1"#);
    world.edit(vec![Edit::Put(late), Edit::Delete(Kind::Audience, "buyers".into())], NOW + HOUR);
    world.drain();
    assert_eq!(world.audiences(&ada), ["late"]);
    let told = world.told();
    assert_eq!(told[told.len() - 2..], ["1 -buyers @3600000", "1 +late @3600000"]);
}

#[test]
fn a_catalogue_that_does_not_compile_changes_nothing_and_is_reported() {
    let mut world = World::new(vec![buyers()]);
    let ada = identity("crm", "ada");
    world.edit(vec![Edit::Put(audience("bad", "continuous", "tier = "))], NOW);
    world.send(NOW, [buy("1", NOW, &[&ada])]);
    assert_eq!(world.audiences(&ada), ["buyers"]);
    assert_eq!(world.engine.problems()[0].audience, "bad");
    world.edit(vec![Edit::Delete(Kind::Audience, "bad".into())], NOW);
    world.drain();
    assert_eq!(world.engine.problems(), &[]);
}

#[test]
fn what_batch_decides_is_kept_and_audiences_that_refer_to_it_follow() {
    let fans = audience("fans", "batch", r#"xEvent[eventType = "buy"].count() >= 1"#);
    let gold = audience("gold-fans", "continuous", r#"tier = "gold" and inSegment("fans")"#);
    let mut world = World::new(vec![fans, gold]);
    let (ada, phone) = (identity("crm", "ada"), identity("device", "phone"));
    world.send(NOW, [upsert(&[&ada], json!({"tier": "gold"})), buy("1", NOW, &[&phone])]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    let decided = |profile, evaluated_ms, answer| Body::Decided {
        job: "j".into(),
        profile,
        evaluated_ms,
        answers: vec![("fans".into(), answer), ("gold-fans".into(), true), ("nothing".into(), true)],
    };
    let of_phone = world.id_of(&phone).unwrap();
    world.send(NOW + HOUR, [decided(of_phone, NOW + 1, true)]);
    assert_eq!(world.audiences(&phone), ["fans"]);
    // Both show what the loser had, until the next job.
    world.send(NOW + HOUR, [link(&[&ada, &phone])]);
    assert_eq!(world.audiences(&ada), ["fans", "gold-fans"]);
    let of_ada = world.id_of(&ada).unwrap();
    world.send(NOW + 2 * HOUR, [decided(of_ada, NOW, false)]);
    assert_eq!(world.audiences(&ada), ["fans", "gold-fans"], "older than what is known");
    world.send(NOW + 2 * HOUR, [decided(of_ada, NOW + HOUR + 1, false), decided(of_phone, NOW + HOUR, true)]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
}

#[test]
fn the_bundle_holds_the_edge_audiences_with_what_they_refer_to() {
    let quick = audience("quick", "synchronous", r#"inSegment("buyers") and tier = "gold""#);
    let world = World::new(vec![quick, buyers(), audience("other", "continuous", r#"tier = "tin""#)]);
    let catalog = publish::catalog_in_force(&*world.store).unwrap();
    let bundle = publish::bundle(&catalog, NOW).unwrap();
    let ids: Vec<String> = bundle.program.audiences.iter().map(|audience| audience.id.to_string()).collect();
    assert_eq!(ids, ["buyers", "quick"]);
    assert_eq!(bundle.version, world.catalog.version);
}

#[test]
fn after_a_failed_commit_the_step_can_be_tried_again() {
    let mut world = World::new(vec![buyers()]);
    let ada = identity("crm", "ada");
    world.store.append_records([(NOW, buy("1", NOW, &[&ada]))]);
    world.store.fail_after(0);
    assert!(world.engine.step(10).is_err());
    assert_eq!(world.id_of(&ada), None);
    world.drain();
    assert_eq!((world.audiences(&ada), world.profile(&ada).events), (vec!["buyers".to_owned()], 1));
    let reopened = Engine::open(std::sync::Arc::clone(&world.store)).unwrap();
    assert_eq!(reopened.progress(), world.engine.progress());
}
