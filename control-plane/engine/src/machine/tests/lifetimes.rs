//! Data that goes by itself: events and attributes of datasets, and people who were only seen under pseudonyms.

use acquaint_core::profile::Identity;
use acquaint_store::catalog::{Definition, Edit};
use acquaint_store::erasure::{Counts, Erasure, Stage};
use acquaint_store::record::Body;
use acquaint_store::{ProfileStore, StoredEvent, Table, WriteBatch};
use serde_json::json;

use super::{HOUR, NOW, World};
use crate::machine::next_timer;
use crate::publish::{self, Edge, Slicer};
use crate::testing::{audience, event, fields_of, identity};

const DAY: i64 = 24 * HOUR;

fn dataset(id: &str, schema: &str, ttl_days: Option<u32>) -> Definition {
    let dataset = json!({"id": id, "schema": schema, "ttlDays": ttl_days});
    Definition::Dataset(serde_json::from_value(dataset).unwrap())
}

pub(super) fn pseudonymous(days: u32) -> Definition {
    let expiry = json!({"namespaces": ["device", "email"], "inactiveDays": days});
    Definition::PseudonymousExpiry(serde_json::from_value(expiry).unwrap())
}

/// Those who ever bought: membership that no window ends.
fn ever() -> Definition {
    audience("ever", "continuous", r#"xEvent[eventType = "buy"].count() >= 1"#)
}

fn gold() -> Definition {
    audience("gold", "synchronous", r#"tier = "gold""#)
}

fn buy(id: &str, at_ms: i64, who: &Identity) -> Body {
    event(id, at_ms, std::slice::from_ref(who), &json!({"eventType": "buy"}))
}

fn upsert(who: &Identity, attributes: serde_json::Value) -> Body {
    Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities: vec![who.clone()],
        attributes: fields_of(&attributes),
    }
}

fn stored(world: &World, who: &Identity) -> Vec<String> {
    let id = world.id_of(who).unwrap();
    StoredEvent::load_all(&*world.store, id).unwrap().into_iter().map(|stored| stored.event.id).collect()
}

#[test]
fn events_go_at_the_midnight_after_their_time_and_memberships_end_then() {
    let mut world = World::new(vec![dataset("events", "deed", Some(10)), ever()]);
    let ada = identity("crm", "ada");
    world.send(NOW, [buy("1", NOW - 2 * DAY + HOUR, &ada), buy("2", NOW - DAY, &ada)]);
    assert_eq!(stored(&world, &ada), ["1", "2"]);
    assert_eq!(next_timer(&*world.store).unwrap(), Some(NOW + 9 * DAY));
    world.send(NOW + 9 * DAY - 1, [Body::Advance]);
    assert_eq!((stored(&world, &ada).len(), world.audiences(&ada)), (2, vec!["ever".to_owned()]));
    // Both are of the same midnight: one visit.
    world.send(NOW + 20 * DAY, [Body::Advance]);
    assert_eq!((stored(&world, &ada).len(), world.audiences(&ada)), (0, Vec::<String>::new()));
    assert_eq!(world.told().pop().unwrap(), format!("1 -ever @{}", 9 * DAY));
    let document = world.profile(&ada);
    assert_eq!((document.events, document.events_end_ms, document.state.streams.len()), (0, None, 0));
    assert_eq!(next_timer(&*world.store).unwrap(), None);
    // What comes too late is not stored at all.
    world.send(NOW + 20 * DAY, [buy("3", NOW, &ada)]);
    assert_eq!((stored(&world, &ada).len(), world.audiences(&ada)), (0, Vec::<String>::new()));
}

#[test]
fn a_lifetime_that_is_set_later_holds_for_what_is_there() {
    let mut world = World::new(vec![ever()]);
    let (ada, bob) = (identity("crm", "ada"), identity("crm", "bob"));
    world.send(
        NOW,
        [buy("1", NOW - 40 * DAY, &ada), buy("2", NOW - DAY, &ada), buy("3", NOW - 50 * DAY, &bob)],
    );
    world.edit(vec![Edit::Put(dataset("events", "deed", Some(30)))], NOW + HOUR);
    world.send(NOW + 2 * HOUR, [Body::Advance]);
    assert_eq!((stored(&world, &ada), stored(&world, &bob)), (vec!["2".to_owned()], Vec::new()));
    assert_eq!((world.audiences(&ada), world.audiences(&bob)), (vec!["ever".to_owned()], Vec::new()));
    // It is permanent: what is gone does not come back.
    world.edit(vec![Edit::Put(dataset("events", "deed", None))], NOW + 3 * HOUR);
    world.send(NOW + 100 * DAY, [Body::Advance]);
    assert_eq!((stored(&world, &ada), world.profile(&ada).events_end_ms), (vec!["2".to_owned()], None));
}

#[test]
fn attributes_go_when_they_were_not_updated_for_so_long() {
    let mut world = World::new(vec![dataset("people", "person", Some(5)), gold()]);
    let ada = identity("crm", "ada");
    world.send(NOW, [upsert(&ada, json!({"tier": "gold"}))]);
    world.send(NOW + 4 * DAY, [upsert(&ada, json!({"person": {"age": 3}}))]);
    world.send(NOW + 5 * DAY, [Body::Advance]);
    assert_eq!(world.audiences(&ada), ["gold"]);
    let told = world.told().len();
    world.send(NOW + 9 * DAY, [Body::Advance]);
    assert_eq!((world.audiences(&ada), world.profile(&ada).fragments.len()), (Vec::<String>::new(), 0));
    assert_eq!(world.told()[told..], ["1 changed".to_owned(), format!("1 -gold @{}", 9 * DAY)]);
}

#[test]
fn who_was_only_seen_under_pseudonyms_goes_whole_and_comes_back_as_somebody_new() {
    let mut world = World::new(vec![pseudonymous(14), ever(), gold()]);
    let (phone, mail, ada) =
        (identity("device", "phone"), identity("email", "a@b.c"), identity("crm", "ada"));
    world.send(NOW, [Body::Link { message: None, identities: vec![mail.clone(), phone.clone()] }]);
    world.send(NOW + HOUR, [buy("1", NOW, &phone), buy("2", NOW, &ada)]);
    let events = |world: &World| world.store.rows(Table::Events).len();
    world.send(NOW + 15 * DAY - 1, [Body::Advance]);
    assert_eq!(events(&world), 2);
    world.send(NOW + 30 * DAY, [Body::Advance]);
    assert_eq!((world.id_of(&phone), world.id_of(&mail), events(&world)), (None, None, 1));
    let told = world.told();
    assert_eq!(told[told.len() - 2..], [format!("1 -ever @{}", 15 * DAY), "1 is gone".to_owned()]);
    assert_eq!(world.store.rows(Table::GraphTrail).len(), 0);
    assert_eq!(world.store.rows(Table::Profiles).len(), 1, "who is known by name stays");
    world.send(NOW + 30 * DAY, [buy("3", NOW + 30 * DAY, &phone)]);
    assert_eq!((world.id_of(&phone).unwrap().0, world.profile(&phone).events), (3, 1));
}

#[test]
fn activity_puts_it_off_and_memberships_are_none() {
    let hour = r#"xEvent[eventType = "buy" and timestamp occurs <= 48 hours before now].count() >= 1"#;
    let mut world = World::new(vec![pseudonymous(3), audience("recent", "continuous", hour)]);
    let phone = identity("device", "phone");
    world.send(NOW, [buy("1", NOW, &phone)]);
    // The exit after two days puts nothing off; a record does.
    world.send(NOW + 2 * DAY + HOUR, [Body::Advance]);
    assert_eq!(world.profile(&phone).active_ms, NOW);
    world.send(NOW + 2 * DAY + 2 * HOUR, [upsert(&phone, json!({"tier": "tin"}))]);
    world.send(NOW + 6 * DAY - 1, [Body::Advance]);
    assert!(world.id_of(&phone).is_some());
    world.send(NOW + 6 * DAY, [Body::Advance]);
    assert_eq!(world.id_of(&phone), None);
}

#[test]
fn the_edge_is_told_that_nothing_is_left_unless_somebody_new_has_come() {
    let mut world = World::new(vec![pseudonymous(1), gold()]);
    let phone = identity("device", "phone");
    let at_edge = |id: &str, at_ms| match buy(id, at_ms, &phone) {
        Body::Event { dataset, identities, event, .. } => {
            Body::Event { dataset, identities, event, from_edge: Some("or2".into()) }
        }
        other => other,
    };
    world.send(NOW, [at_edge("1", NOW), upsert(&phone, json!({"tier": "gold"}))]);
    world.send(NOW + 5 * DAY, [Body::Advance]);
    let catalog = publish::catalog_in_force(&*world.store).unwrap();
    let slicer = Slicer::new(catalog).unwrap();
    let owed = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
    let sent = slicer.project(&*world.store, Edge::Only, &owed[0], NOW).unwrap().projections;
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0].0, sent[0].1.attributes.len(), sent[0].1.memberships.len()), (&phone, 0, 0));
    world.send(NOW + 5 * DAY, [at_edge("2", NOW + 5 * DAY)]);
    assert_eq!(slicer.project(&*world.store, Edge::Only, &owed[0], NOW).unwrap().projections, []);
    publish::acknowledged(&*world.store, Edge::Only, &owed).unwrap();
    let left = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
    assert_eq!(left.iter().map(|owed| owed.profile.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn it_makes_no_difference_how_the_work_is_cut_into_steps() {
    let run = |step: usize| {
        let mut world = World::new(vec![ever(), gold()]);
        for day in 0..20 {
            let at_ms = NOW + day * DAY;
            let who = identity(if day % 3 == 0 { "crm" } else { "device" }, &(day % 5).to_string());
            let records =
                [buy(&format!("e{day}"), at_ms - 3 * DAY, &who), upsert(&who, json!({"tier": "gold"}))];
            world.store.append_records(records.map(|body| (at_ms, body)));
            if day == 7 {
                let edits = [
                    dataset("events", "deed", Some(4)),
                    dataset("people", "person", Some(6)),
                    pseudonymous(5),
                ];
                world.edit(edits.map(Edit::Put).to_vec(), at_ms);
            }
        }
        world.store.append_records([(NOW + 21 * DAY, Body::Advance)]);
        while world.engine.step(step).unwrap() > 0 {}
        // Whose turn it is first in a walk over all profiles is not promised.
        let mut told = world.told();
        told.sort();
        (world.tables(), told)
    };
    let whole = run(1_000);
    assert!(whole.1.iter().any(|told| told.contains("is gone")));
    for step in [1, 2, 3, 7] {
        assert_eq!(run(step), whole, "{step}");
    }
}

pub(super) fn ask_to_erase(world: &World, request: &str, at_ms: i64) {
    let erasure = Erasure {
        id: request.into(),
        who: "test".into(),
        requested_ms: at_ms,
        completed_ms: None,
        stage: Stage::Requested,
        erased: Counts::default(),
    };
    let (key, row) = erasure.to_row().unwrap();
    let writes = vec![(Table::Erasures, key, Some(row))];
    world.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true).unwrap();
}

#[test]
fn who_is_erased_leaves_first_and_is_then_nobody() {
    let mut world = World::new(vec![ever(), gold()]);
    let (ada, phone, bob) = (identity("crm", "ada"), identity("device", "phone"), identity("crm", "bob"));
    world.send(NOW, [upsert(&ada, json!({"tier": "gold"})), buy("b", NOW, &bob)]);
    world.send(NOW, [Body::Link { message: None, identities: vec![ada.clone(), phone.clone()] }]);
    world.send(NOW, [buy("a", NOW, &phone)]);
    ask_to_erase(&world, "r", NOW + HOUR);
    let erase = Body::Erase { request: "r".into(), identities: vec![phone.clone()] };
    world.send(NOW + HOUR, [erase.clone()]);
    assert_eq!((world.id_of(&ada), world.id_of(&phone)), (None, None));
    let told = world.told();
    assert_eq!(told[told.len() - 3..], ["1 -ever @3600000", "1 -gold @3600000", "1 is gone"]);
    for table in [Table::Profiles, Table::Events, Table::Identities] {
        assert_eq!(world.store.rows(table).len(), 1, "only Bob's: {table:?}");
    }
    assert_eq!((world.store.rows(Table::GraphTrail).len(), world.store.rows(Table::Timers).len()), (0, 0));
    let Stage::Forgotten(person) = Erasure::load(&*world.store, "r").unwrap().unwrap().stage else {
        panic!()
    };
    assert_eq!(person.identities, [ada.clone(), phone.clone()].into());
    assert_eq!(person.position, world.engine.progress().position);
    let owed = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
    let slicer = Slicer::new(publish::catalog_in_force(&*world.store).unwrap()).unwrap();
    let sent = slicer.project(&*world.store, Edge::Only, &owed[0], NOW).unwrap();
    assert_eq!((sent.forgotten, sent.projections.len()), (vec![ada.clone()], 0));
    // Told again, there is nobody; what comes later is of somebody new.
    world.send(NOW + HOUR, [erase, buy("c", NOW, &phone)]);
    assert_eq!((world.id_of(&ada), world.id_of(&phone).unwrap().0), (None, 3));
}
